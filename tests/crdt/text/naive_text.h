// The obviously right text: one node per code point in an explicit FugueMax tree (Weidner &
// Kleppmann 2023, algorithm 1 and section 5), each op's position resolved in the version it was
// written on, computed from scratch. Quadratic and worse; only for tests.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "crdt/text/text.h"
#include "crdt/text/utf8.h"

namespace holm::test {

class NaiveText {
 public:
  /// Adds a run. False when it does not fit: a parent unknown, a position outside, content that is
  /// not what it says, an id that has another meaning. The text is then of no further use.
  bool add(const crdt::TextRun& run) {
    if (run.len == 0 ||
        crdt::utf8::checked_count(run.text) != (run.insert && !run.wiped ? run.len : 0)) {
      return false;
    }
    const std::vector<std::string> points = split(run.text);
    std::set<crdt::OpId> parents(run.parents.begin(), run.parents.end());
    for (std::uint64_t k = 0; k < run.len; ++k) {
      Op op;
      op.id = {run.id.log, run.id.seq + k};
      op.parents.assign(parents.begin(), parents.end());
      op.insert = run.insert;
      op.is_void = run.is_void;
      op.wiped = run.wiped;
      op.pos = run.insert ? run.pos + k : run.pos;
      if (run.insert && !run.wiped) op.content = points[k];
      parents = {op.id};
      for (const auto& parent : op.parents) {
        if (!by_id_.count(parent)) return false;
      }
      const auto known = by_id_.find(op.id);
      if (known == by_id_.end() ? !add(op) : !same(ops_[known->second], op)) return false;
    }
    return true;
  }

  std::string text() const {
    std::string out;
    for (auto index : visible()) out += ops_[index].content;
    return out;
  }
  std::uint64_t size() const { return visible().size(); }

  std::vector<crdt::OpId> frontier() const {
    std::set<crdt::OpId> heads;
    for (const auto& op : ops_) heads.insert(op.id);
    for (const auto& op : ops_) {
      for (const auto& parent : op.parents) heads.erase(parent);
    }
    return {heads.begin(), heads.end()};
  }

  /// Code points that an author at `version` saw.
  std::uint64_t size_at(const std::vector<crdt::OpId>& version) const {
    return standing(past(version)).size();
  }
  /// The text made of the ops in the past of `version` alone.
  std::string at(const std::vector<crdt::OpId>& version) const {
    const auto wanted = past(version);
    NaiveText other;
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      if (wanted.count(i)) other.add(ops_[i]);
    }
    return other.text();
  }

  std::vector<crdt::OpId> ids_in_order() const {
    std::vector<crdt::OpId> out;
    for (auto index : visible()) out.push_back(ops_[index].id);
    return out;
  }
  /// Where an anchor stands; nothing when its id is no code point.
  std::optional<std::uint64_t> resolve(const crdt::Anchor& anchor) const {
    if (anchor.id.log.is_nil()) return anchor.after ? size() : 0;
    const auto found = by_id_.find(anchor.id);
    if (found == by_id_.end() || !ops_[found->second].insert) return std::nullopt;
    std::uint64_t pos = 0;
    for (auto index : order()) {
      const bool shown = shows(index);
      if (index == found->second) return pos + (shown && anchor.after ? 1 : 0);
      pos += shown ? 1 : 0;
    }
    return std::nullopt;
  }
  /// The code points that one erase op took away, without void ones: id, place, content.
  struct Gone {
    crdt::OpId id;
    std::uint64_t pos = 0;
    std::string content;
    bool wiped = false;
  };
  std::optional<Gone> removed_by(const crdt::OpId& id) const {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    const Op& op = ops_[found->second];
    if (op.insert || op.is_void || ops_[op.target].is_void) return std::nullopt;
    const Op& target = ops_[op.target];
    return Gone{target.id, *resolve({.id = target.id, .after = false}), target.content,
                target.wiped};
  }

 private:
  using Index = std::size_t;
  static constexpr Index kRoot = ~Index{0};
  static constexpr Index kEnd = ~Index{0} - 1;

  struct Op {
    crdt::OpId id;
    std::vector<crdt::OpId> parents;
    bool insert = true, is_void = false, wiped = false;
    std::uint64_t pos = 0;
    std::string content;
    // Erase.
    Index target = 0;
    // Insert: its place in the tree.
    Index parent = kRoot;
    bool is_right_child = true;
    Index right_origin = kEnd;
  };

