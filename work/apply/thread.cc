#include "work/apply/draft.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/resolution.h"

namespace holm::work {

Status run(Draft& draft, const ThreadNew& command) {
  const auto room = TRY(resolve_room(draft.state, command.room));
  TRY(check_line(command.title, "the title"));
  TRY(check_text(command.text, "the message"));
  const auto thread = draft.fresh(room.space);
  draft.on(thread, kThread)
      .put(field::kTitle, command.title)
      .add(thread::kFollowers, id_value(draft.acting.member));
  draft.answer_id(thread);
  if (command.text.empty()) return {};
  const auto message = draft.fresh(room.space);
  draft.on(message, kMessage)
      .put(field::kParent, id_value(thread.object))
      .put(message::kIntent, "update")
      .insert(message::kBody, 0, command.text);
  draft.outcome.answer.set("message", message.object.text());
  return {};
}

Status run(Draft& draft, const ThreadResolve& command) {
  const auto thread = TRY(subject(draft, command.thread, {kThread}));
  draft.answer_id(thread.ref);
  if (command.off) {
    draft.on(thread.ref, kThread).put(thread::kResolved, Value{});
    return {};
  }
  const auto value =
      TRY(rules::resolved_value(draft.state, thread.ref, draft.acting.member, draft.acting.now));
  draft.on(thread.ref, kThread).put(thread::kResolved, value);
  if (command.summary.empty()) return {};
  return write_text(draft, thread.ref, kThread, thread::kSummary, command.summary);
}

Status run(Draft& draft, const ThreadFollow& command) {
  const auto thread = TRY(subject(draft, command.thread, {kThread}));
  auto writer = draft.on(thread.ref, kThread);
  const auto me = id_value(draft.acting.member);
  if (command.off) {
    writer.take_away(thread::kFollowers, me);
  } else {
    writer.add(thread::kFollowers, me);
  }
  draft.answer_id(thread.ref);
  return {};
}

Status run(Draft& draft, const ThreadMute& command) {
  const auto thread = TRY(subject(draft, command.thread, {kThread}));
  draft.on(thread.ref, kThread).put(thread::kMuted, Value(!command.off));
  draft.answer_id(thread.ref);
  return {};
}

}  // namespace holm::work
