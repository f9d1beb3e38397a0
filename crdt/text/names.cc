#include "crdt/text/names.h"

#include <algorithm>

#include "base/ensure.h"

namespace holm::crdt::text {

std::size_t Names::index_of(Lv lv) const {
  ENSURE(lv < end_);
  if (lv >= runs_.back().begin) return runs_.size() - 1;
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), lv,
                                      [](Lv at, const Run& run) { return at < run.begin; });
  return static_cast<std::size_t>(after - runs_.begin()) - 1;
}

std::size_t Names::index_of(Lv lv, std::size_t hint) const {
  for (auto i = hint; i < runs_.size() && i < hint + 4 && runs_[i].begin <= lv; ++i) {
    if (lv < end_of(i)) return i;
  }
  return index_of(lv);
}

OpId Names::id_of(Lv lv) const {
  const auto& run = runs_[index_of(lv)];
  return {logs_[run.agent], run.seq + (lv - run.begin)};
}

Lv Names::stretch_of(Lv lv, Lv len_max) const {
  return std::min(len_max, end_of(index_of(lv)) - lv);
}

std::optional<Agent> Names::find_agent(const LogId& log) const {
  // Most who ask have just written.
  if (!runs_.empty() && logs_[runs_.back().agent] == log) return runs_.back().agent;
  const auto at = by_log_.find(log);
  return at != by_log_.end() ? std::optional(at->second) : std::nullopt;
}

std::optional<Agent> Names::find_brief(std::uint32_t name) const {
  if (!runs_.empty() && by_brief_.size() == 1) {
    return brief(logs_[0]) == name ? std::optional<Agent>(0) : std::nullopt;
  }
  const auto [first, last] = by_brief_.equal_range(name);
  if (first == last || std::next(first) != last) return std::nullopt;
  return first->second;
}

Agent Names::agent_of(const LogId& log) {
  if (const auto known = find_agent(log)) return *known;
  by_log_.emplace(log, static_cast<Agent>(logs_.size()));
  by_brief_.emplace(brief(log), static_cast<Agent>(logs_.size()));
  logs_.push_back(log);
  known_.emplace_back();
  return static_cast<Agent>(logs_.size() - 1);
}

Names::Stretch Names::stretch(Agent agent, std::uint64_t seq, std::uint64_t len_max) const {
  const auto& [known, behind] = known_[agent];
  if (known.empty()) return {.first = std::nullopt, .len = len_max};
  const auto inside = [&](const Known& at) -> Stretch {
    const auto offset = seq - at.seq;
    return {.first = at.begin + static_cast<Lv>(offset), .len = std::min(len_max, at.len - offset)};
  };
  const auto& last = known.back();
  if (seq >= last.seq) {
    if (seq - last.seq < last.len) return inside(last);
    return {.first = std::nullopt, .len = len_max};
  }
  const auto after =
      std::upper_bound(known.begin(), known.end(), seq,
                       [](std::uint64_t at, const Known& one) { return at < one.seq; });
  if (after != known.begin()) {
    const auto& before = *std::prev(after);
    if (seq - before.seq < before.len) return inside(before);
  }
  auto free = std::min(len_max, after->seq - seq);
  if (!behind.empty()) {
    const auto next = behind.upper_bound(seq);
    if (next != behind.begin()) {
      const auto& before = std::prev(next)->second;
      if (seq - before.seq < before.len) return inside(before);
    }
    if (next != behind.end()) free = std::min(free, next->first - seq);
  }
  return {.first = std::nullopt, .len = free};
}

std::optional<Lv> Names::find(const OpId& id) const {
  const auto agent = find_agent(id.log);
  return agent ? stretch(*agent, id.seq, 1).first : std::nullopt;
}

void Names::append(Agent agent, std::uint64_t seq, Lv len) {
  auto& [known, behind] = known_[agent];
  const bool is_next = known.empty() || seq >= known.back().seq + known.back().len;
  if (is_next && !known.empty() && seq == known.back().seq + known.back().len &&
      known.back().begin + known.back().len == end_) {
    known.back().len += len;  // and the last of runs_ goes on by itself
    end_ += len;
    return;
  }
  const Known one{.seq = seq, .begin = end_, .len = len};
  if (is_next) {
    known.push_back(one);
  } else {
    behind.emplace(seq, one);
  }
  runs_.push_back({.begin = end_, .agent = agent, .seq = seq});
  end_ += len;
}

void Names::truncate(Lv end) {
  while (!runs_.empty() && end_ > end) {
    const auto run = runs_.back();
    auto& [known, behind] = known_[run.agent];
    const auto at = behind.find(run.seq);
    if (run.begin < end) {
      (at != behind.end() ? at->second : known.back()).len = end - run.begin;
      end_ = end;
      break;
    }
    if (at != behind.end()) {
      behind.erase(at);
    } else {
      known.pop_back();
    }
    runs_.pop_back();
    end_ = run.begin;
  }
  while (!logs_.empty() && known_.back().is_empty()) {
    const auto gone = static_cast<Agent>(logs_.size() - 1);
    by_log_.erase(logs_.back());
    auto [at, last] = by_brief_.equal_range(brief(logs_.back()));
    while (at != last && at->second != gone) ++at;
    if (at != last) by_brief_.erase(at);
    logs_.pop_back();
    known_.pop_back();
  }
}

}  // namespace holm::crdt::text
