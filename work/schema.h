// The one declarative table of object types and their fields (PRODUCT.md 3, DESIGN.md 7). SQL
// tables, codecs, history views, export and documentation follow from it; a new object type is one
// entry plus its rules. Numbers are part of the format and never reused.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "crdt/op.h"

namespace holm::work {

/// Which space objects of a type live in.
enum class Home : std::uint8_t { trust, commons, room };

/// What a field's content means to a person; its encoding is canonical msgpack.
enum class Holds : std::uint8_t {
  words,    ///< text of one line, or Markdown for Kind::text
  number,   ///< integer
  flag,     ///< true or false
  instant,  ///< [ms since 1970 UTC, zone name]: a moment shown in the zone it was meant in
  moment,   ///< ms since 1970 UTC: when something happened
  member,   ///< 16 bytes: a member id, or a placeholder person's object id
  object,   ///< 16 bytes: an object of the same space
  choice,   ///< text out of a fixed list
  bytes,    ///< opaque
  tree,     ///< any value; documented at the field
};

struct Field {
  std::uint32_t number;
  std::string_view name;  ///< stable snake_case: JSON key and SQL column
  crdt::Kind kind;
  Holds holds;
  std::string_view label;         ///< plain words for people (PRODUCT.md 8)
  std::string_view choices = {};  ///< Holds::choice: words separated by '|'
  enum class Trait : std::uint8_t { none, immutable, hidden } trait = Trait::none;
  enum class Index : std::uint8_t { no, yes } index = Index::no;
};

struct Type {
  std::uint32_t number;
  std::string_view name;
  Home home;
  std::string_view label;
  std::vector<Field> fields;  ///< common fields included, ascending by number
};

/// Every type, ascending by number. Built once; lives as long as the program.
const std::vector<Type>& schema();
/// Null when this program does not know the type (a newer one made it).
const Type* find_type(std::uint32_t number);
const Type* find_type(std::string_view name);
const Field* find_field(const Type& type, std::uint32_t number);
const Field* find_field(const Type& type, std::string_view name);

// Type numbers.
inline constexpr std::uint32_t kMembershipOp = 1;
inline constexpr std::uint32_t kTeam = 2;
inline constexpr std::uint32_t kProfile = 3;
inline constexpr std::uint32_t kPerson = 4;
inline constexpr std::uint32_t kRoom = 5;
inline constexpr std::uint32_t kDocument = 6;
inline constexpr std::uint32_t kComment = 7;
inline constexpr std::uint32_t kBoard = 8;
inline constexpr std::uint32_t kColumn = 9;
inline constexpr std::uint32_t kCard = 10;
inline constexpr std::uint32_t kChecklist = 11;
inline constexpr std::uint32_t kItem = 12;
inline constexpr std::uint32_t kProgress = 13;
inline constexpr std::uint32_t kThread = 14;
inline constexpr std::uint32_t kMessage = 15;
inline constexpr std::uint32_t kLabel = 16;
inline constexpr std::uint32_t kFile = 17;
inline constexpr std::uint32_t kErasure = 18;
inline constexpr std::uint32_t kPrekey = 19;

// Field numbers shared by all types (1 to 19); those of one type start at 20.
namespace field {
inline constexpr std::uint32_t kTitle = 1;      ///< reg, words
inline constexpr std::uint32_t kTags = 2;       ///< set, words
inline constexpr std::uint32_t kArchived = 3;   ///< reg, moment; null when not archived
inline constexpr std::uint32_t kParent = 4;     ///< reg, object; immutable
inline constexpr std::uint32_t kPlace = 5;      ///< order: container and key
inline constexpr std::uint32_t kCreated = 6;    ///< reg, moment: the true time of an import
inline constexpr std::uint32_t kCreator = 7;    ///< reg, member: the true author of an import
inline constexpr std::uint32_t kReactions = 8;  ///< member_set, words: an emoji each
inline constexpr std::uint32_t kImported = 9;  ///< map, hidden: source field -> last imported value
inline constexpr std::uint32_t kSource = 10;   ///< reg, words, hidden: "trello:5ca3...": where from
inline constexpr std::uint32_t kSeen = 11;     ///< reg, tree, hidden: [[log, seq], ...]: what
                                               ///< whoever archived it had seen (rules/life.h)
}  // namespace field

// Fields of single types.
namespace membership_op {
inline constexpr std::uint32_t kOp = 20;
}
namespace prekey {
inline constexpr std::uint32_t kKey = 20;  ///< reg, bytes, hidden: members/prekey.h
}
namespace profile {
inline constexpr std::uint32_t kName = 20;      ///< member, words
inline constexpr std::uint32_t kZone = 21;      ///< member, words: "Europe/Lisbon"
inline constexpr std::uint32_t kHours = 22;     ///< member, words: "Mon-Fri 09:00-17:00"
inline constexpr std::uint32_t kRecovery = 23;  ///< member, bytes, hidden: node/recovery.h
inline constexpr std::uint32_t kLeaving = 24;   ///< member, flag: leaves with the next owner
}  // namespace profile
namespace room {
inline constexpr std::uint32_t kPurpose = 20;  ///< text
inline constexpr std::uint32_t kKind = 21;     ///< reg, choice
inline constexpr std::uint32_t kOwner = 22;    ///< reg, member
}  // namespace room
namespace document {
inline constexpr std::uint32_t kText = 20;       ///< text
inline constexpr std::uint32_t kFolder = 21;     ///< reg, words: "a/b"
inline constexpr std::uint32_t kStatus = 22;     ///< reg, choice
inline constexpr std::uint32_t kReviewers = 23;  ///< set, member
inline constexpr std::uint32_t kReviewBy = 24;   ///< reg, instant
inline constexpr std::uint32_t kOwner = 25;      ///< reg, member
}  // namespace document
namespace comment {
inline constexpr std::uint32_t kBody = 20;  ///< text
inline constexpr std::uint32_t kAnchor =
    21;  ///< reg, tree: [field, [log, seq, after], [log, seq, after], quote]
inline constexpr std::uint32_t kResolved = 22;  ///< reg, tree: [member, ms, seen]; null when open
inline constexpr std::uint32_t kReplyTo = 23;   ///< reg, object; immutable
inline constexpr std::uint32_t kAttachments = 24;  ///< set, object: files
}  // namespace comment
namespace board {
inline constexpr std::uint32_t kKey = 20;          ///< reg, words: "R"
inline constexpr std::uint32_t kDefaultLag = 21;   ///< reg, number: working days
inline constexpr std::uint32_t kCardTypes = 22;    ///< set, words
inline constexpr std::uint32_t kDescription = 23;  ///< text
}  // namespace board
namespace column {
inline constexpr std::uint32_t kKind = 20;   ///< reg, choice: queue|doing|waiting|done
inline constexpr std::uint32_t kLimit = 21;  ///< reg, number
}  // namespace column
namespace card {
inline constexpr std::uint32_t kDescription = 20;    ///< text
inline constexpr std::uint32_t kAssignees = 21;      ///< set, member
inline constexpr std::uint32_t kPriority = 22;       ///< reg, choice
inline constexpr std::uint32_t kDue = 23;            ///< reg, instant
inline constexpr std::uint32_t kNotBefore = 24;      ///< reg, instant
inline constexpr std::uint32_t kEstimate = 25;       ///< reg, number: minutes
inline constexpr std::uint32_t kLabels = 26;         ///< set, object
inline constexpr std::uint32_t kFollowers = 27;      ///< set, member
inline constexpr std::uint32_t kBlockedReason = 28;  ///< reg, words
inline constexpr std::uint32_t kWaitingOn =
    29;                                        ///< reg, tree: ["message", object] or ["member", id]
inline constexpr std::uint32_t kRepeats = 30;  ///< reg, words: an RFC 5545 RRULE
inline constexpr std::uint32_t kClosed = 31;   ///< reg, moment; null when open
inline constexpr std::uint32_t kPercent = 32;  ///< reg, number: overrides the checklist's
inline constexpr std::uint32_t kNumber = 33;   ///< reg, number: short number asked for at creation
inline constexpr std::uint32_t kBoard = 34;    ///< reg, object: board that numbers it
inline constexpr std::uint32_t kLinks = 35;    ///< set, tree: [name, url] (imported attachments)
inline constexpr std::uint32_t kCardType = 36;  ///< reg, words
inline constexpr std::uint32_t kTaken = 37;     ///< reg, tree, hidden: [member, ...]: assignees
                                                ///< as the last to assign left them
}  // namespace card
namespace item {
inline constexpr std::uint32_t kText = 20;      ///< text
inline constexpr std::uint32_t kDone = 21;      ///< reg, flag
inline constexpr std::uint32_t kAssignee = 22;  ///< reg, member
inline constexpr std::uint32_t kDue = 23;       ///< reg, instant
}  // namespace item
namespace progress {
inline constexpr std::uint32_t kLine = 20;        ///< reg, words; immutable
inline constexpr std::uint32_t kPercent = 21;     ///< reg, number; immutable
inline constexpr std::uint32_t kConfidence = 22;  ///< reg, choice; immutable
}  // namespace progress
namespace thread {
inline constexpr std::uint32_t kFollowers = 20;  ///< set, member
inline constexpr std::uint32_t kMuted = 21;      ///< member, flag
inline constexpr std::uint32_t kResolved = 22;   ///< reg, tree: [member, ms, seen]; null when open;
                                                 ///< seen: [[log, seq], ...] (rules/resolution.h)
inline constexpr std::uint32_t kSummary = 23;    ///< text
}  // namespace thread
namespace message {
inline constexpr std::uint32_t kBody = 20;          ///< text
inline constexpr std::uint32_t kIntent = 21;        ///< reg, choice; immutable
inline constexpr std::uint32_t kTo = 22;            ///< set, member
inline constexpr std::uint32_t kNeedsReplyBy = 23;  ///< reg, instant
inline constexpr std::uint32_t kNeedsFrom = 24;     ///< reg, choice: any|all
inline constexpr std::uint32_t kReplyTo = 25;       ///< reg, object; immutable
inline constexpr std::uint32_t kShowAfter = 26;     ///< reg, instant
inline constexpr std::uint32_t kRetracted = 27;     ///< reg, moment
inline constexpr std::uint32_t kAnswerOf = 28;      ///< reg, object
inline constexpr std::uint32_t kAttachments = 29;   ///< set, object: files
}  // namespace message
namespace file {
inline constexpr std::uint32_t kContent = 20;  ///< reg, tree: [key, root, bytes, hash]
                                               ///< (work/file_content.h)
inline constexpr std::uint32_t kFolder = 21;   ///< reg, words: "a/b"
inline constexpr std::uint32_t kMedia = 22;    ///< reg, words: "image/png"
inline constexpr std::uint32_t kPinned = 23;   ///< member, flag: kept on this member's devices
}  // namespace file
namespace erasure {
inline constexpr std::uint32_t kTarget = 20;  ///< reg, object; immutable
inline constexpr std::uint32_t kScope = 21;   ///< reg, choice: all|own; immutable
inline constexpr std::uint32_t kKind = 22;    ///< reg, number: type of the target; immutable
}  // namespace erasure
namespace label {
inline constexpr std::uint32_t kColour = 20;
}  // namespace label

}  // namespace holm::work
