// What merging means to a person, object by object (PRODUCT.md 3, "concurrent"): the sentences
// shown beside a thing. Pure functions over State; views, command line and desktop share them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "work/rules/columns.h"
#include "work/rules/life.h"
#include "work/rules/merged.h"
#include "work/rules/resolution.h"
#include "work/schema.h"
#include "work/state.h"

namespace holm::work::rules {

/// A register where several values stand: the winner, and what else it was set to.
struct AlsoSet {
  struct Other {
    Value value;
    MemberId by;  ///< nil: not known
  };
  const Field* field = nullptr;
  Value value;
  MemberId by;
  std::vector<Other> others;  ///< latest first, each value once
};
/// Chips of an object, by field number. Only fields in which a lost value means something to a
/// person: no places, flags, or fields of the machinery.
std::vector<AlsoSet> also_set(const State& state, const crdt::ObjectState& object);

/// Who took a card without knowing of each other: members still assigned, sorted; empty when not.
std::vector<MemberId> taken_twice(const crdt::ObjectState& card);

/// Retract beats edit: true once anyone's retraction stands.
bool retracted(const crdt::ObjectState& message);
/// Messages marked as the answer of a question, oldest first; more than one: the asker picks.
Result<std::vector<Ref>> answers_of(const State& state, const Ref& question);

struct Notice {
  enum class Kind {
    also_set,
    lives,
    revived,
    late_card,
    taken_twice,
    renumbered,
    orphaned,
    resolved_new,
    several_answers,
    merged,
    survived
  } kind = Kind::also_set;
  std::string text;  ///< one sentence for people
};
/// Stable snake_case name, for JSON.
std::string_view notice_name(Notice::Kind kind);
/// Everything there is to say about one object.
Result<std::vector<Notice>> notices(const State& state, const Ref& ref);

}  // namespace holm::work::rules
