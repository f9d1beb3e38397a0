#include "work/rules/notices.h"

#include <algorithm>
#include <set>

#include "base/wire.h"
#include "work/field_text.h"
#include "work/read.h"
#include "work/reference.h"

namespace holm::work::rules {
namespace {

bool has_chip(std::uint32_t type, const Field& field) {
  if (field.kind != crdt::Kind::reg || field.trait != Field::Trait::none) return false;
  switch (field.holds) {
    case Holds::words:
    case Holds::number:
    case Holds::instant:
    case Holds::member:
    case Holds::object:
    case Holds::choice: return true;
    case Holds::tree: return type == kCard && field.number == card::kWaitingOn;
    default: return false;
  }
}

Value decoded(ByteView bytes) {
  auto value = decode_value(bytes);
  return value ? std::move(*value) : Value{};
}

/// "Ana", "Ana and Bo", "Ana, Bo and Cy".
std::string names(const State& state, const std::vector<MemberId>& members) {
  std::string out;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += i + 1 == members.size() ? " and " : ", ";
    out += members[i].is_nil() ? "someone" : name_of(state, members[i]);
  }
  return out;
}

class Teller {
 public:
  Teller(const State& state, const Ref& ref, const crdt::ObjectState& object)
      : state_(state), ref_(ref), object_(object) {}

  Result<std::vector<Notice>> tell() {
    TRY(tell_life());
    tell_chips();
    switch (object_.type) {
      case kDocument: TRY(tell_text(document::kText)); break;
      case kCard: TRY(tell_card()); break;
      case kComment: TRY(tell_comment()); break;
      case kThread: TRY(tell_resolution()); break;
      case kMessage: TRY(tell_answers()); break;
      default: break;
    }
    return std::move(out_);
  }

 private:
  void say(Notice::Kind kind, std::string text) { out_.push_back({kind, std::move(text)}); }

  Status tell_life() {
    const auto life = TRY(life_of(state_, ref_, object_));
    if (!life.lives) return {};
    const auto archiver = names(state_, {life.archived_by});
    const auto writers = names(state_, life.kept_by);
    if (object_.type == kRoom) {
      say(Notice::Kind::revived,
          archiver + " archived this room while " + writers + " was writing here: it is back");
    } else {
      say(Notice::Kind::lives,
          archiver + " archived this while " + writers + " was working on it: it lives on");
    }
    return {};
  }

  void tell_chips() {
    for (const auto& chip : also_set(state_, object_)) {
      std::string others;
      for (const auto& other : chip.others) {
        const auto shown = show_field(state_, ref_, *chip.field, other.value);
        others += (others.empty() ? "" : ", ") + ("'" + (shown.empty() ? "nothing" : shown) + "'");
        if (!other.by.is_nil()) others += " by " + name_of(state_, other.by);
      }
      say(Notice::Kind::also_set, std::string(chip.field->label) + " also set to " + others);
    }
  }

  Status tell_text(std::uint32_t field) {
    for (const auto& mark : TRY(paragraph_marks(state_, ref_, field))) {
      const auto by = names(state_, mark.authors);
      if (mark.kind == ParagraphMark::Kind::merged) {
        say(Notice::Kind::merged, "a paragraph holds what " + by + " wrote apart");
      } else {
        say(Notice::Kind::survived, names(state_, {mark.deleted_by}) +
                                        " deleted a paragraph while " + by +
                                        " was writing in it: the new words stay");
      }
    }
    return {};
  }

  Status tell_card() {
    if (const auto place = TRY(column_of(state_, ref_));
        place && place->late && !is_archived(object_)) {
      const auto was = place->removed.empty() ? std::string("its column was removed")
                                              : "the column '" + place->removed + "' was removed";
      say(Notice::Kind::late_card, was + ": the card stands in '" + place->column.title + "'");
    }
    if (const auto both = taken_twice(object_); !both.empty())
      say(Notice::Kind::taken_twice, "taken twice: by " + names(state_, both));
    if (const auto board = object_of(object_, card::kBoard)) {
      const Ref board_ref{ref_.space, *board};
      const auto board_object = TRY(state_.object(board_ref));
      const auto key = board_object ? words_of(*board_object, board::kKey) : std::string{};
      for (const auto& one : TRY(card_numbers(state_, board_ref)))
        if (one.card == ref_.object && one.alias != 0)
          say(Notice::Kind::renumbered, "now " + key + "-" + std::to_string(one.number) + ": " +
                                            key + "-" + std::to_string(one.alias) +
                                            " was given twice");
    }
    return tell_text(card::kDescription);
  }

