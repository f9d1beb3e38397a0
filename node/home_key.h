// The key of a home, and how it is kept: in the file "key" as it is, or sealed under a passphrase,
// or sealed under a key in the desktop's keyring. Everything else in the home is encrypted under it
// or under keys derived from it, so that another way rewrites this one file. Format:
// docs/formats/home.md. An edge: it touches the disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/keys.h"
#include "crypto/passphrase.h"
#include "node/keyring.h"
#include "node/runtime.h"

namespace holm::node {

enum class HomeLock : std::uint8_t {
  key_file = 0,    ///< whoever can read the file can read the home
  passphrase = 1,  ///< Argon2id
  keyring = 2,     ///< whoever is logged in as this user can read the home
};
/// "key_file", "passphrase", "keyring".
std::string_view name_of(HomeLock lock);

/// How the key of the home in `dir` is kept. Errors: not_found, corrupt, unsupported.
Result<HomeLock> home_lock(const std::string& dir);
/// Reads the key. Errors: denied when a passphrase is missing or wrong; those of Keyring::get()
/// when it is in a keyring, and retry without one to ask; corrupt when the file is damaged;
/// unsupported when it is of a newer version. Cost: Argon2id as it was written, or a question to
/// the keyring.
Result<crypto::SecretKey32> read_home_key(const std::string& dir, const Unlock& unlock);
/// The same, from the content of a key file.
Result<crypto::SecretKey32> read_key_record(ByteView record, const Unlock& unlock);
/// Label of the key, derived from the home's, that seals what a backup says of itself.
inline constexpr std::string_view kBackupKey = "holm backup v1";
/// Keeps the key under the passphrase of `unlock`, else in its keyring, else in the clear: replaces
/// the file in one step, so that after a power cut the home opens in the old way or the new. What a
/// keyring held for the home before stays there, see keyring_item(). Errors: usage when the
/// passphrase is too short or too long, those of Keyring::put(), failed.
Status write_home_key(const std::string& dir, const crypto::SecretKey32& key, const Unlock& unlock,
                      Rng& rng);
/// What write_home_key() writes, for a copy of the home that opens with a passphrase.
Result<Bytes> key_record(const crypto::SecretKey32& key, const Unlock& passphrase, Rng& rng);
/// What a keyring holds for the home in `dir`; nothing where the key is kept otherwise. Errors: as
/// home_lock().
Result<std::optional<Keyring::Item>> keyring_item(const std::string& dir);

}  // namespace holm::node
