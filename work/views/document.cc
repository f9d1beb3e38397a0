// Documents: their text now or at a version, and what merging has to say of it.
#include <algorithm>

#include "crdt/text/utf8.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/life.h"
#include "work/rules/merged.h"
#include "work/rules/resolution.h"
#include "work/views/shape.h"
#include "work/views/version.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

Result<Value> document_value(Shape& shape, const Ref& ref, const crdt::ObjectState& document) {
  Value out = TRY(shape.head(ref, document));
  out.set("folder", words_of(document, document::kFolder));
  const auto status = words_of(document, document::kStatus);
  out.set("status", status.empty() ? "draft" : status);
  out.set("owner", shape.person(member_of(document, document::kOwner)));
  Shape::set_instant(out, "review_by", value_of(document, document::kReviewBy));
  return out;
}

/// Comments that are not replies: how many there are, and how many of them are open.
struct CommentCount {
  std::uint64_t all = 0;
  std::uint64_t open = 0;
};
Result<CommentCount> count_comments(const State& state, const Ref& ref) {
  CommentCount out;
  for (const auto& comment : TRY(children_of(state, ref, kComment))) {
    const auto object = TRY(need(state, comment));
    if (object_of(object, comment::kReplyTo)) continue;
    if (TRY(rules::life_of(state, comment, object)).archived) continue;
    ++out.all;
    if (!TRY(rules::resolution_of(state, comment)).resolved) ++out.open;
  }
  return out;
}

Result<Value> marks_of(Shape& shape, const Ref& ref) {
  Value out = Value::array();
  for (const auto& mark : TRY(rules::paragraph_marks(shape.state(), ref, document::kText))) {
    const bool merged = mark.kind == rules::ParagraphMark::Kind::merged;
    Value entry;
    entry.set("kind", merged ? "merged" : "survived").set("from", mark.from).set("to", mark.to);
    entry.set("authors", shape.people(mark.authors));
    if (!merged) entry.set("deleted_by", shape.person(mark.deleted_by));
    out.push(std::move(entry));
  }
  return out;
}

}  // namespace

Result<Value> view(const State& state, const Asking& asking, const DocList& query) {
  Shape shape(state, asking);
  Lookup lookup{.type = kDocument};
  if (query.room) lookup.space = TRY(resolve_room(state, *query.room)).space;
  std::vector<std::pair<std::string, Value>> sorted;
  for (const auto& ref : TRY(state.find(lookup))) {
    const auto object = TRY(need(state, ref));
    auto entry = TRY(document_value(shape, ref, object));
    if (!query.archived && entry["archived"].flag()) continue;
    auto path = std::string(entry["path"].text());
    sorted.emplace_back(std::move(path), std::move(entry));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Value documents = Value::array();
  for (auto& [path, entry] : sorted) documents.push(std::move(entry));
  return Value::object().set("documents", std::move(documents));
}

Result<Value> view(const State& state, const Asking& asking, const DocShow& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.doc, {kDocument}));
  const auto object = TRY(need(state, ref));
  if (query.version) {
    const auto history = TRY(state.history(ref));
    const auto count = TRY(resolve_version(state, ref, *query.version, asking.now, asking.zone));
    if (count == 0)
      return fail(Code::not_found, "it did not exist at that time", "nothing was changed",
                  "see holm history");
    const auto then = TRY(version_of(ref, history, count));
    auto out = TRY(document_value(shape, ref, then.state));
    const auto text = text_of(then, document::kText);
    out.set("text", text).set("length", crdt::utf8::count(text));
    out.set("version", version_value(shape, history, count));
    return out;
  }
  auto out = TRY(document_value(shape, ref, object));
  const auto text = TRY(state.text(ref, document::kText));
  out.set("text", text).set("length", crdt::utf8::count(text));
  out.set("reviewers", shape.people(members_of(object, document::kReviewers)));
  const auto comments = TRY(count_comments(state, ref));
  out.set("comments", comments.all).set("open_comments", comments.open);
  out.set("marks", TRY(marks_of(shape, ref)));
  out.set("also", TRY(shape.also(ref, object)));
  out.set("notices", TRY(shape.notices(ref)));
  return out;
}

}  // namespace holm::work::views
