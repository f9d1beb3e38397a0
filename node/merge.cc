// A run whose parents are the text's whole frontier goes straight into the plain string; only
// concurrent runs need the text's history, which is read once from the logs and then kept, so that
// a stretch of live concurrent typing costs one replay.
#include "node/merge.h"

#include <algorithm>
#include <set>

#include "base/wire.h"
#include "crdt/text/utf8.h"
#include "crdt/together.h"
#include "store/facts.h"
#include "store/logs.h"

namespace holm::node {
namespace {

constexpr std::size_t kKeptTexts = 16;

constexpr std::string_view kMarkedTexts = "marked_text";

Bytes marked_key(const SpaceId& space, const store::TextKey& key) {
  return Writer().array(3).id(space).id(key.object).uint(key.field).take();
}

bool is_plain(const crdt::TextRun& run) { return !run.is_void && !run.wiped; }

bool goes_straight(const store::TextRow& row, const crdt::TextRun& run) {
  return run.parents == row.frontier && is_plain(run);
}

}  // namespace

Status Merger::apply(const SpaceId& space, std::span<crdt::Delivered> changes) {
  std::set<store::TextKey> texts;
  for (const auto& delivered : changes) {
    for (const auto& op : delivered.change.ops) {
      if (op.kind == crdt::Kind::text) texts.insert({op.object, op.field});
    }
  }
  // Texts are merged before anything is written or taken: a change that makes no sense leaves the
  // turn as it was, so that its caller can set it aside.
  std::vector<Merged> merged;
  for (const auto& key : texts) {
    auto text = TRY(apply_text(space, key, changes));
    if (text) merged.push_back(std::move(*text));
  }
  crdt::Together together(changes);
  auto states = TRY(store_.objects().load(space, together.objects()));
  for (std::size_t i = 0; i < states.size(); ++i) together.merge(i, states[i]);
  // What only void changes name stands nowhere.
  std::erase_if(states, [](const crdt::ObjectState& state) { return state.id.is_nil(); });
  for (const auto& [key, row, runs] : merged) {
    TRY(store_.objects().save_text(space, key, row));
    if (runs == 0) continue;
    const auto* kept = find_kept({space, key});
    TRY(histories_.grew(space, key, runs, row, kept != nullptr ? &kept->text : nullptr));
  }
  return store_.objects().save(space, states);
}

Result<std::optional<Merger::Merged>> Merger::apply_text(const SpaceId& space,
                                                         const store::TextKey& key,
                                                         std::span<const crdt::Delivered> changes) {
  auto row = TRY(store_.objects().text(space, key));
  const auto runs = TRY(crdt::text_runs(key.object, key.field, changes, row.last_own));
  if (runs.empty()) return std::optional<Merged>();
  bool marked = TRY(is_marked(space, key));
  if (!marked && !std::all_of(runs.begin(), runs.end(), is_plain)) {
    TRY(store_.facts().put(kMarkedTexts, marked_key(space, key), {}));
    marked = true;
  }
  std::size_t straight = 0;
  auto* kept = find_kept({space, key});
  if (kept == nullptr && !marked) {
    crdt::text::Rope live(row.content);
    for (; straight < runs.size() && goes_straight(row, runs[straight]); ++straight) {
      const auto& run = runs[straight];
      if (run.insert ? run.pos > live.size()
                     : run.pos > live.size() || run.len > live.size() - run.pos) {
        return fail(Code::corrupt, "a text's history names a place outside it");
      }
      if (run.insert) {
        live.insert(run.pos, run.text, run.len);
      } else {
        live.erase(run.pos, run.len);
      }
      row.frontier = {{run.id.log, run.id.seq + run.len - 1}};
    }
    row.content = live.str();
    row.points = live.size();
  }
  if (straight < runs.size()) {
    TRY(merge_runs(space, key, row, std::span(runs).subspan(kept == nullptr ? 0 : straight)));
  }
  return std::optional<Merged>(Merged{key, std::move(row), marked ? 0 : runs.size()});
}

Status Merger::merge_runs(const SpaceId& space, const store::TextKey& key, store::TextRow& row,
                          std::span<const crdt::TextRun> runs) {
  auto* kept = find_kept({space, key});
  if (kept == nullptr) {
    kept_.push_front({{space, key}, TRY(full_text(space, key))});
    kept = &kept_.front();
    if (kept_.size() > kKeptTexts) kept_.pop_back();
  } else {
    TRY(crdt::merge_runs(kept->text, runs));
  }
  row.content = kept->text.text();
  row.points = kept->text.size();
  row.frontier = kept->text.frontier();
  return {};
}

Result<bool> Merger::is_marked(const SpaceId& space, const store::TextKey& key) const {
  return TRY(store_.facts().get(kMarkedTexts, marked_key(space, key))).has_value();
}

Status Merger::rebuild(const SpaceId& space, const ObjectId& object) {
  kept_.remove_if([&](const Kept& item) {
    return item.key.first == space && item.key.second.object == object;
  });
  const auto history = TRY(store_.logs().touching(space, object));
  for (const auto field : crdt::text_fields(object, history)) {
    TRY(histories_.drop(space, {object, field}));
  }
  TRY(store_.objects().remove(space, object));
  if (history.empty()) return {};
  auto rebuilt = TRY(crdt::rebuild(object, history));
  TRY(store_.objects().save(space, {rebuilt.state}));
  for (const auto& [field, text] : rebuilt.texts) {
    const auto is_void = [](const auto& item) { return item.mark == crdt::Mark::is_void; };
    const auto is_wiped = [](const auto& item) { return !item.change.wiped.empty(); };
    if (std::any_of(history.begin(), history.end(), is_void) ||
        std::any_of(history.begin(), history.end(), is_wiped)) {
      TRY(store_.facts().put(kMarkedTexts, marked_key(space, {object, field}), {}));
    }
    store::TextRow row;
    row.content = text.text();
    row.points = text.size();
    row.frontier = text.frontier();
    TRY(crdt::text_runs(object, field, history, row.last_own));
    TRY(store_.objects().save_text(space, {object, field}, row));
  }
  return {};
}

Merger::Kept* Merger::find_kept(const Key& key) {
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& item) { return item.key == key; });
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return &kept_.front();
}

}  // namespace holm::node
