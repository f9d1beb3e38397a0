// Homes in a temporary folder.
#include "node/home.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/rng.h"
#include "node/home_key.h"
#include "tests/support/folder.h"

namespace holm::node {
namespace {

namespace fs = std::filesystem;

struct Folder : test::Folder {
  std::string home() const { return (path / "home").string(); }
};

/// The least that a passphrase may cost.
crypto::PassphraseParams quick() {
  return {.salt = {}, .passes = 1, .memory_kib = crypto::PassphraseParams::kMemoryKibMin};
}

Identity someone(Rng& rng) {
  return make_identity(rng.id<RecoverySecret>(), "Ana", "UTC", "", "laptop", rng);
}

TEST_CASE("home: what was created opens again with the same identity") {
  Folder folder;
  SeededRng rng(1);
  const auto identity = someone(rng);
  REQUIRE(Home::create(folder.home(), {}, identity, rng).has_value());
  CHECK_FALSE(Home::create(folder.home(), {}, identity, rng).has_value());
  auto home = Home::open(folder.home(), {}, rng);
  REQUIRE(home.has_value());
  CHECK((*home)->identity().device() == identity.device());
  CHECK((*home)->identity().name == "Ana");
  CHECK((*home)->teams().empty());
}

TEST_CASE("home: nothing in it can be read by others, and secrets are not in the clear") {
  Folder folder;
  SeededRng rng(1);
  const auto identity = someone(rng);
  REQUIRE(Home::create(folder.home(), {}, identity, rng).has_value());
  struct stat about {};
  REQUIRE(stat((folder.home() + "/key").c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  const auto seed = to_bytes(identity.signing.reveal_seed());
  for (const auto& entry : fs::recursive_directory_iterator(folder.home())) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = read_file(entry.path().string(), 1u << 20);
    REQUIRE(bytes.has_value());
    CHECK(std::search(bytes->begin(), bytes->end(), seed.begin(), seed.end()) == bytes->end());
  }
}

TEST_CASE("home: one process owns it at a time") {
  Folder folder;
  SeededRng rng(1);
  REQUIRE(Home::create(folder.home(), {}, someone(rng), rng).has_value());
  {
    auto first = Home::open(folder.home(), {}, rng);
    REQUIRE(first.has_value());
    const auto second = Home::open(folder.home(), {}, rng);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Code::busy);
    CHECK(*Home::is_owned(folder.home()));
  }
  CHECK_FALSE(*Home::is_owned(folder.home()));
  CHECK(Home::open(folder.home(), {}, rng).has_value());
}

TEST_CASE("home: a passphrase opens it, a wrong or missing one does not") {
  Folder folder;
  SeededRng rng(1);
  const Unlock right{.passphrase = "correct horse", .cost = quick()};
  const auto identity = someone(rng);
  REQUIRE(Home::create(folder.home(), right, identity, rng).has_value());
  for (const auto& wrong : {Unlock{}, Unlock{.passphrase = "correct hors"}}) {
    const auto opened = Home::open(folder.home(), wrong, rng);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == Code::denied);
  }
  auto home = Home::open(folder.home(), right, rng);
  REQUIRE(home.has_value());
  CHECK((*home)->identity().device() == identity.device());
}

TEST_CASE("home: another passphrase rewrites the key file, and nothing else") {
  Folder folder;
  SeededRng rng(1);
  const Unlock first{.passphrase = "correct horse", .cost = quick()};
  const Unlock second{.passphrase = "battery staple", .cost = quick()};
  REQUIRE(Home::create(folder.home(), first, someone(rng), rng).has_value());
  const auto identity = *read_file(folder.home() + "/identity", 1u << 20);
  const TeamId team = rng.id<TeamId>();
  const auto store_key = [&](const Unlock& unlock, const TeamId& of) {
    auto home = Home::open(folder.home(), unlock, rng);
    REQUIRE(home.has_value());
    return to_bytes((*home)->store_key(of).reveal());
  };
  const auto wanted = store_key(first, team);
  const auto key = read_home_key(folder.home(), first);
  REQUIRE(key.has_value());
  REQUIRE(write_home_key(folder.home(), *key, second, rng).has_value());
  CHECK(read_home_key(folder.home(), first).error().code == Code::denied);
  CHECK(*read_file(folder.home() + "/identity", 1u << 20) == identity);
  CHECK(store_key(second, team) == wanted);
  REQUIRE(write_home_key(folder.home(), *key, {}, rng).has_value());
  CHECK(*home_lock(folder.home()) == HomeLock::key_file);
  CHECK(store_key({}, team) == wanted);
  CHECK(store_key({}, rng.id<TeamId>()) != wanted);
}

TEST_CASE("home: a damaged key file is damage, not a wrong passphrase") {
  Folder folder;
  SeededRng rng(1);
  const Unlock right{.passphrase = "correct horse", .cost = quick()};
  REQUIRE(Home::create(folder.home(), right, someone(rng), rng).has_value());
  const auto path = folder.home() + "/key";
  const auto whole = *read_file(path, 1024);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] ^= 0x04;
    REQUIRE(write_file(path, damaged, 0600).has_value());
    const auto opened = read_home_key(folder.home(), right);
    REQUIRE_FALSE(opened.has_value());
    CHECK((opened.error().code == Code::corrupt || opened.error().code == Code::unsupported));
  }
  for (const auto& content : {Bytes(), Bytes(32, 7), Bytes(5000, 7)}) {
    REQUIRE(write_file(path, content, 0600).has_value());
    CHECK(read_home_key(folder.home(), right).error().code == Code::corrupt);
  }
  fs::remove(path);
  CHECK(Home::open(folder.home(), right, rng).error().code == Code::corrupt);
}

