// The merged state of one object's fields, texts apart: which values stand, and which ops wrote
// them. Canonical: two devices that hold the same ops hold the same bytes (DESIGN.md 3).
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crdt/op.h"

namespace holm::crdt {

struct Change;

/// One value that no other op has replaced.
struct Entry {
  Stamp stamp;
  Bytes value;  ///< canonical msgpack

  auto operator<=>(const Entry&) const = default;
};

/// One field, or one key of a map or per-member field.
struct Cell {
  std::uint32_t field = 0;
  Bytes key;  ///< map: the key as UTF-8; member kinds: the member id; otherwise empty
  Kind kind = Kind::reg;
  std::vector<Entry> entries;  ///< ascending by stamp: the last one wins
  std::vector<OpId> dead;  ///< seed ops named as replaced or removed: they may arrive again; sorted

  /// The latest value; null when the cell stands empty.
  const Entry* winner() const { return entries.empty() ? nullptr : &entries.back(); }
  bool operator==(const Cell&) const = default;
};

/// Where and when an object was first or last written.
struct Moment {
  Stamp stamp;
  WallTime time{};

  auto operator<=>(const Moment&) const = default;
};

struct ObjectState {
  ObjectId id;
  std::uint32_t type = 0;   ///< the smallest type number any op names, so that all devices agree
  Moment born;              ///< the least stamp of its valid ops, texts included
  Moment touched;           ///< the greatest
  std::vector<Cell> cells;  ///< sorted by (field, key, kind)
  std::vector<Digest> unknown;  ///< digests of ops of unknown kind; sorted

  /// The cell of a field, or of one of its keys; null when nothing was ever written there. Should
  /// newer and older programs disagree on a field's kind, each kind has a cell, and this is the
  /// first.
  const Cell* find(std::uint32_t field, ByteView key = {}) const;
  const Cell* find(std::uint32_t field, Kind kind, ByteView key) const;
  /// All cells of a map or per-member field, in key order.
  std::vector<const Cell*> all(std::uint32_t field) const;
  /// The latest value of a register; null when none stands.
  const Bytes* value(std::uint32_t field, ByteView key = {}) const;
  bool operator==(const ObjectState&) const = default;
};

/// Where an op comes from, as its merge needs it.
struct Origin {
  OpId id;  ///< the op's name: (log, seq), or derived for a seed
  std::uint64_t lamport = 0;
  WallTime time{};
  MemberId author;
};

/// Name of a seed op: derived from object, field and everything it does, so that the same import
/// made apart is one op (DESIGN.md 2). Text code points count from seq 0. Requires content that has
/// not been wiped; op_names() also knows the others.
OpId seed_id(const Op& op);

/// What the ops of a change are called, in op order: (log, seq), or for seeds their derived names.
std::vector<OpId> op_names(const Change& change);
/// Of the ops on one object alone, with their index in the change. Hashes no other seed, which is
/// what costs in the large changes of imports.
std::vector<std::pair<std::size_t, OpId>> op_names(const Change& change, const ObjectId& object);

/// Merges one op that is not text (text ops only move `born` and `touched`). Requires causal
/// delivery, each (log, seq) once; a seed that is known or dead changes nothing but the moments.
/// Unknown kinds are remembered by digest. Never fails on well-formed ops: what does not fit its
/// kind is without effect. A wiped op takes away what it replaced and leaves nothing; of a map or a
/// counter it does nothing. O(cells + entries of the cell) at worst, O(log cells) to find its
/// place.
void merge(ObjectState& state, const Op& op, const Origin& origin);

/// The distinct values that stand beside the winner and differ from it, latest first: "also set
/// to". Equal values written apart count as one.
std::vector<Bytes> also(const Cell& cell);
/// Values of a set that stand, each once, ascending by bytes; by member for a member_set.
std::vector<Bytes> set_values(const Cell& cell);
/// Sum of a counter.
std::int64_t counter_value(const Cell& cell);

/// Canonical msgpack with a table of log ids (docs/formats/object_state.md), and back.
Bytes encode(const ObjectState& state);
Result<ObjectState> decode_object(ByteView bytes);

/// Digest of the canonical fields. `texts` are the object's (field, digest of live text) pairs,
/// sorted by field.
Digest object_digest(const ObjectState& state,
                     const std::vector<std::pair<std::uint32_t, Digest>>& texts);

}  // namespace holm::crdt
