// What is left in memory of a home once it is closed: neither its keys nor what its stores hold.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>

#include "crypto/random.h"
#include "node/home.h"
#include "node/home_key.h"
#include "node/local_node.h"
#include "tests/support/folder.h"
#include "tests/support/must.h"
#include "tests/support/own_memory.h"

namespace holm::node {
namespace {

using test::must;

Value request_of(std::string_view what) { return Value::object().set("do", what); }

/// By name, and wiped where they came from.
std::map<std::string, test::Masked> secrets_of(const std::string& dir, const Unlock& unlock) {
  crypto::SystemRng rng;
  std::map<std::string, test::Masked> out;
  const auto home = must(Home::open(dir, unlock, rng));
  const auto teams = home->teams();
  REQUIRE(teams.size() == 1);
  out["home key"] = test::masked(must(read_home_key(dir, unlock)).reveal());
  out["store key"] = test::masked(home->store_key(teams[0]).reveal());
  const auto& identity = home->identity();
  out["signing key"] = test::masked(identity.signing.reveal_seed());
  out["exchange key"] = test::masked(identity.exchange.reveal_seed());
  out["recovery key"] = test::masked(identity.recovery.reveal());
  out["root key"] = test::masked(identity.root(teams[0]).reveal_seed());
  return out;
}

TEST_CASE("locked memory: keys are in memory while a home is open, and not after") {
  if (!test::can_search_memory()) return;
  test::Folder folder;
  const auto dir = (folder.path / "home").string();
  for (const bool has_passphrase : {false, true}) {
    CAPTURE(has_passphrase);
    std::filesystem::remove_all(dir);
    Unlock unlock;
    if (has_passphrase) {
      unlock = {
          .passphrase = "four plain words",
          .cost = crypto::PassphraseParams{
              .salt = {}, .passes = 1, .memory_kib = crypto::PassphraseParams::kMemoryKibMin}};
    }
    must(init_home({dir, "Ana", "UTC", "", unlock}));
    {
      auto node = must(LocalNode::start(dir, unlock));
      must(node->call(request_of("team.create").set("name", "Crew")));
    }
    const auto secrets = secrets_of(dir, unlock);
    {
      auto node = must(LocalNode::start(dir, unlock));
      must(node->call(request_of("room.new").set("name", "Yard")));
      CHECK(test::copies_in_memory(secrets.at("signing key")) > 0);  // that looking finds them
      CHECK(test::copies_in_memory(secrets.at("recovery key")) > 0);
    }
    for (const auto& item : secrets) {
      const auto& name = item.first;
      // A key file has it on the disk as it is, so the memory it was read into is not wiped.
      if (!has_passphrase && name == "home key") continue;
      CAPTURE(name);
      CHECK(test::copies_in_memory(item.second) == 0);
    }
  }
}

}  // namespace
}  // namespace holm::node
