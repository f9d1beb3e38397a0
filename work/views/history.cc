// The versions of one object, and all values that lost a merge and still stand beside the winner.
#include <algorithm>
#include <set>

#include "work/reference.h"
#include "work/rules/notices.h"
#include "work/views/sentence.h"
#include "work/views/version.h"
#include "work/views/view.h"

namespace holm::work::views {

Result<Value> view(const State& state, const Asking& asking, const History& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.object, {}));
  const auto object = TRY(need(state, ref));
  const auto history = TRY(state.history(ref));
  const auto names = version_names(history);
  const auto now = TRY(version_of(ref, history, history.size()));
  Sentences sentences(shape, ref, history, now);
  Value changes = Value::array();
  const auto count = std::min<std::uint64_t>(query.limit, history.size());
  for (std::size_t i = history.size(); i > history.size() - count; --i) {
    const auto& one = history[i - 1];
    Value what = Value::array();
    for (auto& sentence : TRY(sentences.of(i - 1))) what.push(std::move(sentence));
    Value entry;
    entry.set("version", names[i - 1]).set("at", Shape::time(one.change.time));
    entry.set("by", shape.person(one.author));
    entry.set("what", std::move(what));
    entry.set("counts", one.mark == crdt::Mark::valid);
    changes.push(std::move(entry));
  }
  Value out;
  out.set("object", TRY(shape.head(ref, object)));
  out.set("changes", std::move(changes)).set("total", history.size());
  return out;
}

Result<Value> view(const State& state, const Asking& asking, const Conflicts& query) {
  Shape shape(state, asking);
  std::vector<Ref> objects;
  if (query.object) {
    objects.push_back(TRY(resolve(state, *query.object, {})));
  } else {
    for (const auto& type : schema()) {
      if (type.home == Home::trust) continue;
      for (const auto& ref : TRY(state.find({.type = type.number}))) objects.push_back(ref);
    }
  }
  std::set<Ref> known(objects.begin(), objects.end());
  Value conflicts = Value::array();
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto ref = objects[i];
    const auto object = TRY(state.object(ref));
    if (!object) continue;
    if (query.object) {  // a card's items belong to what was asked about
      for (const auto& part : TRY(rules::parts_of(state, ref, object->type))) {
        if (known.insert(part).second) objects.push_back(part);
      }
    }
    const auto chips = TRY(shape.also(ref, *object));
    if (chips.items().empty()) continue;
    const auto* type = find_type(object->type);
    for (const auto& chip : chips.items()) {
      Value entry;
      entry.set("object", ref.object.text());
      entry.set("kind", type != nullptr ? type->name : "unknown");
      entry.set("title", TRY(title_of(state, ref, *object)));
      entry.set("path", path_of(state, ref));
      for (const auto& [key, value] : chip.entries()) entry.set(key, value);
      conflicts.push(std::move(entry));
    }
  }
  return Value::object().set("conflicts", std::move(conflicts));
}

}  // namespace holm::work::views