  static bool same(const Op& a, const Op& b) {
    return a.parents == b.parents && a.insert == b.insert && a.pos == b.pos &&
           (a.wiped || b.wiped || a.content == b.content);
  }

  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = crdt::utf8::next(text, at);
      out.push_back(text.substr(at, end - at));
      at = end;
    }
    return out;
  }

  std::set<Index> past(const std::vector<crdt::OpId>& version) const {
    std::set<Index> seen;
    std::vector<Index> open;
    for (const auto& id : version) open.push_back(by_id_.at(id));
    while (!open.empty()) {
      const Index index = open.back();
      open.pop_back();
      if (!seen.insert(index).second) continue;
      for (const auto& id : ops_[index].parents) open.push_back(by_id_.at(id));
    }
    return seen;
  }

  /// All inserts in document order.
  std::vector<Index> order() const {
    std::vector<Index> out;
    visit(kRoot, out);
    return out;
  }
  void visit(Index node, std::vector<Index>& out) const {
    const auto found = children_.find(node);
    if (found != children_.end()) {
      for (auto child : found->second.left) visit(child, out);
    }
    if (node != kRoot) out.push_back(node);
    if (found != children_.end()) {
      for (auto child : found->second.right) visit(child, out);
    }
  }
  std::vector<Index> standing(const std::set<Index>& version) const {
    std::set<Index> erased;
    for (auto index : version) {
      if (!ops_[index].insert) erased.insert(ops_[index].target);
    }
    std::vector<Index> out;
    for (auto index : order()) {
      if (version.count(index) && !erased.count(index)) out.push_back(index);
    }
    return out;
  }
  bool shows(Index index) const {
    if (ops_[index].is_void || ops_[index].wiped) return false;
    return std::none_of(ops_.begin(), ops_.end(), [&](const Op& op) {
      return !op.insert && !op.is_void && op.target == index;
    });
  }
  std::vector<Index> visible() const {
    std::vector<Index> out;
    for (auto index : order()) {
      if (shows(index)) out.push_back(index);
    }
    return out;
  }

  bool add(Op op) {
    const auto version = past(op.parents);
    const auto seen = standing(version);
    const Index self = ops_.size();
    if (!op.insert) {
      if (op.pos >= seen.size()) return false;
      op.target = seen[op.pos];
      ops_.push_back(op);
      by_id_[op.id] = self;
      return true;
    }
    if (op.pos > seen.size()) return false;
    // Left origin: the code point before, as the author saw it. Right origin: what followed that
    // one, erased or not.
    const Index left = op.pos == 0 ? kRoot : seen[op.pos - 1];
    const auto all = order();
    std::vector<Index> known;
    for (auto index : all) {
      if (version.count(index)) known.push_back(index);
    }
    Index right = kEnd;
    if (left == kRoot) {
      if (!known.empty()) right = known.front();
    } else {
      const auto after = std::next(std::find(known.begin(), known.end(), left));
      if (after != known.end()) right = *after;
    }
    const auto is_known_right_child = [&](Index child) { return version.count(child) > 0; };
    const auto& siblings = children_[left].right;
    if (std::any_of(siblings.begin(), siblings.end(), is_known_right_child)) {
      op.parent = right;
      op.is_right_child = false;
    } else {
      op.parent = left;
      op.is_right_child = true;
    }
    op.right_origin = right;
    ops_.push_back(op);
    by_id_[op.id] = self;
    auto& children = children_[op.parent];
    if (!op.is_right_child) {
      children.left.push_back(self);
      std::sort(children.left.begin(), children.left.end(),
                [&](Index a, Index b) { return ops_[a].id < ops_[b].id; });
      return true;
    }
    std::map<Index, std::size_t> rank;
    for (std::size_t i = 0; i < all.size(); ++i) rank[all[i]] = i;
    rank[kEnd] = all.size();
    children.right.push_back(self);
    std::sort(children.right.begin(), children.right.end(), [&](Index a, Index b) {
      const auto ra = rank.at(ops_[a].right_origin);
      const auto rb = rank.at(ops_[b].right_origin);
      return ra != rb ? ra > rb : ops_[a].id < ops_[b].id;
    });
    return true;
  }

  struct Children {
    std::vector<Index> left, right;
  };
  std::vector<Op> ops_;
  std::map<crdt::OpId, Index> by_id_;
  std::map<Index, Children> children_;
};

}  // namespace holm::test
