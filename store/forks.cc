#include "store/forks.h"

#include <algorithm>

#include "crdt/object.h"
#include "store/sqlite.h"

namespace holm::store {

std::int64_t ForkMap::place(std::int64_t no, std::uint64_t seq) const {
  for (auto at = branches.find(no); at != branches.end() && seq <= at->second.base_seq;
       at = branches.find(no)) {
    no = at->second.parent_no;
  }
  return no;
}

std::int64_t ForkMap::meant(std::int64_t no, std::uint64_t seq, const LogId& name) const {
  for (;;) {
    if (const auto known = aliases.find({no, name}); known != aliases.end()) {
      const auto& said = known->second;
      auto last = std::upper_bound(said.begin(), said.end(), std::pair(seq, INT64_MAX));
      if (last != said.begin()) return std::prev(last)->second;
    }
    const auto branch = branches.find(no);
    if (branch == branches.end()) return 0;
    no = branch->second.parent_no;
    seq = branch->second.base_seq;
  }
}

std::vector<crdt::OpId> ForkMap::path(std::int64_t no, std::uint64_t at,
                                      const crdt::OpId& name) const {
  const auto own = names.find(place(no, 0));
  auto target = own != names.end() && own->second == name.log ? no : meant(no, at, name.log);
  if (target == 0) {
    const auto known = numbers.find(name.log);
    if (known == numbers.end()) return {name};
    target = known->second;
  }
  target = place(target, name.seq);
  std::vector<crdt::OpId> out{{names.at(target), name.seq}};
  for (auto branch = branches.find(target); branch != branches.end();
       branch = branches.find(branch->second.parent_no)) {
    out.push_back({names.at(branch->second.parent_no), branch->second.base_seq});
  }
  return out;
}

void ForkMap::put_names(std::int64_t no, crdt::Change& change) const {
  const auto root = change.log;
  const auto own = branches.find(no);
  auto branching = std::make_shared<crdt::Branching>();
  for (auto at = own; at != branches.end(); at = branches.find(at->second.parent_no)) {
    branching->trunk.push_back(names.at(at->second.parent_no));
  }
  for (std::size_t i = 0; i < change.ops.size(); ++i) {
    auto& op = change.ops[i];
    std::vector<crdt::OpId> refs = op.refs;
    for (auto& ref : refs) {
      const auto target =
          ref.log == root ? (own != branches.end() ? no : 0) : meant(no, change.seq, ref.log);
      if (target != 0) ref.log = names.at(place(target, ref.seq));
    }
    if (refs == op.refs) continue;
    if (op.seed && op.content.size() == op.content_bytes) {
      branching->seeds.emplace_back(i, crdt::seed_id(op).log);
    }
    std::sort(refs.begin(), refs.end());
    refs.erase(std::unique(refs.begin(), refs.end()), refs.end());
    op.refs = std::move(refs);
  }
  if (own != branches.end()) change.log = names.at(no);
  if (!branching->trunk.empty() || !branching->seeds.empty()) {
    change.branching = std::move(branching);
  }
}

Result<const ForkMap*> Forks::map() {
  if (rollbacks_ != db_.rollbacks()) {
    rollbacks_ = db_.rollbacks();
    is_known_ = false;
  }
  if (is_known_) return &map_;
  map_ = {};
  {
    auto rows = TRY(db_.prepare("SELECT log_no, parent_no, root_no, base_seq FROM branch"));
    while (TRY(rows.step())) {
      map_.branches[rows.number(0)] = {rows.number(1), rows.number(2), rows.count(3)};
    }
  }
  {
    auto rows =
        TRY(db_.prepare("SELECT log_no, name, seq, target_no FROM alias ORDER BY log_no, name, "
                        "seq"));
    while (TRY(rows.step())) {
      map_.aliases[{rows.number(0), TRY(rows.id<LogId>(1))}].emplace_back(rows.count(2),
                                                                          rows.number(3));
    }
  }
  {
    auto rows = TRY(db_.prepare(
        "SELECT no, id FROM log WHERE no IN (SELECT log_no FROM branch UNION SELECT parent_no FROM "
        "branch UNION SELECT root_no FROM branch UNION SELECT log_no FROM alias UNION SELECT "
        "target_no FROM alias)"));
    while (TRY(rows.step())) {
      const auto name = TRY(rows.id<LogId>(1));
      map_.names[rows.number(0)] = name;
      map_.numbers[name] = rows.number(0);
    }
  }
  is_known_ = true;
  return &map_;
}

}  // namespace holm::store
