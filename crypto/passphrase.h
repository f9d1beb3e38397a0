// A key from a passphrase: Argon2id (RFC 9106), with the cost stored beside the salt and bounded
// when read, so that a hostile file can neither eat all memory nor ask for no work at all.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"

namespace holm::crypto {

using PassphraseSalt = Id<struct PassphraseSaltTag>;

/// What turns a passphrase into a key again. No secret.
struct PassphraseParams {
  static constexpr std::size_t kEncodedBytes = 25;
  static constexpr std::uint32_t kPassesMax = 16;
  static constexpr std::uint32_t kMemoryKibMin = 8 * 1024;
  static constexpr std::uint32_t kMemoryKibMax = 1024 * 1024;

  PassphraseSalt salt;
  std::uint32_t passes = 3;               ///< Argon2id iterations, 1 to kPassesMax
  std::uint32_t memory_kib = 256 * 1024;  ///< kMemoryKibMin to kMemoryKibMax

  bool operator==(const PassphraseParams&) const = default;

  /// The default cost (about a second on a small machine) with a new salt.
  static PassphraseParams make(Rng& rng);
  /// The same cost with a new salt.
  PassphraseParams with_new_salt(Rng& rng) const;
  /// As many passes over `memory_kib` as take about `target`, at least 1, judged by one, with a new
  /// salt; less memory, and more passes, where the system does not give so much. `now` is a clock
  /// that only goes forward. Cost: one or two passes.
  static PassphraseParams calibrated(Rng& rng, Millis target, const std::function<Millis()>& now);
  /// u8 version 1 | u32 passes | u32 memory_kib | salt (16), integers little-endian.
  Bytes encode() const;
  /// Errors: corrupt, when it is no such record; unsupported, when its version is newer; limit,
  /// when it asks for less or more work than the bounds above.
  static Result<PassphraseParams> read(ByteView raw);
};

/// The key for `passphrase`, byte for byte as given (no Unicode normalisation).
/// passphrase  1 to 1024 bytes.
/// Errors: usage, when the passphrase is empty or too long; limit, when the parameters are out of
/// bounds; retry, when the memory cannot be had now. Cost: as the parameters say.
Result<SecretKey32> derive_key(std::string_view passphrase, const PassphraseParams& params);

}  // namespace holm::crypto
