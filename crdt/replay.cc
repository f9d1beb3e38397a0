#include "crdt/replay.h"

#include <algorithm>
#include <tuple>

namespace holm::crdt {
namespace {

/// Pointers to those of `changes` that `counts`, in replay order. A log's change that was delivered
/// twice stays once.
template <class Counts>
std::vector<const Delivered*> in_order(std::span<const Delivered> changes, Counts counts) {
  std::vector<const Delivered*> out;
  for (const auto& one : changes) {
    if (counts(one)) out.push_back(&one);
  }
  std::stable_sort(out.begin(), out.end(), [](const Delivered* a, const Delivered* b) {
    return replays_before(a->change, b->change);
  });
  const auto same = [](const Delivered* a, const Delivered* b) {
    return a->change.log == b->change.log && a->change.seq == b->change.seq;
  };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

bool is_text(const Op& op) { return op.kind == Kind::text && is_known(op.kind, op.action); }

}  // namespace

bool replays_before(const Change& a, const Change& b) {
  return std::tie(a.lamport, a.root(), a.seq, a.log) < std::tie(b.lamport, b.root(), b.seq, b.log);
}

Result<std::vector<TextRun>> text_runs(const ObjectId& object, std::uint32_t field,
                                       std::span<const Delivered> changes,
                                       std::map<LogId, OpId>& last_own) {
  std::vector<TextRun> runs;
  std::map<OpId, std::size_t> seeds;  // name -> index in runs
  const auto touches = [&](const Op& op) {
    return op.object == object && op.field == field && is_text(op);
  };
  const auto counts = [&](const Delivered& one) {
    return std::any_of(one.change.ops.begin(), one.change.ops.end(), touches);
  };
  for (const auto* one : in_order(changes, counts)) {
    const auto& change = one->change;
    for (const auto& [i, name] : op_names(change, object)) {
      const auto& op = change.ops[i];
      if (!touches(op)) continue;
      TextRun run;
      run.id = name;
      run.insert = op.action == Action::insert;
      run.pos = op.pos;
      run.len = op.len;
      run.is_void = one->mark != Mark::valid;
      run.wiped = op.content.size() < op.content_bytes;
      if (run.insert && !run.wiped) run.text = to_text(op.content);
      if (op.follows_own) {
        auto last = last_own.find(change.log);
        const auto trunk = change.branching ? change.branching->trunk : std::vector<LogId>();
        for (const auto& log : trunk) {
          if (last == last_own.end()) last = last_own.find(log);
        }
        if (last == last_own.end() && !run.is_void) {
          return fail(Code::corrupt, "a text op follows one that is not there");
        }
        if (last != last_own.end()) run.parents = {last->second};
      } else {
        run.parents = op.refs;
      }
      last_own[change.log] = {run.id.log, run.id.seq + run.len - 1};
      if (op.seed) {
        // The same import in several logs is one run; it counts when any copy does.
        const auto [at, fresh] = seeds.emplace(run.id, runs.size());
        if (!fresh) {
          auto& first = runs[at->second];
          first.is_void = first.is_void && run.is_void;
          if (first.wiped && !run.wiped) {
            first.wiped = false;
            first.text = std::move(run.text);
          }
          continue;
        }
      }
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

Status merge_runs(Text& text, std::span<const TextRun> runs) {
  if (text.merge(runs)) return {};
  for (const auto& run : runs) {
    auto merged = text.merge(std::span(&run, 1));
    if (merged || run.is_void) continue;
    return fail(Code::corrupt, "a text's history is broken: " + merged.error().what,
                "its changes are kept as they came");
  }
  return {};
}

std::set<std::uint32_t> text_fields(const ObjectId& object, std::span<const Delivered> changes) {
  std::set<std::uint32_t> out;
  for (const auto& delivered : changes) {
    for (const auto& op : delivered.change.ops) {
      if (op.object == object && is_text(op)) out.insert(op.field);
    }
  }
  return out;
}

Result<Rebuilt> rebuild(const ObjectId& object, std::span<const Delivered> changes) {
  Rebuilt out;
  out.state.id = object;
  std::set<std::uint32_t> text_fields;
  for (const auto* one : in_order(changes, [](const Delivered&) { return true; })) {
    const auto& change = one->change;
    for (const auto& [i, name] : op_names(change, object)) {
      const auto& op = change.ops[i];
      if (is_text(op)) text_fields.insert(op.field);
      if (one->mark != Mark::valid) continue;
      merge(out.state, op, {name, change.lamport, change.time, one->author});
    }
  }
  for (const auto field : text_fields) {
    std::map<LogId, OpId> last_own;
    const auto runs = TRY(text_runs(object, field, changes, last_own));
    Text text;
    TRY(merge_runs(text, runs));
    out.texts.emplace(field, std::move(text));
  }
  return out;
}

}  // namespace holm::crdt
