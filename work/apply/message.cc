#include "work/apply/draft.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/notices.h"

namespace holm::work {
namespace {

constexpr std::size_t kEmojiBytes = 64;

Status check_body(std::string_view text) {
  TRY(check_text(text, "the message"));
  if (text.empty()) return fail(Code::usage, "the message is empty", "nothing was sent");
  return {};
}

Value instant_or_null(Draft& draft, const Ref& ref, std::uint32_t field, const Optional& text,
                      Status& status) {
  if (!text || !status) return {};
  auto value =
      parse_field(draft.state, ref, *find_field(*find_type(kMessage), field), *text, draft.when());
  if (value) return std::move(*value);
  status = fail(std::move(value).error());
  return {};
}

/// Whoever wrote it, or stands as its author in an import.
bool is_mine(const Draft& draft, const crdt::ObjectState& message) {
  if (const auto creator = member_of(message, field::kCreator))
    return *creator == draft.acting.member;
  return draft.state.author(message.born.stamp.id.log) == draft.acting.member;
}

Result<Subject> my_message(const Draft& draft, std::string_view text, std::string_view verb) {
  auto message = TRY(subject(draft, text, {kMessage}));
  if (!is_mine(draft, message.object))
    return fail(Code::denied, "only its author can " + std::string(verb) + " a message",
                "nothing was changed", "reply to it instead");
  return message;
}

/// A writer follows the thread from then on.
Status speak_in(Draft& draft, const Ref& thread) {
  const auto object = TRY(load(draft, thread));
  draft.on(thread, kThread).add(thread::kFollowers, id_value(draft.acting.member));
  return wake(draft, {thread, object});
}

}  // namespace

Status run(Draft& draft, const Say& command) {
  const auto thread = TRY(subject(draft, command.thread, {kThread}));
  TRY(check_body(command.text));
  const auto& type = *find_type(kMessage);
  const auto intent =
      TRY(parse_choice(*find_field(type, message::kIntent), command.intent.value_or("update")));
  const auto ref = draft.fresh(thread.ref.space);
  Status status;
  const auto reply_by =
      instant_or_null(draft, ref, message::kNeedsReplyBy, command.reply_by, status);
  const auto show_after =
      instant_or_null(draft, ref, message::kShowAfter, command.show_after, status);
  TRY(status);
  Value needs_from;
  if (command.needs_from)
    needs_from =
        Value(TRY(parse_choice(*find_field(type, message::kNeedsFrom), *command.needs_from)));
  draft.on(ref, kMessage)
      .put(field::kParent, id_value(thread.ref.object))
      .put(message::kIntent, intent)
      .put_if(message::kNeedsReplyBy, reply_by)
      .put_if(message::kNeedsFrom, needs_from)
      .put_if(message::kShowAfter, show_after)
      .insert(message::kBody, 0, command.text);
  for (const auto& name : command.to) {
    // The whole room is who reads a message that names nobody.
    if (name == "room" || name == "all") continue;
    draft.on(ref, kMessage).add(message::kTo, id_value(TRY(resolve_member(draft.state, name))));
  }
  TRY(attach(draft, ref, kMessage, message::kAttachments, command.attachments));
  draft.answer_id(ref);
  return speak_in(draft, thread.ref);
}

Status run(Draft& draft, const Reply& command) {
  const auto message = TRY(subject(draft, command.message, {kMessage}));
  TRY(check_body(command.text));
  const auto thread = object_of(message.object, field::kParent);
  if (!thread) return fail(Code::failed, "the message stands in no thread", "nothing was sent");
  const auto ref = draft.fresh(message.ref.space);
  auto writer = draft.on(ref, kMessage);
  writer.put(field::kParent, id_value(*thread))
      .put(message::kIntent, "update")
      .put(message::kReplyTo, id_value(message.ref.object))
      .insert(message::kBody, 0, command.text);
  if (command.answer) {
    writer.put(message::kAnswerOf, id_value(message.ref.object));
    if (!TRY(rules::answers_of(draft.state, message.ref)).empty())
      draft.notice("another answer is marked already: the asker picks one");
  }
  draft.answer_id(ref);
  return speak_in(draft, {message.ref.space, *thread});
}

Status run(Draft& draft, const MessageEdit& command) {
  const auto message = TRY(my_message(draft, command.message, "edit"));
  TRY(check_body(command.text));
  if (rules::retracted(message.object))
    return fail(Code::usage, "the message was retracted", "nothing was changed", "write a new one");
  draft.answer_id(message.ref);
  return write_text(draft, message.ref, kMessage, message::kBody, command.text);
}

Status run(Draft& draft, const React& command) {
  const auto target =
      TRY(subject(draft, command.message, {kMessage, kComment, kProgress, kCard, kDocument}));
  TRY(check_line(command.emoji, "the reaction", kEmojiBytes));
  auto writer = draft.on(target.ref, target.object.type);
  if (command.off) {
    writer.take_away(field::kReactions, Value(command.emoji));
  } else {
    writer.add(field::kReactions, Value(command.emoji));
  }
  draft.answer_id(target.ref);
  return {};
}

Status run(Draft& draft, const Retract& command) {
  const auto message = TRY(my_message(draft, command.message, "retract"));
  draft.answer_id(message.ref);
  if (!rules::retracted(message.object))
    draft.on(message.ref, kMessage).put(message::kRetracted, draft.now());
  return {};
}

}  // namespace holm::work
