// Merged state: one canonical row per object, the live texts, the tables of winners, and the values
// that lost (`also`). All of it can be rebuilt from the logs.
//
// Owner: Store. Threads: the loop thread. Methods that write need an open turn (Store::begin);
// after any error of theirs but `usage` the turn is spoiled: commit() rolls it back.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"
#include "crdt/object.h"
#include "store/table_spec.h"

namespace holm::store {

class Db;
class ObjectRows;
class Search;
class Winners;

/// A text at rest: the plain string, and what the next run has to name.
struct TextRow {
  std::string content;                   ///< UTF-8
  std::uint64_t points = 0;              ///< code points of content
  std::vector<crdt::OpId> frontier;      ///< sorted
  std::map<LogId, crdt::OpId> last_own;  ///< per log: its latest code point on this text

  bool operator==(const TextRow&) const = default;
};

struct TextKey {
  ObjectId object;
  std::uint32_t field = 0;

  auto operator<=>(const TextKey&) const = default;
};

/// A condition on a column of a table of winners. `column` is a name of the TableSpec (of an order
/// field: `<name>_in`, `<name>_key`), or one of the built-in "object", "born_at", "touched_at"
/// (ms), "born_lamport", "touched_lamport". Values compare as SQLite has it: nothing, then numbers,
/// text, bytes; true is 1. A field that was never set equals null.
struct Condition {
  enum class Is {
    equal,
    not_equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    null,
    not_null
  };
  std::string column;
  Is is = Is::equal;
  Value value;
};

/// A question to one table of winners.
struct Selection {
  std::uint32_t type = 0;
  std::optional<SpaceId> space{};       ///< nothing: all spaces
  std::vector<Condition> where{};       ///< all must hold
  std::vector<std::string> order_by{};  ///< columns; a leading '-' reverses. Ties: by object id
  std::size_t limit = SIZE_MAX;
};

struct Found {
  SpaceId space;
  ObjectId object;
  bool operator==(const Found&) const = default;
};

/// A value that stands beside the winner of a reg, map, order or member cell: "also set to". Equal
/// values are one value: those equal to the winner, or to a later loser, are left out.
struct Loser {
  SpaceId space;
  ObjectId object;
  std::uint32_t field = 0;
  Bytes key;
  crdt::Entry entry;
};

class Objects {
 public:
  /// What changes is told to `search`, which outlives this.
  Objects(Db& db, Search& search, std::vector<TableSpec> tables);
  ~Objects();

  /// Makes the tables of winners fit their specs, and fills those that are new or changed from the
  /// canonical rows. Part of Store::open; needs an open transaction. Errors: usage when a spec
  /// names a column or a type twice, or not by a lower-case identifier.
  Status open_tables();

  /// The states under `ids`, in their order; those that do not exist are default ones.
  Result<std::vector<crdt::ObjectState>> load(const SpaceId& space,
                                              std::span<const ObjectId> ids) const;
  Result<std::optional<crdt::ObjectState>> find(const SpaceId& space, const ObjectId& id) const;
  /// When a change that names the object first came to this device, by its clock; the epoch when it
  /// is unknown here.
  Result<WallTime> met_at(const SpaceId& space, const ObjectId& id) const;
  /// The space that holds `id`, if any.
  Result<std::optional<SpaceId>> space_of(const ObjectId& id) const;
  /// Objects whose id starts with these hex digits, by id; at most `limit`. None when a character
  /// is no hex digit.
  Result<std::vector<Found>> by_prefix(std::string_view hex_prefix, std::size_t limit) const;

  /// Writes states (replacing what stood under their ids) and updates their rows of winners and
  /// losers, set-wise.
  Status save(const SpaceId& space, const std::vector<crdt::ObjectState>& states);
  Status save_text(const SpaceId& space, const TextKey& key, const TextRow& row);
  /// The row of a text; an empty one when there is none.
  Result<TextRow> text(const SpaceId& space, const TextKey& key) const;
  /// Its words alone, for those who only read; empty when there is none. Half the cost of text().
  Result<std::string> content(const SpaceId& space, const TextKey& key) const;
  /// Fields of an object that hold a text, with the texts, by field.
  Result<std::map<std::uint32_t, TextRow>> texts(const SpaceId& space,
                                                 const ObjectId& object) const;
  /// Removes an object's state, texts and rows (before it is rebuilt).
  Status remove(const SpaceId& space, const ObjectId& object);
  /// The same for all of a space. O(space).
  Status clear(const SpaceId& space);

  /// Ids in the order asked for. Errors: usage when a column is unknown.
  Result<std::vector<Found>> select(const Selection& selection) const;
  Result<std::uint64_t> count(const Selection& selection) const;
  /// Objects whose place (the first order field of the type) is in `container`, by (key, id).
  /// Errors: usage when the type has no such field.
  Result<std::vector<ObjectId>> children(std::uint32_t type, const ObjectId& container) const;
  /// Values that lost, of one object or (nothing) all of a space or team; by space, object, field,
  /// key, and ascending stamp.
  Result<std::vector<Loser>> losers(const std::optional<SpaceId>& space,
                                    const std::optional<ObjectId>& object) const;
  /// Every object of a space, ascending, after `after`; at most `limit`. For digests and export.
  Result<std::vector<ObjectId>> all(const SpaceId& space, const ObjectId& after,
                                    std::size_t limit) const;

  /// As all(), with those too that no change counts for: every object that a change names.
  Result<std::vector<ObjectId>> named(const SpaceId& space, const ObjectId& after,
                                      std::size_t limit) const;

  /// Rebuilds every table of winners, and `also`, from the canonical rows.
  Status rebuild_tables();

 private:
  Status add_losers(std::int64_t object_no, const crdt::ObjectState& state);
  Status refill(const std::set<std::uint32_t>& types);

  /// `sql` takes the space's number, the id before and the limit.
  Result<std::vector<ObjectId>> ids(std::string_view sql, const SpaceId& space,
                                    const ObjectId& after, std::size_t limit) const;
  Result<TextRow> read_text(const class Statement& rows, int first) const;

  Db& db_;
  Search& search_;
  std::unique_ptr<Winners> winners_;
  std::unique_ptr<ObjectRows> rows_;
};

}  // namespace holm::store
