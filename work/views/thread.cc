// Threads and their messages, in causal order.
#include <algorithm>
#include <map>

#include "base/wire.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/arrival.h"
#include "work/rules/notices.h"
#include "work/rules/resolution.h"
#include "work/views/file.h"
#include "work/views/shape.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

/// How long a late message is listed as such; it stays marked for good.
constexpr Millis kLateListed = std::chrono::days(7);

Result<Value> thread_value(Shape& shape, const Ref& ref, const crdt::ObjectState& thread) {
  const auto& state = shape.state();
  Value out = TRY(shape.head(ref, thread));
  const auto resolution = TRY(rules::resolution_of(state, ref));
  out.set("state", resolution.text());
  out.set("resolved", resolution.resolved);
  out.set("open_to_me", resolution.open_to(state.self()));
  out.set("resolved_by", resolution.resolved ? shape.person(resolution.by) : Value());
  out.set("resolved_at", resolution.resolved ? Shape::time(resolution.at) : Value());
  out.set("summary", TRY(state.text(ref, thread::kSummary)));
  out.set("messages_count", TRY(children_of(state, ref, kMessage)).size());
  out.set("muted", value_of(thread, thread::kMuted, state.self().view()).flag());
  return out;
}

/// [{"emoji", "by": [...]}], by emoji.
Value reactions_value(Shape& shape, const crdt::ObjectState& message) {
  std::map<std::string, std::vector<MemberId>> by_emoji;
  for (const auto* cell : message.all(field::kReactions)) {
    const auto member = MemberId::from(cell->key);
    if (!member) continue;
    for (const auto& bytes : crdt::set_values(*cell)) {
      const auto emoji = decode_value(bytes);
      if (emoji && emoji->as_string()) by_emoji[*emoji->as_string()].push_back(*member);
    }
  }
  Value out = Value::array();
  for (const auto& [emoji, members] : by_emoji) {
    out.push(Value::object().set("emoji", emoji).set("by", shape.people(members)));
  }
  return out;
}

/// When the words were last changed after they were first written; nothing when they were not.
Result<std::optional<WallTime>> edited_at(const State& state, const Ref& ref,
                                          const crdt::ObjectState& message) {
  std::optional<WallTime> out;
  if (message.touched.stamp == message.born.stamp) return out;  // spares most reading the history
  bool first = true;
  for (const auto& [change, hash, author, mark] : TRY(state.history(ref))) {
    const bool writes = mark == crdt::Mark::valid &&
                        std::any_of(change.ops.begin(), change.ops.end(), [&](const auto& op) {
                          return op.object == ref.object && op.field == message::kBody;
                        });
    if (!writes) continue;
    if (!first) out = change.time;
    first = false;
  }
  return out;
}

Value id_or_null(const std::optional<ObjectId>& id) { return id ? Value(id->text()) : Value(); }

Result<Value> message_value(Shape& shape, const Ref& ref, const crdt::ObjectState& message) {
  const auto& state = shape.state();
  const bool retracted = rules::retracted(message);
  const auto intent = words_of(message, message::kIntent);
  Value out;
  out.set("id", ref.object.text());
  out.set("by", shape.person(shape.creator(message)));
  out.set("at", Shape::time(shape.created(message)));
  out.set("text", retracted ? std::string() : TRY(state.text(ref, message::kBody)));
  out.set("retracted", retracted);
  out.set("retracted_at", Shape::time(moment_of(message, message::kRetracted)));
  out.set("intent", intent.empty() ? "update" : intent);
  out.set("to", shape.people(members_of(message, message::kTo)));
  Shape::set_instant(out, "reply_by", value_of(message, message::kNeedsReplyBy));
  const auto from = words_of(message, message::kNeedsFrom);
  out.set("needs_from", from.empty() ? Value() : Value(from));
  Shape::set_instant(out, "show_after", value_of(message, message::kShowAfter));
  out.set("reply_to", id_or_null(object_of(message, message::kReplyTo)));
  out.set("answer_of", id_or_null(object_of(message, message::kAnswerOf)));
  Value answers = Value::array();
  for (const auto& answer : TRY(rules::answers_of(state, ref))) answers.push(answer.object.text());
  out.set("answers", std::move(answers));
  Value attachments = Value::array();
  if (!retracted) attachments = TRY(attachments_value(shape, ref, message, message::kAttachments));
  out.set("attachments", std::move(attachments));
  out.set("reactions", reactions_value(shape, message));
  const auto edited = TRY(edited_at(state, ref, message));
  out.set("edited", edited.has_value()).set("edited_at", Shape::time(edited));
  out.set("also", TRY(shape.also(ref, message)));
  return out;
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const ThreadList& query) {
  Shape shape(state, asking);
  Lookup lookup{
      .type = kThread, .order = Lookup::By::touch, .direction = Lookup::Direction::descending};
  if (query.room) lookup.space = TRY(resolve_room(state, *query.room)).space;
  Value threads = Value::array();
  for (const auto& ref : TRY(state.find(lookup))) {
    auto entry = TRY(thread_value(shape, ref, TRY(need(state, ref))));
    const bool hidden =
        entry["archived"].flag() || (entry["resolved"].flag() && !entry["open_to_me"].flag());
    if (query.resolved || !hidden) threads.push(std::move(entry));
  }
  return Value::object().set("threads", std::move(threads));
}

Result<Value> view(const State& state, const Asking& asking, const ThreadShow& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.thread, {kThread}));
  const auto thread = TRY(need(state, ref));
  auto out = TRY(thread_value(shape, ref, thread));
  out.set("followers", shape.people(members_of(thread, thread::kFollowers)));
  const auto refs = TRY(children_of(state, ref, kMessage));
  const auto arrivals = TRY(rules::arrivals(state, refs));
  Value messages = Value::array();
  Value late = Value::array();
  for (std::size_t i = 0; i < refs.size(); ++i) {
    auto message = TRY(message_value(shape, refs[i], TRY(need(state, refs[i]))));
    message.set("arrived_late", arrivals[i].late);
    message.set("arrived_at", arrivals[i].late ? Shape::time(arrivals[i].at) : Value());
    messages.push(std::move(message));
    if (arrivals[i].late && asking.now < arrivals[i].at + kLateListed) {
      late.push(refs[i].object.text());
    }
  }
  out.set("messages", std::move(messages));
  out.set("erased", TRY(shape.erased(ref, kMessage)));
  out.set("arrived_late", std::move(late));
  out.set("also", TRY(shape.also(ref, thread)));
  out.set("notices", TRY(shape.notices(ref)));
  return out;
}

}  // namespace holm::work::views
