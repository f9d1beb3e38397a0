// Comments on a thing, with the words they are about and their replies.
#include "work/views/comment.h"

#include "work/read.h"
#include "work/reference.h"
#include "work/rules/life.h"
#include "work/rules/resolution.h"
#include "work/views/file.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

Result<Value> spoken(Shape& shape, const Ref& ref, const crdt::ObjectState& comment) {
  Value out;
  out.set("id", ref.object.text());
  out.set("by", shape.person(shape.creator(comment)));
  out.set("at", Shape::time(shape.created(comment)));
  out.set("text", TRY(shape.state().text(ref, comment::kBody)));
  out.set("attachments", TRY(attachments_value(shape, ref, comment, comment::kAttachments)));
  return out;
}

Result<Value> comment_value(Shape& shape, const Ref& ref, const crdt::ObjectState& comment) {
  const auto& state = shape.state();
  Value out = TRY(spoken(shape, ref, comment));
  const auto place = TRY(rules::comment_place(state, ref));
  out.set("quote", place ? Value(place->quote) : Value());
  out.set("orphaned", place && place->orphaned);
  if (place && !place->orphaned) out.set("from", place->from).set("to", place->to);
  const auto resolution = TRY(rules::resolution_of(state, ref));
  out.set("resolved", resolution.resolved).set("state", resolution.text());
  if (resolution.resolved) {
    out.set("resolved_by", shape.person(resolution.by));
    out.set("resolved_at", Shape::time(resolution.at));
    out.set("open_for", shape.people(resolution.open_for));
  }
  Value replies = Value::array();
  for (const auto& reply : TRY(rules::replies_of(state, ref))) {
    const auto object = TRY(need(state, reply));
    replies.push(TRY(spoken(shape, reply, object)));
  }
  out.set("replies", std::move(replies));
  return out;
}

}  // namespace

Result<Value> comments_value(Shape& shape, const Ref& target, ResolvedComments which) {
  const auto& state = shape.state();
  std::vector<std::pair<std::optional<WallTime>, Value>> sorted;
  for (const auto& ref : TRY(children_of(state, target, kComment))) {
    const auto object = TRY(need(state, ref));
    if (object_of(object, comment::kReplyTo)) continue;  // shown under what it answers
    if (TRY(rules::life_of(state, ref, object)).archived) continue;
    auto entry = TRY(comment_value(shape, ref, object));
    const bool hidden = entry["resolved"].flag() && entry["open_for"].items().empty();
    if (hidden && which == ResolvedComments::left_out) continue;
    sorted.emplace_back(shape.created(object), std::move(entry));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Value out = Value::array();
  for (auto& [at, entry] : sorted) out.push(std::move(entry));
  return out;
}

Result<Value> view(const State& state, const Asking& asking, const CommentList& query) {
  Shape shape(state, asking);
  const auto target = TRY(resolve(state, query.target, {kDocument, kCard, kItem, kBoard}));
  const auto object = TRY(need(state, target));
  Value out;
  out.set("target", TRY(shape.head(target, object)));
  out.set("comments", TRY(comments_value(
                          shape, target,
                          query.resolved ? ResolvedComments::shown : ResolvedComments::left_out)));
  out.set("erased", TRY(shape.erased(target, kComment)));
  return out;
}

}  // namespace holm::work::views
