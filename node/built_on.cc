#include "node/built_on.h"

#include <algorithm>
#include <optional>

namespace holm::node {
namespace {

constexpr std::size_t kReadBytes = 1u << 20;
constexpr std::size_t kReadChanges = 1024;
constexpr std::uint64_t kAnyLamport = ~std::uint64_t{0};

/// Goes back from some places along what changes name, as long as lamports fall and matter.
class Walk {
 public:
  Walk(const store::Logs& logs, const std::map<LogId, std::uint64_t>& wanted)
      : logs_(logs), wanted_(wanted), floor_(kAnyLamport) {
    for (const auto& [log, lamport] : wanted) floor_ = std::min(floor_, lamport);
  }

  Result<std::map<LogId, std::uint64_t>> run(const SpaceId& space,
                                             const std::vector<crdt::OpId>& places) {
    if (wanted_.empty()) return std::move(out_);
    space_ = space;
    has_forks_ = TRY(logs_.has_forks());
    for (const auto& info : TRY(logs_.of_space(space))) infos_.emplace(info.log, info);
    for (const auto& place : places) open_[place.log][place.seq] = kAnyLamport;
    while (!open_.empty()) {
      const auto next = open_.extract(open_.begin());
      TRY(walk(next.key(), next.mapped()));
    }
    return std::move(out_);
  }

 private:
  /// Ends of changes that were named, and below which lamport they have to lie.
  using Ends = std::map<std::uint64_t, std::uint64_t>;

  Status walk(const LogId& log, const Ends& ends) {
    const auto found = infos_.find(log);
    if (found == infos_.end()) return {};
    const auto& info = found->second;
    auto& walked = walked_.try_emplace(log, info.base_seq).first->second;
    const auto from = walked;
    auto end = ends.rbegin();
    for (; end != ends.rend() && end->first > from; ++end) {
      const auto change = TRY(logs_.at(log, end->first));
      if (!change || change->change.lamport >= end->second) continue;
      if (change->change.lamport < floor_) return {};
      break;
    }
    if (end == ends.rend()) return {};
    if (end->first <= from) return {};
    const auto top = walked = end->first;
    if (end->second != kAnyLamport && wanted_.contains(info.root)) {
      auto& reached = out_[info.root];
      reached = std::max(reached, top);
    }
    const auto first = TRY(first_from(logs_, log, from, top, floor_));
    for (auto at = first; at <= top;) {
      const auto changes = TRY(logs_.read(log, at, kReadBytes, kReadChanges));
      if (changes.empty()) break;
      for (const auto& held : changes) {
        at = held.change.last_seq() + 1;
        if (held.change.seq > top) break;
        TRY(follow(held.change));
      }
    }
    if (info.is_branch() && from == info.base_seq && first == from + 1) {
      open(info.parent, info.base_seq, kAnyLamport);
    }
    return {};
  }

  Status follow(const crdt::Change& change) {
    for (const auto& dep : change.deps) {
      const auto log =
          has_forks_ ? TRY(logs_.find_dep(space_, dep)) : std::optional<LogId>(dep.log);
      if (log) open(*log, dep.seq, change.lamport);
    }
    return {};
  }

  void open(const LogId& log, std::uint64_t seq, std::uint64_t below) {
    const auto walked = walked_.find(log);
    if (seq == 0 || (walked != walked_.end() && walked->second >= seq)) return;
    auto& known = open_[log][seq];
    known = std::max(known, below);
  }

  const store::Logs& logs_;
  const std::map<LogId, std::uint64_t>& wanted_;
  std::uint64_t floor_;
  SpaceId space_;
  bool has_forks_ = false;
  std::map<LogId, store::LogInfo> infos_;
  std::map<LogId, Ends> open_;
  std::map<LogId, std::uint64_t> walked_;  ///< all up to this op
  std::map<LogId, std::uint64_t> out_;
};

}  // namespace

Result<std::uint64_t> first_from(const store::Logs& logs, const LogId& log, std::uint64_t after,
                                 std::uint64_t last, std::uint64_t lamport) {
  // Lamports never fall along a log. What is asked for is mostly near its end.
  const auto reaches = [&](std::uint64_t seq) -> Result<bool> {
    const auto held = TRY(logs.at(log, seq));
    return held && held->change.lamport >= lamport;
  };
  auto none = after;     // the last op known to lie below; `after` as good as one
  auto some = last + 1;  // the least op known to reach it
  for (std::uint64_t step = 16; some > none + 1; step *= 4) {
    const auto probe = some - none > step ? some - step : none + 1;
    if (!TRY(reaches(probe))) {
      none = probe;
      break;
    }
    some = probe;
  }
  while (some > none + 1) {
    const auto middle = none + (some - none) / 2;
    (TRY(reaches(middle)) ? some : none) = middle;
  }
  if (some > last) return some;
  const auto held = TRY(logs.at(log, some));
  return held ? std::max(held->change.seq, after + 1) : last + 1;
}

Result<std::map<LogId, std::uint64_t>> built_on(const store::Logs& logs, const SpaceId& space,
                                                const std::vector<crdt::OpId>& places,
                                                const std::map<LogId, std::uint64_t>& wanted) {
  return Walk(logs, wanted).run(space, places);
}

}  // namespace holm::node
