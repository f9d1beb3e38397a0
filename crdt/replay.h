// Rebuilding: the state an object has under any set of changes, its versions, and the undo of one's
// own changes. Pure: changes are handed in, states come out (DESIGN.md 3, History).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/result.h"
#include "crdt/author.h"
#include "crdt/change.h"
#include "crdt/object.h"
#include "crdt/text/text.h"

namespace holm::crdt {

/// A change as delivered: with its mark and the person its log belongs to.
struct Delivered {
  Change change;
  Digest hash;  ///< h of the chain after it
  MemberId author;
  Mark mark = Mark::valid;
};

/// Order in which every device replays: (lamport, log, seq), where a branch of a forked log stands
/// as that log and its own name decides last. A linear extension of causality.
bool replays_before(const Change& a, const Change& b);

/// An object rebuilt from changes: fields, and texts by field number.
struct Rebuilt {
  ObjectState state;
  std::map<std::uint32_t, Text> texts;
};

/// Fields of `object` that hold texts, by the ops of `changes`.
std::set<std::uint32_t> text_fields(const ObjectId& object, std::span<const Delivered> changes);

/// Builds `object` from those of `changes` that touch it, in any order given; void ones have no
/// effect but keep their places in texts. Errors: corrupt when a text's history is broken.
Result<Rebuilt> rebuild(const ObjectId& object, std::span<const Delivered> changes);

/// The runs of one text in `changes`, references resolved, in replay order. `last_own` carries,
/// per log, the id of its latest code point on this text, and is moved on; a branch goes on from
/// what its trunk had.
Result<std::vector<TextRun>> text_runs(const ObjectId& object, std::uint32_t field,
                                       std::span<const Delivered> changes,
                                       std::map<LogId, OpId>& last_own);

/// Merges runs into a text. A void run that makes no sense there (its change was marked void for
/// that very reason) has no places and is passed over. Errors: corrupt when a valid run makes none.
Status merge_runs(Text& text, std::span<const TextRun> runs);

/// Writes that take back what `mine` did, given the object as it was just before it (`before`) and
/// as it is now, leaving others' work alone: a register goes back to what it was only where mine
/// still stands, an insert loses only its own code points, an erase gives back the text it took.
/// One object of the change at a time. Empty when nothing of it is left to take back.
std::vector<Write> inverse(const Change& mine, const ObjectId& object, const Rebuilt& before,
                           const Rebuilt& now, const MemberId& self);

}  // namespace holm::crdt
