#include "work/members/past.h"

#include <algorithm>

namespace holm::work::members {

bool Past::has(OpIndex op) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), op,
                                      [](OpIndex at, const Run& run) { return at < run.from; });
  return after != runs_.begin() && op < std::prev(after)->to;
}

void Past::add(OpIndex op) {
  if (runs_.empty() || op > runs_.back().to) {
    runs_.push_back({op, op + 1});
  } else if (op == runs_.back().to) {
    ++runs_.back().to;
  } else if (!has(op)) {
    Past one;
    one.runs_.push_back({op, op + 1});
    add(one);
  }
}

void Past::add(const Past& other) {
  if (other.runs_.empty()) return;
  if (runs_.empty()) {
    runs_ = other.runs_;
    return;
  }
  std::vector<Run> out;
  out.reserve(runs_.size() + other.runs_.size());
  auto ours = runs_.begin();
  auto theirs = other.runs_.begin();
  while (ours != runs_.end() || theirs != other.runs_.end()) {
    const bool take_ours =
        theirs == other.runs_.end() || (ours != runs_.end() && ours->from < theirs->from);
    const Run next = take_ours ? *ours++ : *theirs++;
    if (!out.empty() && next.from <= out.back().to) {
      out.back().to = std::max(out.back().to, next.to);
    } else {
      out.push_back(next);
    }
  }
  runs_ = std::move(out);
}

}  // namespace holm::work::members
