// Cells of an object's state: how they are ordered, and what one op does to its own. For object.cc,
// object_merge.cc and together.cc.
#pragma once

#include "crdt/object.h"

namespace holm::crdt {

/// Below, at or above 0 as `a` stands before, at or behind `b`.
int compare(ByteView a, ByteView b);
/// Whether `cell` stands before (field, key, kind); whether it is that one.
bool before(const Cell& cell, std::uint32_t field, ByteView key, Kind kind);
bool is_cell(const Cell& cell, std::uint32_t field, ByteView key, Kind kind);
std::vector<Cell>::const_iterator lower(const std::vector<Cell>& cells, std::uint32_t field,
                                        ByteView key, Kind kind);

/// What an op does to the cell of its field and kind under `key`. Views into the op and its author.
struct Effect {
  ByteView key;
  ByteView value;  ///< empty: none stands after it
};
/// Fills in what an op does. False for a text op, and for one whose content is gone or does not fit
/// so that it does nothing. Requires: the kind is known.
bool find_effect(const Op& op, const MemberId& author, Effect& out);
/// `source`, when given, is the op itself, whose content may be taken: then views into it end here.
void apply(Cell& cell, const Op& op, const Effect& effect, const Stamp& stamp, Op* source);
inline bool is_empty(const Cell& cell) { return cell.entries.empty() && cell.dead.empty(); }

inline Stamp stamp_of(const Op& op, const Origin& origin) {
  return {op.seed ? 0 : origin.lamport, origin.id};
}
/// Moves id, type, `born` and `touched` on.
void note(ObjectState& state, const Op& op, const Origin& origin);
/// Keeps what an op of unknown kind is called.
void remember(ObjectState& state, const Op& op, const OpId& id);

/// merge() of object.h, with `source` as in apply().
void merge_from(ObjectState& state, const Op& op, const Origin& origin, Op* source);

}  // namespace holm::crdt
