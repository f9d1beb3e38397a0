#include "crypto/noise.h"

#include <doctest/doctest.h>

#include <functional>

#include "tests/crypto/vectors.h"
#include "tests/support/seeds.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

namespace {

constexpr std::string_view kPatterns[] = {"N",  "K",  "X",  "NN", "NK", "NX", "KN", "KK",
                                          "KX", "XN", "XK", "XX", "IN", "IK", "IX"};

std::string full_name(std::string_view pattern) {
  return "Noise_" + std::string(pattern) + "_25519_ChaChaPoly_BLAKE2b";
}

/// Keys for both sides, and what each is told. Tests change single facts before they start a side.
struct Facts {
  explicit Facts(std::string_view pattern, std::uint64_t seed = 1)
      : name(full_name(pattern)),
        protocol(*parse_noise_protocol(name)),
        rng(seed),
        statics{KexKey::make(rng), KexKey::make(rng)},
        remotes{statics[1].public_key(), statics[0].public_key()},
        prologues{"same", "same"} {
    for (auto& list : psks) {
      SeededRng psk_rng(seed + 1000);
      for (std::size_t i = 0; i < protocol.psk_count; ++i)
        list.push_back(SecretKey32::make(psk_rng));
    }
  }

  HandshakeConfig config(Role role) const {
    const std::size_t me = role == Role::initiator ? 0 : 1;
    HandshakeConfig out{.protocol = name,
                        .role = role,
                        .prologue = as_bytes(prologues[me]),
                        .static_key = &statics[me]};
    const bool knows = me == 0 ? protocol.responder_static_known : protocol.initiator_static_known;
    if (knows) out.remote_static = remotes[me];
    for (const auto& psk : psks[me]) out.psks.push_back(&psk);
    return out;
  }
  HandshakeState start(Role role) {
    auto out = HandshakeState::start(config(role), rng);
    REQUIRE_MESSAGE(out.has_value(), out.error().text());
    return std::move(*out);
  }

