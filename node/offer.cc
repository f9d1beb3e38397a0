// What a replica tells peers of its logs: the half of sync::Shared that looks into the store. Of a
// forked log all branches, named and chained as they were signed (docs/formats/sync.md).
#include <algorithm>
#include <set>

#include "crdt/columns.h"
#include "node/replica.h"

namespace holm::node {
namespace {

constexpr std::size_t kRangeBytes = 4u << 20;

const store::LogInfo* find(const std::vector<store::LogInfo>& tree, const LogId& log) {
  const auto found = std::find_if(tree.begin(), tree.end(),
                                  [&](const store::LogInfo& info) { return info.log == log; });
  return found == tree.end() ? nullptr : &*found;
}

/// How far each segment of a tree is held by somebody, those that lie beneath filled up.
void mark(const std::vector<store::LogInfo>& tree, const LogId& log, std::uint64_t seq,
          std::map<LogId, std::uint64_t>& held) {
  for (const auto* at = find(tree, log); at != nullptr; at = find(tree, at->parent)) {
    auto& reached = held[at->log];
    if (reached >= seq) return;
    reached = seq;
    seq = at->base_seq;
    if (!at->is_branch()) return;
  }
}

/// From the start to the segment.
std::vector<const store::LogInfo*> path_to(const std::vector<store::LogInfo>& tree,
                                           const store::LogInfo& end) {
  std::vector<const store::LogInfo*> out;
  for (const auto* at = &end; at != nullptr; at = find(tree, at->parent)) {
    out.push_back(at);
    if (!at->is_branch()) break;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

/// Puts the salts with a change of `log` that are needed to check it and were not put with one
/// before it: who erased a thing has forgotten its salt, and has to check what others still write
/// on it.
Status attach_salts(const store::Logs& logs, const LogId& log, crdt::Change& change,
                    std::set<ObjectId>& attached) {
  for (const auto& salt : change.salts) attached.insert(salt.object);
  for (const auto& op : change.ops) {
    if (op.content.empty() || !attached.insert(op.object).second) continue;
    const auto salt = TRY(logs.salt(log, op.object));
    if (!salt) continue;
    const crdt::SaltOf one{op.object, *salt};
    change.salts.insert(std::lower_bound(change.salts.begin(), change.salts.end(), one), one);
  }
  return {};
}

}  // namespace

Result<std::vector<crdt::Position>> Replica::positions(const SpaceId& space) const {
  std::vector<crdt::Position> out;
  for (const auto& info : TRY(store_->logs().of_space(space))) {
    // Where branches go on there is an end of none.
    if (info.frozen || info.sealed_seq == info.base_seq) continue;
    const auto head = TRY(store_->logs().newest_head(info.log));
    if (head) out.push_back({info.root, head->seq, head->hash});
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<Digest> Replica::held_digest(const SpaceId& space) const {
  std::vector<crdt::Position> out;
  for (const auto& info : TRY(store_->logs().of_space(space))) {
    if (info.sealed_seq == info.base_seq) continue;
    // What branches go on from stands under their heads. Elsewhere damage may have taken the head.
    const auto head = TRY(store_->logs().newest_head(info.log));
    const auto seq = info.frozen ? info.sealed_seq : head ? head->seq : info.base_seq;
    const auto hash = TRY(store_->logs().hash_at(info.log, seq));
    if (hash && seq > info.base_seq) out.push_back({info.log, seq, *hash});
  }
  return crdt::space_digest(std::move(out));
}

Result<bool> Replica::knows(const crdt::Position& place) const {
  return TRY(store_->logs().find_place(place.log, place.seq, place.hash.view())).has_value();
}

Result<std::vector<crdt::Position>> Replica::places(const LogId& log) const {
  constexpr auto kMost = sync::MessageLimits{}.places_max;
  std::vector<crdt::Position> out;
  for (const auto& info : TRY(store_->logs().tree(log))) {
    std::uint64_t step = 1;
    for (auto seq = info.sealed_seq; out.size() + 1 < kMost; step *= 2) {
      auto place = TRY(store_->logs().end_before(info.log, seq));
      place.log = log;
      if (place.seq <= info.base_seq) break;
      out.push_back(place);
      seq = place.seq > step ? place.seq - step : 0;
    }
    if (!info.is_branch()) {
      out.push_back({log, 0, crdt::chain_start(info.space, log)});
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::vector<crdt::Position>> Replica::furthest(std::vector<crdt::Position> places) const {
  if (places.empty()) return places;
  const auto tree = TRY(store_->logs().tree(places.front().log));
  std::map<LogId, crdt::Position> ends;
  std::vector<crdt::Position> out;
  for (const auto& place : places) {
    const auto at = TRY(store_->logs().find_place(place.log, place.seq, place.hash.view()));
    if (!at) {
      out.push_back(place);
    } else if (ends[at->log].seq <= place.seq) {
      ends[at->log] = place;
    }
  }
  for (const auto& end : ends) {
    const auto& log = end.first;
    const bool is_passed = std::any_of(tree.begin(), tree.end(), [&](const auto& info) {
      if (info.log == log || !ends.contains(info.log) || ends[info.log].seq == 0) return false;
      const auto path = path_to(tree, info);
      return std::any_of(path.begin(), path.end(),
                         [&](const auto* step) { return step->log == log; });
    });
    if (!is_passed) out.push_back(end.second);
  }
  return out;
}

Result<std::optional<sync::Range>> Replica::next_range(
    const LogId& log, const std::vector<crdt::Position>& theirs) const {
  const auto& logs = store_->logs();
  const auto tree = TRY(logs.tree(log));
  std::map<LogId, std::uint64_t> held;
  for (const auto& place : theirs) {
    if (place.seq == 0) continue;
    if (place.hash == Digest{}) {
      if (tree.size() == 1) mark(tree, log, std::min(place.seq, tree[0].sealed_seq), held);
      continue;
    }
    const auto at = TRY(logs.find_place(log, place.seq, place.hash.view()));
    if (at) mark(tree, at->log, place.seq, held);
  }
  for (const auto& end : tree) {
    if (end.frozen || end.sealed_seq == end.base_seq) continue;
    const auto path = path_to(tree, end);
    std::uint64_t from = 0;
    for (const auto* step : path) {
      if (const auto known = held.find(step->log); known != held.end()) from = known->second;
    }
    if (from >= end.sealed_seq) continue;
    auto before = TRY(logs.hash_at(end.log, from));
    if (!before) {
      from = 0;
      before = TRY(logs.hash_at(end.log, from));
    }
    sync::Range range;
    for (const auto* step : path) {
      if (step->stored_seq <= from) continue;
      const auto heads = TRY(logs.heads(step->log, from + 1, UINT64_MAX));
      if (heads.empty()) continue;
      range.head = heads.front();
      break;
    }
    if (range.head.seq == 0) continue;
    if (from > 0) {
      range.before = shorten(*before);
      // Whoever is sent what follows `from` is known to hold the change that ends there.
      const auto last = TRY(logs.at(end.log, from));
      if (last && last->change.last_seq() == from) range.base = crdt::base_after(last->change);
    }
    std::set<ObjectId> attached;
    for (auto next = from + 1; next <= range.head.seq;) {
      auto changes = TRY(logs.read(end.log, next, kRangeBytes, 1024));
      if (changes.empty()) return fail(Code::corrupt, "a log has a gap before its head");
      for (auto& item : changes) {
        if (item.change.seq > range.head.seq) break;
        next = item.change.last_seq() + 1;
        TRY(attach_salts(logs, end.log, item.change, attached));
        range.changes.push_back(std::move(item.change));
      }
    }
    return std::optional<sync::Range>(std::move(range));
  }
  return std::optional<sync::Range>();
}

Result<std::optional<sync::Range>> Replica::next_range(const LogId& log, std::uint64_t seq) const {
  std::vector<crdt::Position> held;
  const auto hash = TRY(store_->logs().hash_at(log, seq));
  if (hash && seq > 0) held.push_back({log, seq, *hash});
  return next_range(log, held);
}

}  // namespace holm::node
