// Homes that a keyring opens: against one that is a table and can be made to fail, and the program
// that asks the real one against programs that misbehave.
#include "node/keyring.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <vector>

#include "base/rng.h"
#include "node/backup.h"
#include "node/home.h"
#include "node/home_key.h"
#include "node/keyring_program.h"
#include "node/local_node.h"
#include "tests/support/folder.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"

namespace holm::node {
namespace {

namespace fs = std::filesystem;

using test::must;

/// Holds what it is given, until it is told to misbehave.
class FakeKeyring final : public Keyring {
 public:
  Status put(const Item& item, const crypto::SecretKey32& key) override {
    TRY(ask());
    if (!forgets) held.insert_or_assign(item.id, Held{item.folder, to_bytes(key.reveal())});
    return {};
  }
  Result<crypto::SecretKey32> get(const KeyringId& id) override {
    TRY(ask());
    const auto found = held.find(id);
    if (found == held.end()) return fail(Code::not_found, "no such key");
    return crypto::SecretKey32::from(gives ? *gives : found->second.key);
  }
  Status remove(const Item& item) override {
    TRY(ask());
    const auto found = held.find(item.id);
    if (found != held.end() && found->second.folder == item.folder) held.erase(found);
    return {};
  }

  struct Held {
    std::string folder;
    Bytes key;
  };
  std::map<KeyringId, Held> held;
  bool forgets = false;        ///< says it keeps a key, and does not
  std::optional<Bytes> gives;  ///< whatever was put
  int answers = 1'000'000;     ///< then it is locked

 private:
  Status ask() {
    if (answers-- > 0) return {};
    return fail(Code::retry, "the keyring is locked");
  }
};

crypto::PassphraseParams quick() {
  return {.salt = {}, .passes = 1, .memory_kib = crypto::PassphraseParams::kMemoryKibMin};
}

struct Place : test::Folder {
  std::string home() const { return (path / "home").string(); }
  std::string program(const std::string& script) const {
    const auto out = (path / "program").string();
    must(write_file(out, as_bytes("#!/bin/sh\n" + script + "\n"), 0700));
    return out;
  }
  Bytes key_file() const { return must(read_file(home() + "/key", 1024)); }
};

InitOptions options(const std::string& home, const Unlock& unlock) {
  return {.home = home, .name = "Ana", .zone = "UTC", .hours = {}, .unlock = unlock};
}

/// The key, and how else it opened or why it did not.
Result<Bytes> key_of(const std::string& home, const Unlock& unlock) {
  return to_bytes(TRY(read_home_key(home, unlock)).reveal());
}

TEST_CASE("keyring: a home opens with it, and with nothing else") {
  Place place;
  FakeKeyring keyring;
  const Unlock right{.passphrase = {}, .cost = {}, .keyring = &keyring};
  must(init_home(options(place.home(), right)));
  REQUIRE(keyring.held.size() == 1);
  CHECK(*home_lock(place.home()) == HomeLock::keyring);
  const auto key = must(key_of(place.home(), right));
  const auto file = place.key_file();
  const auto& item = keyring.held.begin()->second;
  CHECK(item.key != key);  // a copy of the keyring is worth nothing without the home
  for (const auto& secret : {key, item.key})
    CHECK(std::search(file.begin(), file.end(), secret.begin(), secret.end()) == file.end());
  CHECK(LocalNode::start(place.home(), right).has_value());
  // A passphrase does not help, nor does another keyring, nor one that lost it or is locked.
  FakeKeyring other;
  const Unlock passphrase{.passphrase = "correct horse"};
  CHECK(key_of(place.home(), passphrase).error().code == Code::retry);
  const Unlock elsewhere{.passphrase = {}, .cost = {}, .keyring = &other};
  CHECK(key_of(place.home(), elsewhere).error().code == Code::not_found);
  CHECK(open_client(place.home(), elsewhere).error().code == Code::not_found);
  keyring.answers = 0;
  CHECK(key_of(place.home(), right).error().code == Code::retry);
  CHECK(open_client(place.home(), right).error().code == Code::busy);  // locked: exit 5
  keyring.answers = 1'000'000;
  keyring.gives = Bytes(32, 7);
  CHECK(key_of(place.home(), right).error().code == Code::denied);
  keyring.gives.reset();
  CHECK(place.key_file() == file);
  CHECK(must(key_of(place.home(), right)) == key);
}

TEST_CASE("keyring: damage to the key file is damage, not a locked keyring") {
  Place place;
  FakeKeyring keyring;
  const Unlock right{.passphrase = {}, .cost = {}, .keyring = &keyring};
  must(init_home(options(place.home(), right)));
  const auto whole = place.key_file();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] ^= 0x10;
    must(write_file(place.home() + "/key", damaged, 0600));
    const auto opened = key_of(place.home(), right);
    REQUIRE_FALSE(opened.has_value());
    CHECK((opened.error().code == Code::corrupt || opened.error().code == Code::unsupported));
  }
}

