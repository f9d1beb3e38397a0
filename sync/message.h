// What two devices of a team say to each other once a link stands, as bytes and back
// (docs/formats/sync.md). Values only.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crdt/chain.h"
#include "crdt/change.h"
#include "crdt/column_base.h"
#include "crypto/keys.h"

namespace holm::sync {

/// "These spaces I would share with you stand at these digests."
struct Summary {
  struct Space {
    SpaceId space;
    Digest digest;
    auto operator<=>(const Space&) const = default;
  };
  std::vector<Space> spaces;  ///< sorted by id
  bool operator==(const Summary&) const = default;
};

/// State vector of one space: how far I hold each log, and its chain hash there. Of a forked log an
/// entry per branch; logs are named as their changes name them.
struct Vector {
  SpaceId space;
  std::vector<crdt::Position> logs;  ///< sorted
  bool operator==(const Vector&) const = default;
};

/// Consecutive changes of one log up to a signed head.
struct Range {
  std::vector<crdt::Change> changes;
  crdt::Head head;
  std::optional<crdt::ColumnBase> base{};  ///< to send: the changes leave as what goes on from it
  Bytes packed{};  ///< received: changes that go on from a base, and are none before unpack()
  /// What the chain stood at before the first change; nothing at a log's start, or when not told.
  std::optional<ShortHash> before{};
  bool operator==(const Range&) const = default;
};

/// Fills in the changes of a range that came packed. Errors: not_found when they go on from another
/// base; reject, limit, unsupported.
Status unpack(Range& range, const crdt::ColumnBase& base);
/// What changes cost whoever holds them unpacked, by a measure of its own: against MessageLimits.
std::size_t expanded_size(const Range& range);

/// Ranges that the receiver lacks. `digest` is the sender's of the space when it was sent.
struct Delta {
  SpaceId space;
  std::uint64_t serial = 0;
  Digest digest;
  std::vector<Range> ranges;
  bool operator==(const Delta&) const = default;
};

/// The delta is durable here; `have` says how far for each log it named.
struct Ack {
  SpaceId space;
  std::uint64_t serial = 0;
  Digest digest;
  struct Have {
    LogId log;
    std::uint64_t seq = 0;
    auto operator<=>(const Have&) const = default;
  };
  std::vector<Have> have;
  bool operator==(const Ack&) const = default;
};

/// A joiner asks to enter: its device certificate, made for the team the other named, and its proof
/// that it holds the invite. Answered by Admitted or Refused.
struct JoinRequest {
  std::string name;
  Bytes certificate;
  Bytes proof;
  bool operator==(const JoinRequest&) const = default;
};

/// The other side belongs now, or is let as far as to make itself belong; the trust space follows
/// as deltas.
struct Admitted {
  TeamId team;
  DeviceId device;  ///< who says so
  WallTime at{};    ///< by its clock
  bool operator==(const Admitted&) const = default;
};

/// A new device asks the one that gave out a code to certify it. The key of the link is its
/// exchange key. Answered by Admitted or Refused.
struct DeviceRequest {
  crypto::VerifyKey signing;
  std::string label;
  crypto::Signature possession;  ///< as a device certificate has it
  bool operator==(const DeviceRequest&) const = default;
};

/// Whoever knocked by a recovery phrase has it: signs the team that the greeting named and the
/// handshake. Answered by Admitted, by Recoverable when no team was named, or by Refused.
struct RecoverRequest {
  crypto::Signature proof;
  bool operator==(const RecoverRequest&) const = default;
};

/// Teams of the phrase that this device is in.
struct Recoverable {
  std::vector<TeamId> teams;  ///< sorted
  bool operator==(const Recoverable&) const = default;
};

/// A sentence for the person: why not. `code` as base/result.h has it.
struct Refused {
  Code code = Code::denied;
  std::string why;
  bool operator==(const Refused&) const = default;
};

/// "You hold a history of this log that I do not; of mine, which of these places do you hold?"
struct Locator {
  SpaceId space;
  LogId log;
  std::vector<crdt::Position> places;  ///< of this log; sorted
  bool operator==(const Locator&) const = default;
};

using Message = std::variant<Summary, Vector, Delta, Ack, JoinRequest, Admitted, Refused, Locator,
                             DeviceRequest, RecoverRequest, Recoverable>;

/// Bounds of one message; beyond: Code::limit.
struct MessageLimits {
  std::size_t bytes_max = 3u << 20;
  std::size_t spaces_max = 4096;
  std::size_t logs_max = 1u << 16;
  std::size_t ranges_max = 4096;
  std::size_t places_max = 4096;
  std::size_t teams_max = 1024;
  std::size_t expanded_max = 48u << 20;  ///< of a delta's ranges, by expanded_size()
};

Bytes encode(const Message& message);
/// Errors: reject, limit, unsupported (a kind this version does not know).
Result<Message> decode(ByteView bytes, const MessageLimits& limits = {});

}  // namespace holm::sync
