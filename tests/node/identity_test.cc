#include "node/identity.h"

#include <doctest/doctest.h>

#include <cctype>
#include <sstream>

#include "base/rng.h"
#include "tests/support/seeds.h"

namespace holm::node {
namespace {

TEST_CASE("recovery phrase: nine words that read back, however they are written down") {
  test::for_each_seed(100, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto secret = rng.id<RecoverySecret>();
    const auto phrase = recovery_phrase(secret);
    std::istringstream words(phrase);
    int count = 0;
    for (std::string word; words >> word;) ++count;
    CHECK(count == 9);
    REQUIRE(parse_recovery_phrase(phrase).has_value());
    CHECK(*parse_recovery_phrase(phrase) == secret);
    std::string loose = "\n ";
    for (char c : phrase) {
      if (c == ' ') {
        loose += rng.chance(50) ? std::string("  \t") : std::string("-");
      } else {
        loose += rng.chance(50) ? static_cast<char>(std::toupper(c)) : c;
      }
    }
    REQUIRE(parse_recovery_phrase(loose + " ").has_value());
    CHECK(*parse_recovery_phrase(loose) == secret);
  });
}

TEST_CASE("recovery phrase: a missing, further or exchanged word is noticed") {
  SeededRng rng(7);
  const auto phrase = recovery_phrase(rng.id<RecoverySecret>());
  std::istringstream in(phrase);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  const auto join = [](const std::vector<std::string>& list) {
    std::string out;
    for (const auto& word : list) out += (out.empty() ? "" : " ") + word;
    return out;
  };
  auto fewer = words;
  fewer.pop_back();
  auto more = words;
  more.push_back(words[0]);
  auto swapped = words;
  REQUIRE(words[2] != words[5]);
  std::swap(swapped[2], swapped[5]);
  auto strange = words;
  strange[4] = "hello";
  for (const auto& wrong : {fewer, more, swapped, strange, std::vector<std::string>{}}) {
    const auto read = parse_recovery_phrase(join(wrong));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Code::usage);
  }
}

TEST_CASE("identity: one phrase is one person in a team, another in the next, on every device") {
  SeededRng rng(1);
  const auto secret = rng.id<RecoverySecret>();
  const auto laptop = make_identity(secret, "Ana", "UTC", "", "laptop", rng);
  const auto phone = make_identity(secret, "Ana", "UTC", "", "phone", rng);
  const auto other = make_identity(rng.id<RecoverySecret>(), "Bo", "UTC", "", "laptop", rng);
  const auto team = rng.id<TeamId>();
  CHECK(laptop.member(team) == phone.member(team));
  CHECK(laptop.device() != phone.device());
  CHECK(laptop.member(team) != laptop.member(rng.id<TeamId>()));
  CHECK(laptop.member(team) != other.member(team));
  const auto bytes = work::members::encode(laptop.certificate(team, WallTime(Millis(5))));
  const auto certificate = work::members::decode_certificate(bytes, team);
  REQUIRE(certificate.has_value());
  CHECK(certificate->member == laptop.member(team));
  CHECK(certificate->device == laptop.device());
  CHECK_FALSE(work::members::decode_certificate(bytes, rng.id<TeamId>()).has_value());
}

TEST_CASE("identity: encodes and comes back; anything shorter does not") {
  SeededRng rng(2);
  const auto identity = make_identity(rng.id<RecoverySecret>(), "Zoë", "Europe/Lisbon",
                                      "Mon-Fri 09:00-17:00", "Zoë's laptop", rng);
  const auto bytes = encode(identity);
  const auto back = decode_identity(bytes);
  REQUIRE(back.has_value());
  CHECK(back->name == identity.name);
  CHECK(back->zone == identity.zone);
  CHECK(back->hours == identity.hours);
  CHECK(back->label == identity.label);
  CHECK(back->device() == identity.device());
  CHECK(encode(*back) == bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(decode_identity(ByteView(bytes.data(), size)).has_value());
  }
}

}  // namespace
}  // namespace holm::node
