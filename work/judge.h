// What every receiver enforces on a delivered change, whoever sent it: rules that a sender's own
// device obeys anyway (apply.h), checked again here. A change that does not pass is void: kept,
// chained and passed on, but without effect (DESIGN.md 2).
//
// Deterministic: the verdict depends on the change and on the roster at the change's own membership
// frontier, never on what else has arrived. A new rule may only speak of field and type numbers
// that are new with it, because programs of all versions must agree.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "crdt/change.h"
#include "work/members/membership.h"
#include "work/schema.h"

namespace holm::work {

/// What the author of a change was by what they had seen.
struct Author {
  members::Role role = members::Role::none;     ///< none when their device did not belong then
  members::Level level = members::Level::none;  ///< in the room that the change is of
};
using AuthorAt = std::function<std::optional<Author>(std::span<const ShortHash> frontier)>;

struct Verdict {
  crdt::Mark mark = crdt::Mark::valid;
  std::string why;  ///< for people; empty when valid

  bool counts() const { return mark == crdt::Mark::valid; }
};

/// Judges a change of a space of kind `home`.
/// - commons: the author's device is authorised at the change's membership frontier, and they are
///   more than a guest there.
/// - rooms: their device is authorised at that frontier, and they may write in the room.
/// - trust: only membership ops, each written once under the hash of its own content, and prekeys.
/// Who may is
///   judged by members::Trust from the ops themselves.
/// - an order to erase all of a thing (rules/erasure.h): in rooms alone, and by an owner.
/// - elsewhere: no membership ops; no immutable field written over a value its author saw.
/// Per-member fields need no rule: their merge kinds file every write under its author.
Verdict judge(const crdt::Change& change, Home home, const AuthorAt& author_at);

}  // namespace holm::work
