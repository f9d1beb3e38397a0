// The narrow view of a team that rules and queries read. node implements it over the store, tests
// over memory. Threads: the caller's; calls are synchronous.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/match.h"
#include "base/result.h"
#include "base/value.h"
#include "crdt/object.h"
#include "crdt/replay.h"
#include "crdt/text/text.h"
#include "work/members/roster.h"

namespace holm::work {

/// A link: an object and the space it lives in.
struct Ref {
  SpaceId space;
  ObjectId object;

  auto operator<=>(const Ref&) const = default;
};

/// Objects of one type by the winners of their fields.
struct Lookup {
  struct Equals {
    std::uint32_t field;  ///< reg, or order (then `value` is the container's 16 bytes)
    Value value;          ///< null: no value stands
  };
  std::uint32_t type = 0;
  std::optional<SpaceId> space{};
  std::vector<Equals> where{};          ///< all must hold
  std::vector<std::uint32_t> having{};  ///< fields in each of which a value stands
  enum class By { birth, touch, place, title } order = By::birth;  ///< place: by (key, id)
  enum class Direction { ascending, descending } direction = Direction::ascending;
  std::size_t limit = SIZE_MAX;
};

/// An object that a Match found.
struct Matched {
  Ref ref;
  std::uint32_t type = 0;
  std::uint64_t row = 0;  ///< the later it came to this device, the greater
};

class State {
 public:
  virtual ~State() = default;

  virtual const members::Roster& roster() const = 0;
  virtual MemberId self() const = 0;
  virtual DeviceId device() const = 0;
  virtual SpaceId commons() const = 0;

  /// Nothing when no op on it has been delivered.
  virtual Result<std::optional<crdt::ObjectState>> object(const Ref& ref) const = 0;
  /// When the object first came to this device, by its clock: an answer that differs from device to
  /// device, so nothing that must be alike everywhere may rest on it.
  virtual Result<WallTime> met_at(const Ref& ref) const = 0;
  /// The live text of a field; empty when it has none.
  virtual Result<std::string> text(const Ref& ref, std::uint32_t field) const = 0;
  /// The text with its history: for anchors, blame, undo. Costs a replay of its runs.
  virtual Result<crdt::Text> full_text(const Ref& ref, std::uint32_t field) const = 0;
  virtual Result<std::vector<Ref>> find(const Lookup& lookup) const = 0;
  /// How many find() would give, without reading them.
  virtual Result<std::size_t> count(const Lookup& lookup) const = 0;
  /// The space that holds an object, for references by id.
  virtual Result<std::optional<Ref>> locate(const ObjectId& id) const = 0;
  /// Objects whose id starts with these hex digits, at most `limit`.
  virtual Result<std::vector<Ref>> by_prefix(std::string_view hex, std::size_t limit) const = 0;
  /// Objects whose terms (search/terms.h) fit, the last to come first, of rows below `before`. Only
  /// of spaces that this member may read.
  virtual Result<std::vector<Matched>> matching(const Match& match, std::uint64_t before,
                                                std::size_t limit) const = 0;
  /// Words in use that are nearest to a folded word (search/spelling.h), the nearest first.
  virtual Result<std::vector<std::string>> words_like(std::string_view word,
                                                      std::size_t limit) const = 0;
  /// How far a person at this device has looked at the object: positions of its space then. Empty:
  /// never. As met_at, an answer of this device alone.
  virtual Result<std::map<LogId, std::uint64_t>> seen(const Ref& ref) const = 0;
  /// Delivered changes that touch an object, in replay order.
  virtual Result<std::vector<crdt::Delivered>> history(const Ref& ref) const = 0;
  /// The last delivered op of every log of a space: what a writer has seen of it. O(logs).
  virtual Result<std::map<LogId, std::uint64_t>> positions(const SpaceId& space) const = 0;
  /// The op that a value written by op `by` means by `named`. Another where logs are forked: an id
  /// says which branch only together with who wrote it (docs/decisions/0016-forks.md).
  virtual Result<crdt::OpId> meant(const crdt::OpId& /*by*/, const crdt::OpId& named) const {
    return named;
  }
  /// The same for positions of a space's logs; branches are seen up to where they begin.
  virtual Result<std::map<LogId, std::uint64_t>> meant(
      const SpaceId& /*space*/, const crdt::OpId& /*by*/,
      std::map<LogId, std::uint64_t> positions) const {
    return positions;
  }
  /// Whose log it is; nothing when unknown (or the name of a seed op).
  virtual std::optional<MemberId> author(const LogId& log) const = 0;
};

}  // namespace holm::work
