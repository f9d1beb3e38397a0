#include "node/membership.h"

namespace holm::node {
namespace members = work::members;

namespace {
constexpr std::size_t kFrontiersKept = 256;
}

bool Membership::add(std::vector<Bytes> ops) {
  bool is_new = false;
  for (auto& bytes : ops) {
    const auto hash = members::op_hash(bytes);
    if (ops_.contains(hash)) continue;
    auto op = members::decode_op(bytes);
    if (!op) continue;
    parents_[hash] = op->past;
    ops_.emplace(hash, std::move(bytes));
    is_new = true;
  }
  if (is_new) {
    std::vector<Bytes> all;
    for (const auto& [hash, bytes] : ops_) all.push_back(bytes);
    roster_ = members::resolve(team_, all, verified_);
  }
  return is_new;
}

void Membership::clear() {
  ops_.clear();
  parents_.clear();
  at_.clear();
  roster_ = {};
}

const members::Roster* Membership::at(const std::vector<ShortHash>& frontier) {
  if (frontier == roster_.frontier) return &roster_;
  const auto known = at_.find(frontier);
  if (known != at_.end()) return &known->second;
  std::set<ShortHash> past;
  std::vector<ShortHash> next = frontier;
  while (!next.empty()) {
    const auto hash = next.back();
    next.pop_back();
    if (!past.insert(hash).second) continue;
    const auto found = parents_.find(hash);
    if (found == parents_.end()) return nullptr;
    next.insert(next.end(), found->second.begin(), found->second.end());
  }
  std::vector<Bytes> ops;
  for (const auto& hash : past) ops.push_back(ops_.at(hash));
  if (at_.size() >= kFrontiersKept) at_.clear();
  return &(at_[frontier] = members::resolve(team_, ops, verified_));
}

}  // namespace holm::node
