// One command on its way to writes: what every command group shares. Private to apply.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "work/apply.h"
#include "work/field_text.h"
#include "work/reference.h"
#include "work/rules/columns.h"
#include "work/schema.h"
#include "work/write_builder.h"

namespace holm::work {

/// Where a command's writes, answer and notices gather. Lives for one apply().
struct Draft {
  const State& state;
  const Acting& acting;
  Outcome outcome{};

  /// Writes on an object that is there.
  WriteBuilder on(const Ref& ref, std::uint32_t type);
  /// The reference of a new object.
  Ref fresh(const SpaceId& space) const { return {space, acting.rng.id<ObjectId>()}; }
  void notice(std::string sentence) { outcome.notices.push_back(std::move(sentence)); }
  void answer_id(const Ref& ref) { outcome.answer.set("id", ref.object.text()); }
  Value now() const { return Value(static_cast<long long>(acting.now.time_since_epoch().count())); }
  Moment when() const { return {acting.now, acting.zone}; }
};

/// An object that a command is about. Errors: those of resolve().
struct Subject {
  Ref ref;
  crdt::ObjectState object;
};
Result<Subject> subject(const Draft& draft, std::string_view text,
                        const std::vector<std::uint32_t>& types);
/// As it stands. Errors: not_found.
Result<crdt::ObjectState> load(const Draft& draft, const Ref& ref);

/// Writing on an archived thing brings it back, and says so.
Status wake(Draft& draft, const Subject& subject);
/// The same for whatever an item, comment or message belongs to.
Status wake_owner(Draft& draft, const Ref& ref);

/// Archives a thing, noting what its author has seen of it, or brings it back.
enum class Archiving { away, back };
Status archive(Draft& draft, const Subject& subject, Archiving how);

/// "Room/rest" of a path for something new. Errors: usage, not_found.
struct NewPath {
  Ref room;
  std::string rest;
};
Result<NewPath> new_path(const Draft& draft, std::string_view path);

/// `key=value` pairs on fields that `allowed` names. Registers and per-member registers are put;
/// text fields get the new text; sets take "+x", "-x" or a whole list "x,y".
/// Errors: usage, naming the field; not_found.
Status set_fields(Draft& draft, const Subject& subject, const Pairs& values,
                  const std::vector<std::uint32_t>& allowed);

/// The writes that turn one text into another, from a point of the live text on.
Status write_text(Draft& draft, const Ref& ref, std::uint32_t type, std::uint32_t field,
                  std::string_view text);

/// The members that hold a card after this command; keeps field card::kTaken in step.
void note_taken(Draft& draft, const Ref& card, std::vector<MemberId> assignees);

/// Adds files of the same room to a set of attachments. Errors: those of resolve(); usage when one
/// is in another room.
Status attach(Draft& draft, const Ref& ref, std::uint32_t type, std::uint32_t field,
              const Words& files);

/// The field in which an object's own text stands; 0 when it has none.
std::uint32_t text_field_of(std::uint32_t type);

// One function for each command. On error nothing of the draft is used.
Status run(Draft& draft, const TeamRename& command);
Status run(Draft& draft, const ProfileSet& command);
Status run(Draft& draft, const RoomNew& command);
Status run(Draft& draft, const RoomSet& command);
Status run(Draft& draft, const RoomArchive& command);
Status run(Draft& draft, const DocNew& command);
Status run(Draft& draft, const DocWrite& command);
Status run(Draft& draft, const DocAppend& command);
Status run(Draft& draft, const DocEdit& command);
Status run(Draft& draft, const DocRename& command);
Status run(Draft& draft, const DocSet& command);
Status run(Draft& draft, const DocArchive& command);
Status run(Draft& draft, const CommentAdd& command);
Status run(Draft& draft, const CommentReply& command);
Status run(Draft& draft, const CommentResolve& command);
Status run(Draft& draft, const BoardNew& command);
Status run(Draft& draft, const ColumnAdd& command);
Status run(Draft& draft, const ColumnMove& command);
Status run(Draft& draft, const ColumnSet& command);
Status run(Draft& draft, const ColumnRemove& command);
Status run(Draft& draft, const CardAdd& command);
Status run(Draft& draft, const CardMove& command);
Status run(Draft& draft, const CardSet& command);
Status run(Draft& draft, const CardDone& command);
Status run(Draft& draft, const CardArchive& command);
Status run(Draft& draft, const CardUpdate& command);
Status run(Draft& draft, const ItemAdd& command);
Status run(Draft& draft, const ItemCheck& command);
Status run(Draft& draft, const ItemSet& command);
Status run(Draft& draft, const ItemMove& command);
Status run(Draft& draft, const ItemRemove& command);
Status run(Draft& draft, const ThreadNew& command);
Status run(Draft& draft, const ThreadResolve& command);
Status run(Draft& draft, const ThreadFollow& command);
Status run(Draft& draft, const ThreadMute& command);
Status run(Draft& draft, const Say& command);
Status run(Draft& draft, const Reply& command);
Status run(Draft& draft, const MessageEdit& command);
Status run(Draft& draft, const React& command);
Status run(Draft& draft, const Retract& command);
Status run(Draft& draft, const TakeValue& command);
Status run(Draft& draft, const KeepValue& command);
Status run(Draft& draft, const Restore& command);
Status run(Draft& draft, const Erase& command);
Status run(Draft& draft, const FileNew& command);
Status run(Draft& draft, const FileVersion& command);
Status run(Draft& draft, const FileRename& command);
Status run(Draft& draft, const FilePin& command);
Status run(Draft& draft, const FileArchive& command);

}  // namespace holm::work
