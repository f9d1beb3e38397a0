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
// What opens in less than a few milliseconds is opened where it is needed.
constexpr std::size_t kLongText = 16u << 10;  // by its weight
constexpr std::size_t kOpeningsMax = 16;

constexpr std::string_view kMarkedTexts = "marked_text";

Bytes marked_key(const SpaceId& space, const store::TextKey& key) {
  return Writer().array(3).id(space).id(key.object).uint(key.field).take();
}

bool is_plain(const crdt::TextRun& run) { return !run.is_void && !run.wiped; }

}  // namespace

Status Merger::apply(const SpaceId& space, std::span<crdt::Delivered> changes) {
  return apply(space, changes, TRY(touched_texts(space, changes)));
}

Result<std::vector<Merger::TouchedText>> Merger::touched_texts(
    const SpaceId& space, std::span<const crdt::Delivered> changes) const {
  std::set<store::TextKey> keys;
  for (const auto& delivered : changes) {
    for (const auto& op : delivered.change.ops) {
      if (op.kind == crdt::Kind::text) keys.insert({op.object, op.field});
    }
  }
  std::vector<TouchedText> out;
  for (const auto& key : keys) {
    TouchedText text;
    text.key = key;
    text.row = TRY(store_.objects().text(space, key));
    text.runs = TRY(crdt::text_runs(key.object, key.field, changes, text.row.last_own));
    if (text.runs.empty()) continue;
    text.marked =
        TRY(is_marked(space, key)) || !std::all_of(text.runs.begin(), text.runs.end(), is_plain);
    auto frontier = text.row.frontier;
    for (const auto& run : text.runs) {
      if (text.marked || run.parents != frontier) break;
      frontier = {{run.id.log, run.id.seq + run.len - 1}};
      ++text.straight;
    }
    out.push_back(std::move(text));
  }
  return out;
}

Result<bool> Merger::is_ready(const SpaceId& space, std::span<const TouchedText> texts) {
  // Those of a batch that has changed since nobody waits for.
  std::erase_if(openings_, [&](const auto& item) {
    const auto& wanted = item.first;
    return wanted.first == space && std::none_of(texts.begin(), texts.end(), [&](const auto& text) {
             return text.key == wanted.second;
           });
  });
  bool ready = true;
  for (const auto& text : texts) {
    const Key key{space, text.key};
    if (text.straight == text.runs.size() || find_kept(key) != nullptr) continue;
    if (const auto opening = openings_.find(key); opening != openings_.end()) {
      ready = ready && opening->second.is_done();
      continue;
    }
    // So many at once are seldom all long.
    if (openings_.size() >= kOpeningsMax) continue;
    auto unopened = TRY(histories_.read(space, text.key));
    if (unopened.weight < kLongText) continue;
    openings_.try_emplace(key, pool_, [unopened = std::move(unopened)]() mutable {
      return TextHistories::open(std::move(unopened));
    });
    ready = false;
  }
  return ready;
}

Status Merger::apply(const SpaceId& space, std::span<crdt::Delivered> changes,
                     std::vector<TouchedText> texts) {
  // Texts are merged before anything is written or taken: a change that makes no sense leaves the
  // turn as it was, so that its caller can set it aside.
  for (auto& text : texts) TRY(merge_text(space, text));
  crdt::Together together(changes);
  auto states = TRY(store_.objects().load(space, together.objects()));
  for (std::size_t i = 0; i < states.size(); ++i) together.merge(i, states[i]);
  // What only void changes name stands nowhere.
  std::erase_if(states, [](const crdt::ObjectState& state) { return state.id.is_nil(); });
  for (const auto& text : texts) {
    TRY(store_.objects().save_text(space, text.key, text.row));
    if (text.marked) continue;
    const auto* kept = find_kept({space, text.key});
    TRY(histories_.grew(space, text.key, text.runs.size(), text.row,
                        kept != nullptr ? &kept->text : nullptr));
  }
  return store_.objects().save(space, states);
}

Status Merger::merge_text(const SpaceId& space, TouchedText& text) {
  auto& row = text.row;
  const Key key{space, text.key};
  if (text.marked && !TRY(is_marked(space, text.key))) {
    TRY(store_.facts().put(kMarkedTexts, marked_key(space, text.key), {}));
  }
  auto* kept = find_kept(key);
  if (kept != nullptr) {
    TRY(crdt::merge_runs(kept->text, text.runs));
  } else if (text.straight < text.runs.size()) {
    // With all that the logs have delivered, these runs too.
    kept_.push_front({key, TRY(open_text(key))});
    kept = &kept_.front();
    if (kept_.size() > kKeptTexts) kept_.pop_back();
  }
  if (kept != nullptr) {
    row.content = kept->text.text();
    row.points = kept->text.size();
    row.frontier = kept->text.frontier();
    return {};
  }
  crdt::text::Rope live(row.content);
  for (const auto& run : text.runs) {
    if (run.pos > live.size() || (!run.insert && run.len > live.size() - run.pos)) {
      return fail(Code::corrupt, "a text's history names a place outside it");
    }
    if (run.insert) {
      live.insert(run.pos, run.text, run.len);
    } else {
      live.erase(run.pos, run.len);
    }
  }
  row.content = live.str();
  row.points = live.size();
  row.frontier = {{text.runs.back().id.log, text.runs.back().id.seq + text.runs.back().len - 1}};
  return {};
}

Result<crdt::Text> Merger::open_text(const Key& key) {
  auto opening = openings_.extract(key);
  if (!opening) return full_text(key.first, key.second);
  auto opened = opening.mapped().take();
  if (!opened) return full_text(key.first, key.second);
  return histories_.finish(key.first, key.second, std::move(*opened));
}

Result<bool> Merger::is_marked(const SpaceId& space, const store::TextKey& key) const {
  return TRY(store_.facts().get(kMarkedTexts, marked_key(space, key))).has_value();
}

Status Merger::clear(const SpaceId& space) {
  forget();
  TRY(histories_.drop(space));
  const auto prefix = Writer().array(3).id(space).take();
  for (const auto& [key, value] : TRY(store_.facts().all(kMarkedTexts))) {
    if (as_text(key).starts_with(as_text(prefix))) {
      TRY(store_.facts().remove(kMarkedTexts, key));
    }
  }
  return store_.objects().clear(space);
}

Status Merger::rebuild(const SpaceId& space, const ObjectId& object) {
  kept_.remove_if([&](const Kept& item) {
    return item.key.first == space && item.key.second.object == object;
  });
  openings_.clear();
  const auto history = TRY(store_.logs().touching(space, object));
  for (const auto field : crdt::text_fields(object, history)) {
    TRY(histories_.drop(space, {object, field}));
  }
  TRY(store_.objects().remove(space, object));
  const auto counts = [](const crdt::Delivered& item) { return item.mark == crdt::Mark::valid; };
  auto rebuilt = TRY(crdt::rebuild(object, history));
  // What only void changes name stands nowhere; its texts are kept for what may yet follow them.
  if (std::any_of(history.begin(), history.end(), counts)) {
    TRY(store_.objects().save(space, {rebuilt.state}));
  }
  for (const auto& [field, text] : rebuilt.texts) {
    const auto is_void = [](const auto& item) { return item.mark != crdt::Mark::valid; };
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
