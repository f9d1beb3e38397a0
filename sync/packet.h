// Packets: a team's content in the form in which it goes to carriers, who may not read it: a
// mailbox, a shared folder, a stick (DESIGN.md 6). A carrier learns a mailbox's id, which changes
// every day, a padded size, and when it got it.
//
// packet = "HOLMPKT1" | mailbox id (16) | sealed (crypto/seal.h) under an epoch's key, with the 24
// bytes before as associated data, of: records as canonical msgpack, an array of pairs (kind,
// bytes); u8(0x80), zeros up to padded_size(). Which epoch it is says the seal's commitment to
// those who have its key, and nothing to anybody else.
//
// key packet = "HOLMKEY1" | mailbox id (16) | ephemeral X25519 key (32) | key boxes (48 each): a
// key for devices that have no other way to it. Boxes name nobody; their number is padded up to a
// multiple of 8 with random bytes, and they lie in random order.
//
// Values; threads: any.
#pragma once

#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "crypto/key_box.h"
#include "crypto/keys.h"

namespace holm::sync {

using MailboxId = Id<struct MailboxTag>;

/// Where a team's packets of a day lie. `network`: a key of the team's network.
MailboxId mailbox_of(const crypto::SecretKey32& network, WallTime day);

enum class RecordKind : std::uint8_t {
  range = 1,       ///< changes of a log with their head, as in a delta
  membership = 2,  ///< a membership op
  piece = 3,       ///< of a file
};

struct Record {
  RecordKind kind = RecordKind::range;
  Bytes body;

  bool operator==(const Record&) const = default;
};

inline constexpr std::size_t kPacketBytesMax = 4u << 20;
inline constexpr std::size_t kPacketRecordsMax = 1u << 16;
inline constexpr std::size_t kPacketBoxesMax = 1024;

/// The size to which `size` bytes are padded: at most an eighth more, and 256 at least. Whoever
/// sees it learns O(log log size) bits of the size. Source: Nikitin et al., "Reducing Metadata
/// Leakage from Encrypted Files and Communication with PURBs" (PETS 2019), section 4.
std::size_t padded_size(std::size_t size);

/// Errors: limit, beyond kPacketBytesMax or kPacketRecordsMax. O(size).
Result<Bytes> seal_packet(const crypto::SecretKey32& key, const MailboxId& mailbox,
                          const std::vector<Record>& records, Rng& rng);

struct Opened {
  std::size_t key = 0;          ///< which of the keys it opened with
  std::vector<Record> records;  ///< of kinds that are known; others are left out
};
/// Tries keys in order: a hash each, and the whole packet once. Errors: denied, when it is under
/// none of them; corrupt, when it is damaged; reject, when it is no packet or what is in it is
/// malformed; limit.
Result<Opened> open_packet(std::span<const crypto::SecretKey32* const> keys, ByteView packet);
/// Of a packet or key packet. Errors: reject, when it is neither.
Result<MailboxId> mailbox_in(ByteView packet);

/// A key for everyone in `to`. An X25519 each. Errors: limit.
Result<Bytes> seal_key_packet(const crypto::SecretKey32& key, const MailboxId& mailbox,
                              const std::vector<crypto::KexPublic>& to, Rng& rng);
/// The key that is in it for the owner of one of `ours`. Up to kPacketBoxesMax X25519s for each of
/// them. Errors: denied, when nothing in it is for them; reject; limit.
Result<crypto::SecretKey32> open_key_packet(std::span<const crypto::KexKey* const> ours,
                                            ByteView packet);

}  // namespace holm::sync
