#include "work/schema.h"

#include <algorithm>

namespace holm::work {
namespace {

using crdt::Kind;

constexpr auto kNone = Field::Trait::none;
constexpr auto kImmutable = Field::Trait::immutable;
constexpr auto kHidden = Field::Trait::hidden;
constexpr auto kIndexed = Field::Index::yes;

Field words(std::uint32_t number, std::string_view name, std::string_view label) {
  return {number, name, Kind::reg, Holds::words, label};
}
Field text(std::uint32_t number, std::string_view name, std::string_view label) {
  return {number, name, Kind::text, Holds::words, label};
}
Field reg(std::uint32_t number, std::string_view name, Holds holds, std::string_view label,
          Field::Trait trait = kNone, Field::Index index = Field::Index::no) {
  return {number, name, Kind::reg, holds, label, {}, trait, index};
}
Field choice(std::uint32_t number, std::string_view name, std::string_view label,
             std::string_view choices, Field::Trait trait = kNone) {
  return {number, name, Kind::reg, Holds::choice, label, choices, trait};
}
Field set(std::uint32_t number, std::string_view name, Holds holds, std::string_view label) {
  return {number, name, Kind::set, holds, label};
}
Field own(std::uint32_t number, std::string_view name, Holds holds, std::string_view label) {
  return {number, name, Kind::member, holds, label};
}

std::vector<Field> common() {
  return {
      {field::kTitle, "title", Kind::reg, Holds::words, "title", {}, kNone, kIndexed},
      set(field::kTags, "tags", Holds::words, "tags"),
      reg(field::kArchived, "archived", Holds::moment, "archived", kNone, kIndexed),
      reg(field::kParent, "parent", Holds::object, "belongs to", kImmutable, kIndexed),
      {field::kPlace, "place", Kind::order, Holds::tree, "place", {}, kNone, kIndexed},
      reg(field::kCreated, "created", Holds::moment, "created", kImmutable),
      reg(field::kCreator, "creator", Holds::member, "created by", kImmutable),
      {field::kReactions, "reactions", Kind::member_set, Holds::words, "reactions"},
      {field::kImported, "imported", Kind::map, Holds::tree, "last imported", {}, kHidden},
      reg(field::kSource, "source", Holds::words, "imported from", kHidden, kIndexed),
      reg(field::kSeen, "seen", Holds::tree, "seen when archived", kHidden),
  };
}

Type type(std::uint32_t number, std::string_view name, Home home, std::string_view label,
          std::vector<Field> fields) {
  auto all = common();
  all.insert(all.end(), fields.begin(), fields.end());
  return {number, name, home, label, std::move(all)};
}

std::vector<Type> table() {
  return {
      {kMembershipOp,
       "membership_op",
       Home::trust,
       "membership",
       {reg(membership_op::kOp, "op", Holds::bytes, "membership", kImmutable)}},
      type(kTeam, "team", Home::commons, "team", {}),
      type(kProfile, "profile", Home::commons, "profile",
           {own(profile::kName, "name", Holds::words, "name"),
            own(profile::kZone, "zone", Holds::words, "time zone"),
            own(profile::kHours, "hours", Holds::words, "weekly hours"),
            {profile::kRecovery,
             "recovery",
             Kind::member,
             Holds::bytes,
             "way back by phrase",
             {},
             kHidden},
            own(profile::kLeaving, "leaving", Holds::flag, "leaves when there is another owner")}),
      type(kPerson, "person", Home::commons, "person from another tool", {}),
      type(kRoom, "room", Home::room, "room",
           {text(room::kPurpose, "purpose", "purpose"),
            choice(room::kKind, "kind", "kind", "project|topic|social|private|one-to-one"),
            reg(room::kOwner, "owner", Holds::member, "owner")}),
      type(kDocument, "document", Home::room, "document",
           {text(document::kText, "text", "text"),
            {document::kFolder, "folder", Kind::reg, Holds::words, "folder", {}, kNone, kIndexed},
            choice(document::kStatus, "status", "status", "draft|in-review|agreed|stale"),
            set(document::kReviewers, "reviewers", Holds::member, "reviewers"),
            reg(document::kReviewBy, "review_by", Holds::instant, "review by"),
            reg(document::kOwner, "owner", Holds::member, "owner")}),
      type(kComment, "comment", Home::room, "comment",
           {text(comment::kBody, "body", "comment"),
            reg(comment::kAnchor, "anchor", Holds::tree, "about"),
            reg(comment::kResolved, "resolved", Holds::tree, "resolved"),
            reg(comment::kReplyTo, "reply_to", Holds::object, "reply to", kImmutable, kIndexed),
            set(comment::kAttachments, "attachments", Holds::object, "attachments")}),
      type(kBoard, "board", Home::room, "board",
           {{board::kKey, "key", Kind::reg, Holds::words, "key", {}, kNone, kIndexed},
            reg(board::kDefaultLag, "default_lag", Holds::number, "lag in working days"),
            set(board::kCardTypes, "card_types", Holds::words, "card types"),
            text(board::kDescription, "description", "description")}),
      type(kColumn, "column", Home::room, "column",
           {choice(column::kKind, "kind", "kind", "queue|doing|waiting|done"),
            reg(column::kLimit, "limit", Holds::number, "limit")}),
      type(kCard, "card", Home::room, "card",
           {text(card::kDescription, "description", "description"),
            set(card::kAssignees, "assignees", Holds::member, "assigned to"),
            choice(card::kPriority, "priority", "priority", "urgent|high|normal|low"),
            reg(card::kDue, "due", Holds::instant, "due"),
            reg(card::kNotBefore, "not_before", Holds::instant, "not before"),
            reg(card::kEstimate, "estimate", Holds::number, "estimate in minutes"),
            set(card::kLabels, "labels", Holds::object, "labels"),
            set(card::kFollowers, "followers", Holds::member, "followers"),
            words(card::kBlockedReason, "blocked_reason", "blocked because"),
            reg(card::kWaitingOn, "waiting_on", Holds::tree, "waiting on"),
            words(card::kRepeats, "repeats", "repeats"),
            reg(card::kClosed, "closed", Holds::moment, "done"),
            reg(card::kPercent, "percent", Holds::number, "percent done"),
            reg(card::kNumber, "number", Holds::number, "number", kImmutable),
            reg(card::kBoard, "board", Holds::object, "board", kImmutable, kIndexed),
            set(card::kLinks, "links", Holds::tree, "links"),
            words(card::kCardType, "card_type", "card type"),
            reg(card::kTaken, "taken", Holds::tree, "taken", kHidden)}),
      type(kChecklist, "checklist", Home::room, "checklist", {}),
      type(kItem, "item", Home::room, "checklist item",
           {text(item::kText, "text", "text"), reg(item::kDone, "done", Holds::flag, "done"),
            reg(item::kAssignee, "assignee", Holds::member, "assigned to"),
            reg(item::kDue, "due", Holds::instant, "due")}),
      type(kProgress, "progress", Home::room, "progress update",
           {reg(progress::kLine, "line", Holds::words, "update", kImmutable),
            reg(progress::kPercent, "percent", Holds::number, "percent done", kImmutable),
            choice(progress::kConfidence, "confidence", "confidence", "on-track|at-risk|off-track",
                   kImmutable)}),
      type(kThread, "thread", Home::room, "thread",
           {set(thread::kFollowers, "followers", Holds::member, "followers"),
            own(thread::kMuted, "muted", Holds::flag, "muted"),
            reg(thread::kResolved, "resolved", Holds::tree, "resolved"),
            text(thread::kSummary, "summary", "summary")}),
      type(kMessage, "message", Home::room, "message",
           {text(message::kBody, "body", "message"),
            choice(message::kIntent, "intent", "intent",
                   "update|question|request|decision|feedback|blocker|announcement|urgent|social|"
                   "thanks",
                   kImmutable),
            set(message::kTo, "to", Holds::member, "to"),
            reg(message::kNeedsReplyBy, "needs_reply_by", Holds::instant, "needs reply by"),
            choice(message::kNeedsFrom, "needs_from", "needs reply from", "any|all"),
            reg(message::kReplyTo, "reply_to", Holds::object, "reply to", kImmutable),
            reg(message::kShowAfter, "show_after", Holds::instant, "show after"),
            reg(message::kRetracted, "retracted", Holds::moment, "retracted"),
            reg(message::kAnswerOf, "answer_of", Holds::object, "answer to", kNone, kIndexed),
            set(message::kAttachments, "attachments", Holds::object, "attachments")}),
      type(kLabel, "label", Home::room, "label", {words(label::kColour, "colour", "colour")}),
      type(kFile, "file", Home::room, "file",
           {reg(file::kContent, "content", Holds::tree, "content"),
            {file::kFolder, "folder", Kind::reg, Holds::words, "folder", {}, kNone, kIndexed},
            words(file::kMedia, "media", "kind of file"),
            own(file::kPinned, "pinned", Holds::flag, "pinned")}),
      type(kErasure, "erasure", Home::room, "erasure",
           {reg(erasure::kTarget, "target", Holds::object, "erased thing", kImmutable, kIndexed),
            choice(erasure::kScope, "scope", "how much", "all|own", kImmutable),
            reg(erasure::kKind, "kind", Holds::number, "kind of thing", kImmutable)}),
      {kPrekey,
       "prekey",
       Home::trust,
       "prekey",
       {{prekey::kKey, "key", Kind::reg, Holds::bytes, "key", {}, kHidden}}},
  };
}

}  // namespace

const std::vector<Type>& schema() {
  static const std::vector<Type> types = table();
  return types;
}

const Type* find_type(std::uint32_t number) {
  const auto& types = schema();
  const auto at = std::lower_bound(types.begin(), types.end(), number,
                                   [](const Type& t, std::uint32_t n) { return t.number < n; });
  return at != types.end() && at->number == number ? &*at : nullptr;
}

const Type* find_type(std::string_view name) {
  for (const auto& type : schema())
    if (type.name == name) return &type;
  return nullptr;
}

const Field* find_field(const Type& type, std::uint32_t number) {
  const auto at = std::lower_bound(type.fields.begin(), type.fields.end(), number,
                                   [](const Field& f, std::uint32_t n) { return f.number < n; });
  return at != type.fields.end() && at->number == number ? &*at : nullptr;
}

const Field* find_field(const Type& type, std::string_view name) {
  for (const auto& field : type.fields)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace holm::work
