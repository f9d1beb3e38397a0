// Ops: the smallest parts of a change, and what they are called. Values only (DESIGN.md 2, 3).
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"

namespace holm::crdt {

/// Names one op, or one code point of a text. `log` is a log id, the name of a branch of a forked
/// log (chain.h fork_name), or the derived name of a seed op (author.h); `seq` counts ops from 1
/// (from 0 inside a seed).
struct OpId {
  LogId log;
  std::uint64_t seq = 0;

  auto operator<=>(const OpId&) const = default;
};

/// *Later* as DESIGN.md 2 has it: the greater stamp. Seed ops have lamport 0, so that any
/// person's edit is later than an import.
struct Stamp {
  std::uint64_t lamport = 0;
  OpId id;

  auto operator<=>(const Stamp&) const = default;
};

/// Merge kinds (DESIGN.md 3). Numbers are part of the format; unknown ones are kept and passed on.
enum class Kind : std::uint8_t {
  reg = 1,         ///< register: one value; concurrent ones are kept beside the latest
  set = 2,         ///< add-wins set of values
  map = 3,         ///< key to register
  counter = 4,     ///< sum of signed increments
  order = 5,       ///< register of (container, position key) or nil: movable, in one place only
  member = 6,      ///< register per member; only that member's devices count
  member_set = 7,  ///< set per member; only that member's devices count
  text = 8,        ///< Markdown text merged by code point
};

/// What an op does to its field. Numbers are part of the format.
enum class Action : std::uint8_t {
  put = 1,     ///< reg, map, order, member: this value replaces the values in `refs`
  add = 2,     ///< set, member_set: adds the value; counter: adds the increment
  remove = 3,  ///< set, member_set: takes away the adds in `refs`; map: empties the key
  insert = 4,  ///< text: `len` code points before position `pos`
  erase = 5,   ///< text: removes `len` code points from position `pos` on
};

/// One op. Structure is hashed in the clear and outlives erasure; content is hashed under the salt
/// of its object and can be wiped (DESIGN.md 2).
struct Op {
  // Structure.
  ObjectId object;
  std::uint32_t type = 0;   ///< object type number of the schema
  std::uint32_t field = 0;  ///< field number of the type; 0 is reserved
  Kind kind = Kind::reg;
  Action action = Action::put;
  bool seed = false;         ///< the op's id derives from its content (imports)
  bool follows_own = false;  ///< text: the only parent is this log's previous op on this text
  std::vector<OpId> refs;    ///< values replaced, adds removed, or a text op's parents; sorted
  std::uint64_t pos = 0;     ///< text: code points, in the version named by the parents
  std::uint64_t len = 0;     ///< text: code points, at least 1; other kinds: 0
  std::uint64_t content_bytes = 0;  ///< length of `content`, kept when it is erased

  // Content. Text insert: UTF-8. Map: canonical msgpack [key, value]. Otherwise a canonical msgpack
  // value. Empty for erase and remove (but map remove holds [key]) and where it has been wiped.
  Bytes content;

  /// Sequence numbers that the op takes: one per code point of a text op, else one.
  std::uint64_t span() const { return kind == Kind::text && len > 0 ? len : 1; }
  bool operator==(const Op&) const = default;
};

}  // namespace holm::crdt
