// What lets a person back in who has nothing left but the recovery phrase: a key to knock with at
// any device of the team, and one that proves that the knock is theirs. Both derive from the
// phrase; the first, and the public half of the second, stand in the person's profile.
//
// The knock is met with a handshake and no word more until the proof is there: members know each
// other's knocking keys, but nobody can prove with them. Values; no I/O.
#pragma once

#include "base/result.h"
#include "crypto/keys.h"
#include "node/identity.h"

namespace holm::node {

/// Keys the handshake of a knock.
crypto::SecretKey32 recovery_psk(const crypto::SecretKey32& recovery);
/// Proves that whoever knocks has the phrase.
crypto::SigningKey recovery_signing_key(const crypto::SecretKey32& recovery);
/// What is signed with it: that this very handshake is of someone who wants back into `team`, or,
/// when it is nil, wants to be told of which teams there are.
Bytes recovery_signed_bytes(const TeamId& team, const Digest& handshake);
inline constexpr std::string_view kRecoverLabel = "holm recover v1";

/// What a member's profile says, for all devices of the team.
struct RecoveryEntry {
  Bytes psk;              ///< 32 bytes
  crypto::VerifyKey key;  ///< of recovery_signing_key()
};
/// Signed by the root key, so that no device without the phrase can put another in its place.
Bytes recovery_entry(const Identity& identity, const TeamId& team);
/// Errors: reject (malformed, or not signed by `root` for this team), unsupported, limit.
Result<RecoveryEntry> decode_recovery_entry(ByteView bytes, const TeamId& team,
                                            const crypto::VerifyKey& root);

}  // namespace holm::node
