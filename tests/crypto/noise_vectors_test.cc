// Replays vectors in the format of cacophony and snow: messages alternate, first those of the
// handshake, then transport messages; one-way patterns send in one direction only.
#include <doctest/doctest.h>

#include "crypto/noise.h"
#include "tests/crypto/vectors.h"

using namespace holm;
using namespace holm::crypto;
using test::unhex;

namespace {

HandshakeState side(const Value& vector, const std::string& who) {
  std::optional<KexKey> static_key;
  if (vector.has(who + "_static")) {
    static_key = std::move(*KexKey::from_seed(unhex(vector[who + "_static"].text())));
  }
  std::vector<SecretKey32> psks;
  for (const auto& psk : vector[who + "_psks"].items()) {
    psks.push_back(std::move(*SecretKey32::from(unhex(psk.text()))));
  }
  const auto prologue = unhex(vector[who + "_prologue"].text());
  HandshakeConfig config{.protocol = vector["protocol_name"].text(),
                         .role = who == "init" ? Role::initiator : Role::responder,
                         .prologue = prologue};
  if (static_key) config.static_key = &*static_key;
  if (vector.has(who + "_remote_static")) {
    config.remote_static = KexPublic::from(unhex(vector[who + "_remote_static"].text()));
  }
  for (const auto& psk : psks) config.psks.push_back(&psk);
  test::FixedRng rng(unhex(vector[who + "_ephemeral"].text()));
  auto out = HandshakeState::start(config, rng);
  REQUIRE_MESSAGE(out.has_value(), out.error().text());
  return std::move(*out);
}

void replay(const Value& vector) {
  INFO(std::string(vector["protocol_name"].text()));
  auto initiator = side(vector, "init");
  auto responder = side(vector, "resp");
  std::optional<TransportKeys> initiator_keys;
  std::optional<TransportKeys> responder_keys;
  std::size_t index = 0;
  for (const auto& message : vector["messages"].items()) {
    const auto payload = unhex(message["payload"].text());
    const bool is_forward = index++ % 2 == 0;
    auto& from = is_forward ? initiator : responder;
    auto& to = is_forward ? responder : initiator;
    if (!initiator_keys) {
      const auto written = from.write_message(payload);
      REQUIRE_MESSAGE(written.has_value(), written.error().text());
      CHECK(hex(*written) == message["ciphertext"].text());
      const auto read = to.read_message(*written);
      REQUIRE_MESSAGE(read.has_value(), read.error().text());
      CHECK(*read == payload);
      CHECK(initiator.finished() == responder.finished());
      if (!initiator.finished()) continue;
      CHECK(initiator.handshake_hash() == responder.handshake_hash());
      if (vector.has("handshake_hash")) {
        CHECK(initiator.handshake_hash().text() == vector["handshake_hash"].text());
      }
      initiator_keys = std::move(*initiator.split());
      responder_keys = std::move(*responder.split());
      continue;
    }
    const bool is_initiators = is_forward || initiator.protocol().is_one_way();
    auto& sender = is_initiators ? initiator_keys : responder_keys;
    auto& receiver = is_initiators ? responder_keys : initiator_keys;
    const auto written = sender->send.encrypt({}, payload);
    REQUIRE(written.has_value());
    CHECK(hex(*written) == message["ciphertext"].text());
    CHECK(receiver->receive.decrypt({}, *written) == payload);
  }
  CHECK(initiator_keys.has_value());
}

}  // namespace

TEST_CASE("noise: vectors of this repository, made by a second implementation") {
  const auto vectors = test::golden_vectors("noise_vectors.json");
  CHECK(vectors["vectors"].items().size() == 44);
  for (const auto& vector : vectors["vectors"].items()) replay(vector);
}

TEST_CASE("noise: published vectors of cacophony, snow and noise-c") {
  const auto vectors = test::shared_vectors("noise.json");
  if (!vectors) return;
  CHECK((*vectors)["vectors"].items().size() == 40);
  for (const auto& vector : (*vectors)["vectors"].items()) replay(vector);
}