  std::string name;
  NoiseProtocol protocol;
  SeededRng rng;
  KexKey statics[2];
  KexPublic remotes[2];  // what each side takes for the other's key
  std::string prologues[2];
  std::vector<SecretKey32> psks[2];
};

/// Lets both sides talk; `tamper` may change message number `index` on its way. The number of the
/// first message that was refused, or nothing when both finished.
std::optional<std::size_t> talk(HandshakeState& initiator, HandshakeState& responder,
                                const std::function<void(std::size_t, Bytes&)>& tamper = {}) {
  const auto count = initiator.protocol().messages.size();
  for (std::size_t index = 0; index < count; ++index) {
    auto& from = index % 2 == 0 ? initiator : responder;
    auto& to = index % 2 == 0 ? responder : initiator;
    const auto payload = to_bytes("payload " + std::to_string(index));
    auto message = from.write_message(payload);
    if (!message) return index;
    if (tamper) tamper(index, *message);
    const auto read = to.read_message(*message);
    if (!read) {
      CHECK(to.is_dead());
      return index;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> talk(Facts& facts,
                                const std::function<void(std::size_t, Bytes&)>& tamper = {}) {
  auto initiator = facts.start(Role::initiator);
  auto responder = facts.start(Role::responder);
  return talk(initiator, responder, tamper);
}

/// The sizes of all messages of a genuine handshake.
std::vector<std::size_t> message_sizes(std::string_view pattern) {
  std::vector<std::size_t> out;
  Facts facts(pattern);
  REQUIRE_FALSE(talk(facts, [&](std::size_t, Bytes& m) { out.push_back(m.size()); }).has_value());
  return out;
}

void flip(Bytes& message, std::size_t bit) {
  message[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
}

struct Link {
  TransportKeys initiator;
  TransportKeys responder;
};

Link link(std::string_view pattern = "XXpsk0") {
  Facts facts(pattern);
  auto initiator = facts.start(Role::initiator);
  auto responder = facts.start(Role::responder);
  REQUIRE_FALSE(talk(initiator, responder).has_value());
  return {std::move(*initiator.split()), std::move(*responder.split())};
}

}  // namespace

TEST_CASE("noise: protocol names parse to the tokens of the specification") {
  using enum NoiseToken;
  const auto xx = parse_noise_protocol(full_name("XXpsk0+psk3"));
  REQUIRE(xx.has_value());
  CHECK(xx->psk_count == 2);
  CHECK_FALSE(xx->initiator_static_known);
  CHECK_FALSE(xx->responder_static_known);
  CHECK(xx->messages ==
        std::vector<std::vector<NoiseToken>>{{psk, e}, {e, ee, s, es}, {s, se, psk}});
  const auto n = parse_noise_protocol(full_name("N"));
  REQUIRE(n.has_value());
  CHECK(n->is_one_way());
  CHECK(n->responder_static_known);
}

TEST_CASE("noise: names that are not built in or malformed are refused") {
  const auto code_of = [](std::string_view name) {
    const auto out = parse_noise_protocol(name);
    REQUIRE_MESSAGE(!out.has_value(), std::string(name));
    return out.error().code;
  };
  for (auto name : {"", "Noise", "Noise_XX", "noise_XX_25519_ChaChaPoly_BLAKE2b",
                    "Noise_XX_25519_ChaChaPoly_BLAKE2b_", "XX_25519_ChaChaPoly_BLAKE2b"}) {
    CHECK(code_of(name) == Code::reject);
  }
  CHECK(code_of(std::string(10000, 'x')) == Code::reject);
  for (auto name : {"Noise_XX_448_ChaChaPoly_BLAKE2b", "Noise_XX_25519_AESGCM_BLAKE2b",
                    "Noise_XX_25519_ChaChaPoly_SHA256"}) {
    CHECK(code_of(name) == Code::unsupported);
  }
  for (auto pattern : {"", "XY", "xx", "X1X", "XXfallback", "XXpsk", "XXpsk4", "XXpsk10", "Npsk2",
                       "NNpsk3", "XXpsk0+", "XX+psk0", "XXpsk0+psk3+", "XXpsk0psk3"}) {
    CHECK(code_of(full_name(pattern)) == Code::unsupported);
  }
  CHECK(code_of(full_name("XXpsk3+psk0")) == Code::reject);
  CHECK(code_of(full_name("XXpsk0+psk0")) == Code::reject);
}

TEST_CASE("noise: every pattern completes, and both sides agree on keys, hash and peers") {
  for (auto base : kPatterns) {
    for (auto modifier : {"", "psk0", "psk1", "psk0+psk1"}) {
      const auto pattern = std::string(base) + modifier;
      INFO(pattern);
      Facts facts(pattern);
      auto initiator = facts.start(Role::initiator);
      auto responder = facts.start(Role::responder);
      REQUIRE_FALSE(talk(initiator, responder).has_value());
      CHECK(initiator.handshake_hash() == responder.handshake_hash());
      // The first letter says how the responder learns the initiator's key (one-way: the only).
      const bool is_one_way = facts.protocol.is_one_way();
      const bool responder_knows = base[0] != 'N';
      const bool initiator_knows = is_one_way || base[1] != 'N';
      CHECK(responder.remote_static().has_value() == responder_knows);
      CHECK(initiator.remote_static().has_value() == initiator_knows);
      if (responder_knows) CHECK(*responder.remote_static() == facts.remotes[1]);
      if (initiator_knows) CHECK(*initiator.remote_static() == facts.remotes[0]);

      auto ours = initiator.split();
      auto theirs = responder.split();
      REQUIRE((ours && theirs));
      for (int i = 0; i < 3; ++i) {
        const auto text = to_bytes("message " + std::to_string(i));
        CHECK(theirs->receive.decrypt({}, *ours->send.encrypt({}, text)) == text);
        CHECK(ours->receive.decrypt({}, *theirs->send.encrypt({}, text)) == text);
      }
      CHECK_FALSE(ours->receive.decrypt({}, *ours->send.encrypt({}, {})).has_value());
    }
  }
}

TEST_CASE("noise: two handshakes of the same peers share neither hash nor ciphertext") {
  Facts facts("XXpsk0");
  auto a = facts.start(Role::initiator);
  auto b = facts.start(Role::initiator);
  CHECK(*a.write_message({}) != *b.write_message({}));
}

TEST_CASE("noise: a flipped bit in any message ends the handshake at that message (XXpsk0)") {
  const auto sizes = message_sizes("XXpsk0");
  REQUIRE(sizes.size() == 3);
  Facts facts("XXpsk0");
  for (std::size_t target = 0; target < sizes.size(); ++target) {
    for (std::size_t bit = 0; bit < 8 * sizes[target]; ++bit) {
      CHECK(talk(facts, [&](std::size_t index, Bytes& message) {
              if (index == target) flip(message, bit);
            }) == target);
    }
  }
}

TEST_CASE("noise: a flipped bit keeps every pattern from completing") {
  // Messages before the first key are plain: there the next message is refused.
  test::for_each_seed(4, [](test::Seed seed) {
    SeededRng rng(seed);
    for (auto pattern : kPatterns) {
      INFO(std::string(pattern));
      const auto sizes = message_sizes(pattern);
      Facts facts(pattern, seed);
      for (std::size_t target = 0; target < sizes.size(); ++target) {
        for (int i = 0; i < 4; ++i) {
          const auto bit = rng.below(8 * sizes[target]);
          const auto refused = talk(facts, [&](std::size_t index, Bytes& message) {
            if (index == target) flip(message, bit);
          });
          REQUIRE(refused.has_value());
          CHECK(*refused >= target);
        }
      }
    }
  });
}

TEST_CASE("noise: a message cut short or made longer ends the handshake") {
  for (auto pattern : {"XXpsk0", "IKpsk2"}) {
    const auto sizes = message_sizes(pattern);
    Facts facts(pattern);
    for (std::size_t target = 0; target < sizes.size(); ++target) {
      for (std::size_t size = 0; size <= sizes[target] + 1; ++size) {
        if (size == sizes[target]) continue;
        const auto refused = talk(facts, [&](std::size_t index, Bytes& message) {
          if (index == target) message.resize(size);
        });
        CHECK(refused == target);
      }
    }
  }
}

TEST_CASE("noise: another psk, prologue, remote key or pattern ends the handshake") {
  for (std::size_t which = 0; which < 2; ++which) {
    Facts facts("XXpsk0+psk3");
    facts.psks[1][which] = SecretKey32::make(facts.rng);
    CHECK(talk(facts) == (which == 0 ? 0 : 2));
  }
  {
    Facts facts("XXpsk0");
    facts.prologues[1] = "other";
    CHECK(talk(facts) == 0);
  }
  {
    Facts facts("IK");
    facts.remotes[0] = KexKey::make(facts.rng).public_key();
    CHECK(talk(facts) == 0);
  }
  {
    Facts facts("KK");
    facts.remotes[1] = KexKey::make(facts.rng).public_key();
    CHECK(talk(facts) == 0);
  }
  {
    Facts facts("XX");
    auto initiator = facts.start(Role::initiator);
    facts.name = full_name("NX");
    auto responder = facts.start(Role::responder);
    CHECK(talk(initiator, responder) == 1);
  }
}

TEST_CASE("noise: after a failure every call fails, genuine messages too") {
  Facts facts("XXpsk0");
  auto initiator = facts.start(Role::initiator);
  auto responder = facts.start(Role::responder);
  const auto genuine = initiator.write_message({});
  auto bad = *genuine;
  flip(bad, 300);
  CHECK_FALSE(responder.read_message(bad).has_value());
  CHECK(responder.is_dead());
  CHECK_FALSE(responder.is_our_turn());
  CHECK_FALSE(responder.finished());
  const auto again = responder.read_message(*genuine);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == Code::reject);
  CHECK_FALSE(responder.write_message({}).has_value());
  CHECK_FALSE(responder.split().has_value());
}

TEST_CASE("noise: messages out of turn end the handshake") {
  Facts facts("XX");
  {
    auto initiator = facts.start(Role::initiator);
    CHECK(initiator.is_our_turn());
    CHECK(initiator.read_message(Bytes(100, 0)).error().code == Code::reject);
    CHECK(initiator.is_dead());
  }
  {
    auto responder = facts.start(Role::responder);
    CHECK_FALSE(responder.is_our_turn());
    CHECK(responder.write_message({}).error().code == Code::usage);
    CHECK(responder.is_dead());
  }
  {
    auto initiator = facts.start(Role::initiator);
    auto responder = facts.start(Role::responder);
    REQUIRE_FALSE(talk(initiator, responder).has_value());
    CHECK(responder.read_message(Bytes(100, 0)).error().code == Code::reject);
    CHECK_FALSE(responder.finished());
  }
}

TEST_CASE("noise: keys come once, and only at the end") {
  Facts facts("NN");
  auto initiator = facts.start(Role::initiator);
  auto responder = facts.start(Role::responder);
  CHECK(initiator.split().error().code == Code::usage);
  REQUIRE_FALSE(talk(initiator, responder).has_value());
  CHECK(initiator.finished());
  const auto hash = initiator.handshake_hash();
  CHECK(initiator.split().has_value());
  CHECK_FALSE(initiator.split().has_value());
  CHECK(initiator.handshake_hash() == hash);
  CHECK(initiator.handshake_hash() == responder.handshake_hash());
}

TEST_CASE("noise: a configuration that does not fit the pattern is refused") {
  const auto check = [](std::string_view pattern, Role role,
                        const std::function<void(HandshakeConfig&)>& change) {
    Facts facts(pattern);
    auto config = facts.config(role);
    REQUIRE(HandshakeState::start(config, facts.rng).has_value());
    change(config);
    const auto out = HandshakeState::start(config, facts.rng);
    REQUIRE_FALSE(out.has_value());
    CHECK(out.error().code == Code::usage);
  };
  const KexPublic any{};
  check("XX", Role::initiator, [](auto& c) { c.static_key = nullptr; });
  check("NK", Role::responder, [](auto& c) { c.static_key = nullptr; });
  check("NK", Role::initiator, [](auto& c) { c.remote_static.reset(); });
  check("KN", Role::responder, [](auto& c) { c.remote_static.reset(); });
  check("XX", Role::initiator, [&](auto& c) { c.remote_static = any; });
  check("XXpsk0", Role::initiator, [](auto& c) { c.psks.clear(); });
  check("XXpsk0", Role::initiator, [](auto& c) { c.psks.push_back(c.psks[0]); });
  check("XXpsk0", Role::initiator, [](auto& c) { c.psks[0] = nullptr; });
  Facts nn("NN");
  auto config = nn.config(Role::initiator);
  config.static_key = nullptr;
  CHECK(HandshakeState::start(config, nn.rng).has_value());
}

TEST_CASE("noise: messages of 65535 bytes pass, longer ones do not") {
  for (std::size_t extra : {0, 1}) {
    Facts facts("XXpsk0");
    auto initiator = facts.start(Role::initiator);
    auto responder = facts.start(Role::responder);
    const Bytes payload(kNoiseMessageMax - 32 - kNoiseTag + extra, 7);
    const auto message = initiator.write_message(payload);
    CHECK(message.has_value() == (extra == 0));
    if (extra == 0) {
      CHECK(message->size() == kNoiseMessageMax);
      CHECK(responder.read_message(*message) == payload);
    } else {
      CHECK(message.error().code == Code::limit);
      CHECK(initiator.is_dead());
      CHECK(responder.read_message(Bytes(kNoiseMessageMax + 1, 0)).error().code == Code::limit);
    }
  }
  auto [ours, theirs] = link();
  const auto largest = ours.send.encrypt({}, Bytes(kNoisePayloadMax, 1));
  REQUIRE(largest.has_value());
  CHECK(largest->size() == kNoiseMessageMax);
  CHECK(theirs.receive.decrypt({}, *largest).has_value());
  CHECK(ours.send.encrypt({}, Bytes(kNoisePayloadMax + 1, 1)).error().code == Code::limit);
  CHECK(theirs.receive.decrypt({}, Bytes(kNoiseMessageMax + 1, 1)).error().code == Code::limit);
}

TEST_CASE("noise: an ephemeral key of low order ends the handshake") {
  for (int point = 0; point < 2; ++point) {
    Bytes key(32, 0);
    key[0] = static_cast<std::uint8_t>(point);
    {
      Facts facts("XX");
      auto responder = facts.start(Role::responder);
      CHECK(responder.read_message(key).has_value());  // no secret is mixed yet
      const auto out = responder.write_message({});
      REQUIRE_FALSE(out.has_value());
      CHECK(out.error().code == Code::reject);
      CHECK(responder.is_dead());
    }
    {
      Facts facts("XX");
      auto initiator = facts.start(Role::initiator);
      REQUIRE(initiator.write_message({}).has_value());
      Bytes message = key;
      message.resize(200, 0);
      CHECK(initiator.read_message(message).error().code == Code::reject);
    }
    {
      Facts facts("NK");
      facts.remotes[0] = *KexPublic::from(key);
      auto initiator = facts.start(Role::initiator);
      CHECK(initiator.write_message({}).error().code == Code::reject);
    }
  }
}

TEST_CASE("cipher: damage, replay, reordering and other associated data are refused") {
  auto [ours, theirs] = link();
  const auto one = *ours.send.encrypt(as_bytes("a"), as_bytes("one"));
  const auto two = *ours.send.encrypt({}, as_bytes("two"));
  CHECK(theirs.receive.decrypt({}, two).error().code == Code::reject);
  CHECK(theirs.receive.decrypt(as_bytes("b"), one).error().code == Code::reject);
  for (std::size_t bit = 0; bit < 8 * one.size(); ++bit) {
    auto bad = one;
    flip(bad, bit);
    CHECK_FALSE(theirs.receive.decrypt(as_bytes("a"), bad).has_value());
  }
  for (std::size_t size = 0; size < one.size(); ++size) {
    CHECK_FALSE(theirs.receive.decrypt(as_bytes("a"), ByteView(one).first(size)).has_value());
  }
  CHECK(theirs.receive.nonce() == 0);
  CHECK(theirs.receive.decrypt(as_bytes("a"), one) == to_bytes("one"));
  CHECK_FALSE(theirs.receive.decrypt(as_bytes("a"), one).has_value());
  CHECK(theirs.receive.decrypt({}, two) == to_bytes("two"));
  CHECK(theirs.receive.nonce() == 2);
}

TEST_CASE("cipher: the last nonce is never used") {
  auto [ours, theirs] = link();
  ours.send.set_nonce(UINT64_MAX - 1);
  theirs.receive.set_nonce(UINT64_MAX - 1);
  const auto last = ours.send.encrypt({}, as_bytes("x"));
  REQUIRE(last.has_value());
  CHECK(theirs.receive.decrypt({}, *last) == to_bytes("x"));
  CHECK(ours.send.encrypt({}, as_bytes("x")).error().code == Code::limit);
  CHECK(theirs.receive.decrypt({}, *last).error().code == Code::limit);
  CHECK(ours.send.nonce() == UINT64_MAX);
}

TEST_CASE("cipher: both sides go on after a rekey, one side alone does not") {
  auto [ours, theirs] = link();
  CHECK(theirs.receive.decrypt({}, *ours.send.encrypt({}, {})).has_value());
  ours.send.rekey();
  const auto message = ours.send.encrypt({}, as_bytes("x"));
  CHECK_FALSE(theirs.receive.decrypt({}, *message).has_value());
  theirs.receive.rekey();
  CHECK(theirs.receive.decrypt({}, *message) == to_bytes("x"));
  CHECK(ours.send.nonce() == 2);
}

TEST_CASE("cipher: rekey gives the key that a second implementation gives") {
  const auto vectors = test::golden_vectors("crypto_vectors.json");
  CHECK(vectors["rekey"].items().size() == 5);
  for (const auto& v : vectors["rekey"].items()) {
    CipherState one(*SecretKey32::from(unhex(v["key"].text())));
    CipherState two(*SecretKey32::from(unhex(v["next"].text())));
    one.rekey();
    CHECK(*one.encrypt({}, as_bytes("x")) == *two.encrypt({}, as_bytes("x")));
  }
}