TEST_CASE("keyring: from any way to any other, the home stays the same and one way opens it") {
  test::for_each_seed(6, [](test::Seed seed) {
    Place place;
    SeededRng rng(seed);
    FakeKeyring keyring;
    const Unlock by_keyring{.passphrase = {}, .cost = {}, .keyring = &keyring};
    const auto words = [&](std::uint64_t n) { return "passphrase " + std::to_string(n); };
    Unlock now;  // what opens it, and how it was chosen
    must(init_home(options(place.home(), now)));
    const auto key = must(key_of(place.home(), now));
    const auto identity = must(read_file(place.home() + "/identity", 1u << 20));
    for (int step = 0; step < 10; ++step) {
      const auto before = place.key_file();
      const auto lock = must(home_lock(place.home()));
      Unlock next;
      const auto way = rng.below(3);
      if (way == 1) next = {.passphrase = words(rng.next()), .cost = quick()};
      if (way == 2) next = by_keyring;
      const bool is_same =
          (way == 0 && lock == HomeLock::key_file) || (way == 2 && lock == HomeLock::keyring);
      const auto current =
          Unlock{.passphrase = lock == HomeLock::passphrase ? now.passphrase : std::nullopt,
                 .cost = {},
                 .keyring = &keyring};
      const auto done = relock_home(place.home(), current, next);
      CHECK(must(read_file(place.home() + "/identity", 1u << 20)) == identity);
      if (is_same) {
        CHECK(done.error().code == Code::usage);
        CHECK(place.key_file() == before);
        continue;
      }
      const auto answer = must(done);
      CHECK(answer["passphrase"].flag() == (way == 1));
      CHECK(answer["lock"].text() == name_of(must(home_lock(place.home()))));
      CHECK_FALSE(answer.has("left_in_keyring"));
      now = next;
      CHECK(must(key_of(place.home(), now)) == key);
      // Nothing is left where it is not used, and no older key file opens with the new item.
      CHECK(keyring.held.size() == (way == 2 ? 1 : 0));
      if (lock == HomeLock::keyring) {
        const auto written = place.key_file();
        must(write_file(place.home() + "/key", before, 0600));
        CHECK(key_of(place.home(), by_keyring).error().code == Code::not_found);
        must(write_file(place.home() + "/key", written, 0600));
      }
    }
  });
}

TEST_CASE(
    "keyring: whatever fails on the way, the home opens as before and nothing is left behind") {
  for (const bool from_passphrase : {false, true}) {
    Place place;
    FakeKeyring keyring;
    const Unlock before =
        from_passphrase ? Unlock{.passphrase = "correct horse", .cost = quick()} : Unlock{};
    const Unlock next{.passphrase = {}, .cost = {}, .keyring = &keyring};
    must(init_home(options(place.home(), before)));
    const auto file = place.key_file();
    const auto try_it = [&] { return relock_home(place.home(), before, next); };
    for (int answers = 0; answers < 2; ++answers) {  // locked at once; between put and look
      keyring.answers = answers;
      const auto failed = try_it();
      REQUIRE_FALSE(failed.has_value());
      CHECK(failed.error().code == Code::busy);
      CHECK(place.key_file() == file);
      keyring.held.clear();  // it was locked: nobody could take it out again
    }
    keyring.answers = 1'000'000;
    keyring.forgets = true;
    CHECK_FALSE(try_it().has_value());
    keyring.forgets = false;
    keyring.gives = Bytes(32, 9);
    CHECK(try_it().error().code == Code::busy);
    CHECK(keyring.held.empty());
    keyring.gives.reset();
    // No room for the new key file.
    fs::create_directory(place.home() + "/key.new");
    CHECK_FALSE(try_it().has_value());
    CHECK(keyring.held.empty());
    fs::remove(place.home() + "/key.new");
    CHECK(place.key_file() == file);
    CHECK(key_of(place.home(), before).has_value());
    must(try_it());
    // The other way round the key file comes first: should the keyring not forget, that is said.
    keyring.answers = 1;
    const auto away = must(relock_home(place.home(), next, before));
    CHECK(away["left_in_keyring"].flag());
    CHECK(key_of(place.home(), before).has_value());
  }
}

