// The Noise machine under arbitrary messages: both roles at every stage of several patterns, and
// transport messages after it. Nothing may crash, no foreign message may pass for a genuine one,
// and what is not tampered with must complete.
//
// Input: u8 pattern | u8 stage | u8 operation | bytes. The machines talk genuinely up to message
// number `stage` (modulo the count, which one more means transport); there the operation replaces
// the message by the bytes, xors it with them, or cuts it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "base/ensure.h"
#include "crypto/noise.h"

using namespace holm;
using namespace holm::crypto;

namespace {

constexpr std::string_view kProtocols[] = {
    "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b",      "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b",
    "Noise_NNpsk0+psk2_25519_ChaChaPoly_BLAKE2b", "Noise_KXpsk1_25519_ChaChaPoly_BLAKE2b",
    "Noise_Xpsk1_25519_ChaChaPoly_BLAKE2b",
};

struct Pair {
  HandshakeState initiator;
  HandshakeState responder;
};

Pair start(std::string_view name) {
  SeededRng rng(7);
  const auto protocol = parse_noise_protocol(name);
  ENSURE(protocol.has_value());
  const auto ours = KexKey::make(rng);
  const auto theirs = KexKey::make(rng);
  const auto psk = SecretKey32::make(rng);
  HandshakeConfig one{.protocol = name, .role = Role::initiator, .static_key = &ours};
  HandshakeConfig two{.protocol = name, .role = Role::responder, .static_key = &theirs};
  if (protocol->responder_static_known) one.remote_static = theirs.public_key();
  if (protocol->initiator_static_known) two.remote_static = ours.public_key();
  one.psks.assign(protocol->psk_count, &psk);
  two.psks = one.psks;
  auto initiator = HandshakeState::start(one, rng);
  auto responder = HandshakeState::start(two, rng);
  ENSURE(initiator && responder);
  return {std::move(*initiator), std::move(*responder)};
}

Bytes tamper(std::uint8_t operation, Bytes message, ByteView bytes) {
  switch (operation % 3) {
    case 0: return to_bytes(bytes);
    case 1:
      for (std::size_t i = 0; i < bytes.size() && i < message.size(); ++i) message[i] ^= bytes[i];
      return message;
    default:
      if (!bytes.empty()) message.resize(bytes[0] * message.size() / 256);
      return message;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const ByteView bytes(data + 3, size - 3);

  // As a protocol name the bytes must only not crash the parser.
  if (const auto parsed = parse_noise_protocol(as_text(bytes))) ENSURE(!parsed->messages.empty());

  auto pair = start(kProtocols[data[0] % std::size(kProtocols)]);
  const auto count = pair.initiator.protocol().messages.size();
  const auto stage = data[1] % (count + 1);
  for (std::size_t index = 0; index < count; ++index) {
    auto& from = index % 2 == 0 ? pair.initiator : pair.responder;
    auto& to = index % 2 == 0 ? pair.responder : pair.initiator;
    // Payloads of any size, so that fields move about.
    const auto payload = bytes.first(std::min<std::size_t>(bytes.size(), 64));
    const auto genuine = from.write_message(payload);
    ENSURE(genuine.has_value());
    const auto sent = index == stage ? tamper(data[2], *genuine, bytes) : *genuine;
    const auto read = to.read_message(sent);
    // Every pattern above encrypts every payload, so only the genuine message passes.
    ENSURE(read.has_value() == (sent == *genuine));
    if (!read) {
      ENSURE(to.is_dead() && !to.read_message(*genuine) && !to.split());
      return 0;
    }
    ENSURE(*read == to_bytes(payload));
  }
  ENSURE(pair.initiator.handshake_hash() == pair.responder.handshake_hash());
  auto ours = pair.initiator.split();
  auto theirs = pair.responder.split();
  ENSURE(ours && theirs);
  const auto genuine = ours->send.encrypt({}, bytes.first(std::min<std::size_t>(bytes.size(), 64)));
  ENSURE(genuine.has_value());
  const auto sent = stage == count ? tamper(data[2], *genuine, bytes) : *genuine;
  ENSURE(theirs->receive.decrypt({}, sent).has_value() == (sent == *genuine));
  return 0;
}