  Status tell_comment() {
    const auto place = TRY(comment_place(state_, ref_));
    if (place && place->orphaned)
      say(Notice::Kind::orphaned, "the words it is about are gone: \"" + place->quote + "\"");
    return tell_resolution();
  }

  Status tell_resolution() {
    const auto resolution = TRY(resolution_of(state_, ref_));
    if (!resolution.unseen.empty())
      say(Notice::Kind::resolved_new,
          resolution.text() + ": open for " + names(state_, resolution.open_for));
    return {};
  }

  Status tell_answers() {
    const auto answers = TRY(answers_of(state_, ref_));
    if (answers.size() > 1)
      say(Notice::Kind::several_answers,
          std::to_string(answers.size()) + " answers are marked: the asker picks one");
    return {};
  }

  const State& state_;
  const Ref& ref_;
  const crdt::ObjectState& object_;
  std::vector<Notice> out_;
};

}  // namespace

std::vector<AlsoSet> also_set(const State& state, const crdt::ObjectState& object) {
  std::vector<AlsoSet> out;
  const auto* type = find_type(object.type);
  if (!type) return out;
  for (const auto& cell : object.cells) {
    const auto* field = find_field(*type, cell.field);
    if (!field || cell.kind != field->kind || cell.entries.size() < 2) continue;
    if (!has_chip(object.type, *field)) continue;
    AlsoSet chip;
    chip.field = field;
    chip.value = decoded(cell.entries.back().value);
    chip.by = state.author(cell.entries.back().stamp.id.log).value_or(MemberId{});
    for (auto at = cell.entries.rbegin() + 1; at != cell.entries.rend(); ++at) {
      auto value = decoded(at->value);
      const bool told = value == chip.value ||
                        std::any_of(chip.others.begin(), chip.others.end(),
                                    [&](const auto& other) { return other.value == value; });
      if (!told)
        chip.others.push_back(
            {std::move(value), state.author(at->stamp.id.log).value_or(MemberId{})});
    }
    if (!chip.others.empty()) out.push_back(std::move(chip));
  }
  return out;
}

std::vector<MemberId> taken_twice(const crdt::ObjectState& card) {
  const auto* cell = card.find(card::kTaken);
  if (!cell || cell->entries.size() < 2) return {};
  std::vector<std::set<MemberId>> lists;
  for (const auto& entry : cell->entries) {
    std::set<MemberId> members;
    const auto list = decoded(entry.value);
    for (const auto& item : list.items())
      if (const auto id = id_in<MemberId>(item)) members.insert(*id);
    lists.push_back(std::move(members));
  }
  // Each of two must stand in a list that lacks the other: then neither writer knew of the other.
  std::vector<MemberId> out;
  const auto assigned = members_of(card, card::kAssignees);
  for (const auto& one : assigned) {
    const bool apart = std::any_of(assigned.begin(), assigned.end(), [&](const MemberId& other) {
      const auto lists_first_only = [&](const MemberId& a, const MemberId& b) {
        return std::any_of(lists.begin(), lists.end(),
                           [&](const auto& list) { return list.contains(a) && !list.contains(b); });
      };
      return lists_first_only(one, other) && lists_first_only(other, one);
    });
    if (apart) out.push_back(one);
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool retracted(const crdt::ObjectState& message) {
  const auto* cell = message.find(message::kRetracted);
  return cell && std::any_of(cell->entries.begin(), cell->entries.end(),
                             [](const auto& entry) { return !decoded(entry.value).is_null(); });
}

Result<std::vector<Ref>> answers_of(const State& state, const Ref& question) {
  return state.find({.type = kMessage,
                     .space = question.space,
                     .where = {{message::kAnswerOf, id_value(question.object)}}});
}

std::string_view notice_name(Notice::Kind kind) {
  switch (kind) {
    case Notice::Kind::also_set: return "also_set";
    case Notice::Kind::lives: return "lives";
    case Notice::Kind::revived: return "revived";
    case Notice::Kind::late_card: return "late_card";
    case Notice::Kind::taken_twice: return "taken_twice";
    case Notice::Kind::renumbered: return "renumbered";
    case Notice::Kind::orphaned: return "orphaned";
    case Notice::Kind::resolved_new: return "resolved_new";
    case Notice::Kind::several_answers: return "several_answers";
    case Notice::Kind::merged: return "merged";
    case Notice::Kind::survived: return "survived";
  }
  return "notice";
}

Result<std::vector<Notice>> notices(const State& state, const Ref& ref) {
  const auto object = TRY(state.object(ref));
  if (!object) return std::vector<Notice>{};
  return Teller(state, ref, *object).tell();
}

}  // namespace holm::work::rules
