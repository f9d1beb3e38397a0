#include "net/uv_pipe.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/net/session_pair.h"
#include "tests/net/uv_recorder.h"

using namespace holm;
using namespace holm::net;
using namespace holm::test;
namespace fs = std::filesystem;

namespace {

/// A folder that goes with the test.
struct TempFolder {
  TempFolder() {
    auto name = (fs::temp_directory_path() / "holm-pipe-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  fs::path path;
};

struct Bench {
  Bench() : server(*loop), client(*loop) {
    server.set_events(&served);
    client.set_events(&dialled);
  }
  Endpoint at() const { return {.host = (temp.path / "run" / "socket").string(), .port = 0}; }

  TempFolder temp;
  std::unique_ptr<UvLoop> loop = *UvLoop::open();
  UvPipe server;
  UvPipe client;
  Recorder served;
  Recorder dialled;
};

unsigned mode_of(const fs::path& path) {
  struct stat info {};
  REQUIRE(lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

/// Leaves a socket file behind as a process that was killed would.
void leave_stale_socket(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("pipe: bytes go both ways, through a socket that only its owner can open") {
  Bench bench;
  REQUIRE(bench.server.listen(bench.at()));
  CHECK(mode_of(bench.at().host) == 0600);
  CHECK(mode_of(fs::path(bench.at().host).parent_path()) == 0700);
  bench.served.hear = [&](LinkId link, ByteView bytes) {
    bench.server.send(link, to_bytes(bytes));
  };
  const auto link = bench.client.dial(bench.at());
  REQUIRE(run_until(*bench.loop, [&] { return !bench.dialled.dialled.empty(); }));
  const auto sent = pattern(2u << 20, 4);
  bench.client.send(link, sent);
  REQUIRE(
      run_until(*bench.loop, [&] { return bench.dialled.received[link].size() == sent.size(); }));
  CHECK(bench.dialled.received[link] == sent);
  bench.client.close(link);
  CHECK(run_until(*bench.loop, [&] {
    return bench.served.closed.size() == 1 && bench.dialled.closed.size() == 1;
  }));
}

TEST_CASE("pipe: the socket file goes with the listener") {
  Bench bench;
  REQUIRE(bench.server.listen(bench.at()));
  bench.server.stop_listening();
  bench.loop->turn_now();
  CHECK_FALSE(fs::exists(bench.at().host));
  CHECK(bench.server.listen(bench.at()));
}

TEST_CASE("pipe: a socket that nobody answers is replaced, one that answers is not") {
  Bench bench;
  fs::create_directory(bench.temp.path / "run");
  fs::permissions(bench.temp.path / "run", fs::perms::owner_all);
  leave_stale_socket(bench.at().host);
  REQUIRE(bench.server.listen(bench.at()));

  UvPipe second(*bench.loop);
  const auto refused = second.listen(bench.at());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::busy);
  // The first still serves.
  bench.client.dial(bench.at());
  CHECK(run_until(*bench.loop, [&] { return !bench.dialled.dialled.empty(); }));
}

TEST_CASE("pipe: a file that is no socket is left alone") {
  Bench bench;
  fs::create_directory(bench.temp.path / "run");
  fs::permissions(bench.temp.path / "run", fs::perms::owner_all);
  std::ofstream(bench.at().host) << "mine";
  const auto refused = bench.server.listen(bench.at());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::failed);
  CHECK(fs::file_size(bench.at().host) == 4);
}

TEST_CASE("pipe: a folder open to others is refused") {
  Bench bench;
  fs::create_directory(bench.temp.path / "run");
  fs::permissions(bench.temp.path / "run", fs::perms::owner_all | fs::perms::group_exec);
  const auto refused = bench.server.listen(bench.at());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::denied);
  CHECK(refused.error().todo.find("chmod 700") != std::string::npos);
}

TEST_CASE("pipe: paths that do not fit a socket address are refused, not cut short") {
  Bench bench;
  const Endpoint far{.host = "/" + std::string(120, 'a'), .port = 0};
  CHECK(bench.server.listen(far).error().code == Code::usage);
  CHECK(bench.server.listen({.host = "relative/socket", .port = 0}).error().code == Code::usage);
  const auto link = bench.client.dial(far);
  REQUIRE(run_until(*bench.loop, [&] { return !bench.dialled.closed.empty(); }));
  CHECK(bench.dialled.closed.find(link)->second.code == Code::usage);
}

TEST_CASE("pipe: dialling where nobody listens is told later") {
  Bench bench;
  bench.client.dial(bench.at());
  CHECK(bench.dialled.event_count() == 0);
  REQUIRE(run_until(*bench.loop, [&] { return !bench.dialled.closed.empty(); }));
  CHECK(bench.dialled.closed.begin()->second.code == Code::not_found);

  fs::create_directory(bench.temp.path / "run");
  leave_stale_socket(bench.at().host);
  const auto link = bench.client.dial(bench.at());
  REQUIRE(run_until(*bench.loop, [&] { return bench.dialled.closed.size() == 2; }));
  CHECK(bench.dialled.closed.find(link)->second.code == Code::retry);
}