TEST_CASE("home: what others may open is closed to them, and links are refused") {
  Folder folder;
  SeededRng rng(1);
  REQUIRE(Home::create(folder.home(), {}, someone(rng), rng).has_value());
  const auto store = folder.home() + "/teams/" + TeamId().text() + ".db";
  REQUIRE(write_file(store, {}, 0644).has_value());
  REQUIRE(::chmod(store.c_str(), 0644) == 0);
  const auto files = folder.home() + "/teams/" + TeamId().text() + ".files";
  REQUIRE(::mkdir(files.c_str(), 0755) == 0);
  REQUIRE(::chmod(files.c_str(), 0755) == 0);
  REQUIRE(::chmod((folder.home() + "/key").c_str(), 0644) == 0);
  REQUIRE(::chmod(folder.home().c_str(), 0755) == 0);
  for (const std::size_t warnings : {std::size_t{4}, std::size_t{0}}) {
    auto home = Home::open(folder.home(), {}, rng);
    REQUIRE(home.has_value());
    CHECK((*home)->warnings().size() == warnings);
  }
  CHECK(::access(files.c_str(), X_OK) == 0);
  fs::rename(folder.home() + "/key", folder.path / "elsewhere");
  fs::create_symlink(folder.path / "elsewhere", folder.home() + "/key");
  const auto opened = Home::open(folder.home(), {}, rng);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Code::denied);
  // The home as a whole may be somewhere else.
  fs::remove(folder.home() + "/key");
  fs::rename(folder.path / "elsewhere", folder.home() + "/key");
  fs::create_symlink(folder.home(), folder.path / "link");
  CHECK(Home::open((folder.path / "link").string(), {}, rng).has_value());
}

TEST_CASE("home: there is none where none was made") {
  Folder folder;
  SeededRng rng(1);
  const auto opened = Home::open(folder.home(), {}, rng);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Code::not_found);
  CHECK_FALSE(Home::is_owned(folder.home()).has_value());
}

TEST_CASE("home: joins under way and the identity survive closing") {
  Folder folder;
  SeededRng rng(1);
  REQUIRE(Home::create(folder.home(), {}, someone(rng), rng).has_value());
  const std::vector<PendingJoin> joins = {{Bytes(16, 3), "127.0.0.1:4000"},
                                          {Bytes(16, 4), "[::1]:4001"}};
  {
    auto home = Home::open(folder.home(), {}, rng);
    REQUIRE(home.has_value());
    CHECK((*home)->joins()->empty());
    REQUIRE((*home)->save_joins(joins).has_value());
    (*home)->identity().zone = "Europe/Lisbon";
    REQUIRE((*home)->save_identity().has_value());
  }
  auto home = Home::open(folder.home(), {}, rng);
  REQUIRE(home.has_value());
  CHECK(*(*home)->joins() == joins);
  CHECK((*home)->identity().zone == "Europe/Lisbon");
}

TEST_CASE("home: a damaged identity is damage, not another identity") {
  Folder folder;
  SeededRng rng(1);
  REQUIRE(Home::create(folder.home(), {}, someone(rng), rng).has_value());
  const auto path = folder.home() + "/identity";
  auto bytes = read_file(path, 1u << 20);
  REQUIRE(bytes.has_value());
  for (std::size_t at = 0; at < bytes->size(); at += 7) {
    auto changed = *bytes;
    changed[at] ^= 0x10;
    REQUIRE(write_file(path, changed, 0600).has_value());
    CHECK_FALSE(Home::open(folder.home(), {}, rng).has_value());
  }
  REQUIRE(write_file(path, *bytes, 0600).has_value());
  CHECK(Home::open(folder.home(), {}, rng).has_value());
}

}  // namespace
}  // namespace holm::node