TEST_CASE("keyring: where it does not take the key, no home is made") {
  Place place;
  FakeKeyring keyring;
  const Unlock wish{.passphrase = {}, .cost = {}, .keyring = &keyring};
  keyring.answers = 0;
  CHECK(init_home(options(place.home(), wish)).error().code == Code::busy);
  CHECK_FALSE(fs::exists(place.home()));
  keyring.answers = 1'000'000;
  fs::create_directories(place.home() + "/identity.new");  // the key file can be, the rest not
  CHECK_FALSE(init_home(options(place.home(), wish)).has_value());
  CHECK(keyring.held.empty());
  CHECK(fs::exists(place.home() + "/identity.new"));  // somebody's
  fs::remove_all(place.home());
  must(init_home(options(place.home(), wish)));
}

TEST_CASE("keyring: a copy of a home does not take its key away") {
  Place place;
  FakeKeyring keyring;
  const Unlock unlock{.passphrase = {}, .cost = {}, .keyring = &keyring};
  must(init_home(options(place.home(), unlock)));
  const auto copy = (place.path / "copy").string();
  fs::copy(place.home(), copy, fs::copy_options::recursive);
  must(relock_home(copy, unlock, {}));
  CHECK(keyring.held.size() == 1);
  CHECK(key_of(place.home(), unlock).has_value());
}

TEST_CASE("keyring: a backup takes a passphrase of its own, and opens with it anywhere") {
  Place place;
  FakeKeyring keyring;
  const Unlock unlock{.passphrase = {}, .cost = {}, .keyring = &keyring};
  must(init_home(options(place.home(), unlock)));
  const auto file = (place.path / "file").string();
  {
    auto node = must(LocalNode::start(place.home(), unlock));
    auto request = Value::object().set("do", "backup").set("path", file);
    CHECK(node->call(request).error().code == Code::usage);
    CHECK_FALSE(fs::exists(file));
    CHECK(must(node->call(request.set("passphrase", "four plain words")))["passphrase"].flag());
  }
  const auto copy = (place.path / "new").string();
  CHECK(restore_home(file, copy, {}).error().code == Code::denied);
  must(restore_home(file, copy, {.passphrase = "four plain words"}));
  CHECK(*home_lock(copy) == HomeLock::passphrase);
  CHECK(must(key_of(copy, {.passphrase = "four plain words"})) ==
        must(key_of(place.home(), unlock)));
}

TEST_CASE("keyring: its program gets a key to where it can be had again") {
  Place place;
  SeededRng rng(1);
  KeyringProgram keyring(place.program(
      "f=" + place.path.string() +
      "/kept-$2\n"
      "case $1 in put) cat >$f; echo \"$3\" >$f.folder;;\n"
      "get) [ -f $f ] || { printf -- -; exit; }; printf +; cat $f; exit;;\n"
      "remove) [ \"$3\" = \"$(cat $f.folder)\" ] || { printf -- -; exit; }; rm $f;; esac\n"
      "printf +"));
  const Keyring::Item item{rng.id<KeyringId>(), "/a folder/with $signs;"};
  CHECK(keyring.get(item.id).error().code == Code::not_found);
  const auto key = crypto::SecretKey32::make(rng);
  must(keyring.put(item, key));
  CHECK(crypto::equal_secret(must(keyring.get(item.id)).reveal(), key.reveal()));
  must(keyring.remove({item.id, "/elsewhere"}));
  CHECK(keyring.get(item.id).has_value());
  must(keyring.remove(item));
  CHECK(keyring.get(item.id).error().code == Code::not_found);
}

TEST_CASE("keyring: a program that fails, says nothing sensible or does not end") {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  Place place;
  SeededRng rng(1);
  const Keyring::Item item{rng.id<KeyringId>(), "/home"};
  const auto key = crypto::SecretKey32::make(rng);
  for (const auto* script :
       {"printf '!one\\nline; of \\033 it'", "exit 0", "exit 1", "kill -9 $$",
        "printf +; head -c 31 /dev/zero", "printf +; head -c 33 /dev/zero",
        "printf +; head -c 9000000 /dev/zero", "exec sleep 60", "cat >/dev/null; exec sleep 60",
        "printf !why; exec >&- <&-; exec sleep 60"}) {
    CAPTURE(script);
    KeyringProgram keyring(place.program(script), milliseconds{700});
    const auto began = steady_clock::now();
    const auto got = keyring.get(item.id);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == Code::retry);
    CHECK(got.error().text().find('\n') == std::string::npos);
    CHECK(got.error().what.find(';') == std::string::npos);
    static_cast<void>(keyring.put(item, key));  // takes no harm from one that does not read
    CHECK(steady_clock::now() - began < milliseconds{5'000});
  }
  KeyringProgram absent((place.path / "absent").string());
  CHECK(absent.get(item.id).error().code == Code::retry);
  KeyringProgram forbidden(place.home());
  CHECK(forbidden.put(item, key).error().code == Code::retry);
}

}  // namespace
}  // namespace holm::node
