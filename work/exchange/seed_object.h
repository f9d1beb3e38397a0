// One object as an import wants it: compares what the source says with what it said last time and
// with what stands here, and collects the seed writes that follow. A source that has not changed
// amounts to no writes; a field that people changed since is theirs, and the source's new value is
// named in a note instead. Not an importer: it knows no format.
//
// What the source said last is remembered on the object itself in the hidden map `imported`, by
// field name: short values as they are, long ones by their hash. A text is remembered by its hash
// while the seeds alone still amount to it, in full once an import has merged into it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"
#include "crdt/author.h"
#include "crdt/object.h"
#include "crdt/order.h"
#include "work/schema.h"
#include "work/state.h"

namespace holm::work {

/// The longest run of text in one write, in bytes: half of what one op may hold.
inline constexpr std::size_t kSeedPieceBytes = 256u << 10;
/// The longest value of a register or set that an import brings, in bytes.
inline constexpr std::size_t kSeedValueBytes = 64u << 10;

class SeedObject {
 public:
  /// `state` outlives this. Errors: those of the state.
  static Result<SeedObject> open(const State& state, const Ref& ref, std::uint32_t type);

  /// Whether anything of it is here already.
  bool is_here() const { return here_; }
  const ObjectId& id() const { return ref_.object; }
  const std::vector<crdt::Write>& writes() const { return writes_; }
  std::vector<crdt::Write> take_writes() { return std::move(writes_); }
  /// Names of fields that changed both here and in the source; what stands here was kept.
  const std::vector<std::string>& kept() const { return kept_; }

  /// A register. Null: the source gives none. One that may not change is written once.
  void reg(std::uint32_t field, const Value& value);
  /// A register that follows a flag of the source, so that a `value` which is only an estimate
  /// (when something was archived) is written once per change of `on`. Off writes null.
  void mark(std::uint32_t field, bool on, const Value& value);
  /// The elements that the source has in a set; those it had before and dropped are removed.
  void set(std::uint32_t field, const std::vector<Value>& values);
  /// A text. Changes of the source are merged into what people wrote here. Requires UTF-8.
  Status text(std::uint32_t field, std::string_view value);

  /// Where it stands now, if it has a place.
  std::optional<crdt::Place> place() const;
  /// Whether the source wants it at another place than last time (`token`: what the source says of
  /// the place) and nobody has moved it here since.
  bool wants_place(const ObjectId& container, const Value& token);
  /// Puts it there and remembers `token`.
  void put_place(const crdt::Place& place, const Value& token);

 private:
  SeedObject(const State& state, const Ref& ref, std::uint32_t type)
      : state_(&state), ref_(ref), type_(type) {}

  const Field& schema_field(std::uint32_t field) const;
  std::string key_of(std::uint32_t field) const;
  Value remembered(const std::string& key) const;
  void remember(const std::string& key, const Value& value);
  crdt::Write write(std::uint32_t field, crdt::Kind kind, crdt::Action action) const;
  void put(std::uint32_t field, const Value& value);
  void write_pieces(std::uint32_t field, std::string_view text, std::uint64_t pos);
  Result<std::optional<std::string>> last_text(std::uint32_t field, const Value& memory) const;
  void remember_text(const std::string& key, std::string_view text);

  const State* state_;
  Ref ref_;
  std::uint32_t type_;
  bool here_ = false;
  crdt::ObjectState current_;
  std::vector<crdt::Write> writes_;
  std::vector<std::string> kept_;
};

/// The same children in the same order get the same keys wherever the import is made.
/// Gives each of `children` that wants one a place in `container`, in the order of the source,
/// beside what stands there. Errors: those of the state.
struct SeedChild {
  SeedObject* object;
  ObjectId id;
  Value token;  ///< what the source says of its place: changes when it is moved there
};
Status seed_places(const State& state, const SpaceId& space, std::uint32_t type,
                   const ObjectId& container, std::vector<SeedChild>& children);

}  // namespace holm::work
