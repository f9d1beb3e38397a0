#include "net/uv_pipe.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "net/uv_listener.h"

namespace holm::net {
namespace {

constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kSocketMode = 0600;

tl::unexpected<Error> system_error(const std::string& what) {
  return fail(uv_error(uv_translate_sys_error(errno), what));
}

Status check_path(const std::string& path) {
  if (path.empty() || path.front() != '/') {
    return fail(Code::usage, "the path of a socket must be absolute: \"" + path + "\"");
  }
  // libuv would cut a longer one short without a word.
  if (path.size() > kPathBytesMax) {
    return fail(Code::usage, "the path of the socket is longer than " +
                                 std::to_string(kPathBytesMax) + " bytes: " + path);
  }
  return {};
}

/// Nobody but us may look into the folder, so nobody can put another socket in our place.
Status prepare_folder(const std::string& path) {
  const auto folder = path.substr(0, path.rfind('/'));
  if (mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return system_error("cannot make the folder " + folder);
  }
  struct stat info {};
  if (lstat(folder.c_str(), &info) != 0) return system_error("cannot look at " + folder);
  if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0) {
    return fail(Code::denied, folder + " is open to other users", {},
                "make it yours alone: chmod 700 " + folder);
  }
  return {};
}

/// True when a process listens at `path`. A blocking connect to a Unix socket returns at once.
Result<bool> somebody_answers(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return system_error("cannot open a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int status = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int reason = errno;
  ::close(fd);
  // A full backlog (EAGAIN) is an answer too.
  if (status == 0 || reason == EAGAIN) return true;
  if (reason == ECONNREFUSED || reason == ENOENT) return false;
  errno = reason;
  return system_error("cannot try the socket " + path);
}

Status clear_stale(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return system_error("cannot look at " + path);
  }
  if (!S_ISSOCK(info.st_mode)) {
    return fail(Code::failed, path + " is in the way and is not a socket", "it was left as it is",
                "move it elsewhere");
  }
  if (TRY(somebody_answers(path))) {
    return fail(Code::busy, "another process listens at " + path);
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return system_error("cannot replace " + path);
  return {};
}

}  // namespace

class UvPipe::Listener final : public UvListener {
 public:
  Listener(UvPipe& owner, std::string path)
      : UvListener(owner, StreamKind::pipe), path_(std::move(path)) {}

 private:
  Status bind(UvHandle& handle) override {
    TRY(check_path(path_));
    TRY(prepare_folder(path_));
    TRY(clear_stale(path_));
    // Removes the file when the handle closes.
    const int status = uv_pipe_bind(&handle.pipe, path_.c_str());
    if (status != 0) return fail(uv_error(status, "cannot listen on " + path_));
    // The folder keeps others out in the moment before this.
    if (chmod(path_.c_str(), kSocketMode) != 0) {
      return system_error("cannot set the mode of " + path_);
    }
    return {};
  }

  Endpoint source(UvHandle&) override { return {.host = path_, .port = 0}; }

  std::string place() const override { return path_; }

  std::string path_;
};

UvPipe::UvPipe(UvLoop& loop, StreamLimits limits) : UvStreams(loop, limits) {}

UvPipe::~UvPipe() { stop_listening(); }

Result<Endpoint> UvPipe::listen(const Endpoint& at) {
  if (listener_ != nullptr) return fail(Code::usage, "this transport listens already");
  auto* listener = new Listener(*this, at.host);
  if (auto started = listener->start(); !started) {
    listener->stop();
    return fail(std::move(started).error());
  }
  listener_ = listener;
  return Endpoint{.host = at.host, .port = 0};
}

LinkId UvPipe::dial(const Endpoint& to) {
  auto* stream = new UvStream(*this, StreamKind::pipe);
  const auto link = adopt(stream);
  stream->connect_pipe(to.host);
  return link;
}

void UvPipe::stop_listening() {
  if (listener_ != nullptr) std::exchange(listener_, nullptr)->stop();
}

}  // namespace holm::net
