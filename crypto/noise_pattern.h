// Noise protocol names as data: which tokens each handshake message carries. Values only; the
// machine that acts on them is noise.h. Source: The Noise Protocol Framework rev 34, sections 7
// (patterns), 8 (names), 9 (psk).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace holm::crypto {

enum class NoiseToken : std::uint8_t { e, s, ee, es, se, ss, psk };

/// A parsed protocol name.
struct NoiseProtocol {
  std::string name;                               ///< as given; hashed into the handshake
  bool initiator_static_known = false;            ///< the responder holds it before the handshake
  bool responder_static_known = false;            ///< the initiator holds it before the handshake
  std::vector<std::vector<NoiseToken>> messages;  ///< first by the initiator, then in turns
  std::size_t psk_count = 0;

  /// One message from initiator to responder, and transport messages in that direction only.
  bool is_one_way() const { return messages.size() == 1; }
};

/// Reads e.g. "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2b". Patterns N K X and NN NK NX KN KK KX XN XK
/// XX IN IK IX, with any psk modifiers that the pattern has a place for, in ascending order.
/// Errors: reject, when the name is malformed; unsupported, for other patterns, modifiers or
/// primitives than 25519, ChaChaPoly and BLAKE2b.
Result<NoiseProtocol> parse_noise_protocol(std::string_view name);

}  // namespace holm::crypto
