// The key of a home, and how it is kept: in the file "key" as it is, or sealed under a passphrase.
// Everything else in the home is encrypted under it or under keys derived from it, so that another
// passphrase rewrites this one file. Format: docs/formats/home.md. An edge: it touches the disk.
#pragma once

#include <string>

#include "base/result.h"
#include "crypto/keys.h"
#include "crypto/passphrase.h"
#include "node/runtime.h"

namespace holm::node {

enum class HomeLock : std::uint8_t {
  key_file = 0,    ///< whoever can read the file can read the home
  passphrase = 1,  ///< Argon2id
};

/// How the key of the home in `dir` is kept. Errors: not_found, corrupt, unsupported.
Result<HomeLock> home_lock(const std::string& dir);
/// Reads the key. Errors: not_found; denied when a passphrase is missing or wrong; corrupt when the
/// file is damaged; unsupported when it is of a newer version. Cost: Argon2id as it was written.
Result<crypto::SecretKey32> read_home_key(const std::string& dir, const Unlock& unlock);
/// The same, from the content of a key file.
Result<crypto::SecretKey32> read_key_record(ByteView record, const Unlock& unlock);
/// Label of the key, derived from the home's, that seals what a backup says of itself.
inline constexpr std::string_view kBackupKey = "holm backup v1";
/// Keeps the key under a passphrase, or in the clear where `unlock` has none: replaces the file in
/// one step, so that after a power cut the home opens in the old way or the new. Errors: usage when
/// the passphrase is too short or too long, failed.
Status write_home_key(const std::string& dir, const crypto::SecretKey32& key, const Unlock& unlock,
                      Rng& rng);

}  // namespace holm::node
