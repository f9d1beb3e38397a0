#include "crdt/column_base.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/wire.h"
#include "crdt/column_names.h"
#include "crypto/hash.h"

namespace holm::crdt {
namespace {

template <class T>
void keep_last(std::vector<T>& items) {
  if (items.size() <= ColumnBase::kNamedMax) return;
  items.erase(items.begin(), items.end() - ColumnBase::kNamedMax);
}

}  // namespace

ColumnBase base_after(const Change& last) {
  ColumnBase out;
  out.log = last.log;
  out.seq = last.seq + last.span();
  out.lamport = last.lamport;
  out.lead = static_cast<std::uint64_t>(last.time.time_since_epoch().count()) - last.lamport;
  out.membership = last.membership;
  std::map<LogId, std::size_t> places;
  const auto name = [&](const LogId& log, std::uint64_t seq) {
    const auto [at, is_new] = places.try_emplace(log, out.logs.size());
    if (is_new) out.logs.push_back({log, 0});
    out.logs[at->second].seq = seq;
  };
  for (const auto& dep : last.deps) name(dep.log, dep.seq);
  std::set<ObjectId> objects;
  for (const auto& op : last.ops) {
    if (objects.insert(op.object).second) out.objects.push_back(op.object);
    for (const auto& ref : op.refs) {
      if (ref.log != last.log) name(ref.log, ref.seq);
    }
    if (op.kind == Kind::text) out.caret = op.pos + (op.action == Action::insert ? op.len : 0);
  }
  const auto& op = last.ops.back();
  out.last.object = op.object;
  out.last.type = op.type;
  out.last.field = op.field;
  out.last.kind = op.kind;
  out.last.action = op.action;
  out.last.seed = op.seed;
  out.last.follows_own = op.follows_own;
  // The last op's object is what the next op's is likely to be: it stays, as the last of them.
  std::erase(out.objects, op.object);
  out.objects.push_back(op.object);
  keep_last(out.objects);
  keep_last(out.logs);
  return out;
}

std::array<std::uint8_t, 2> check_of(const ColumnBase& base) {
  Writer out;
  out.id(base.log).uint(base.seq).uint(base.lamport).uint(base.lead);
  out.array(base.membership.size());
  for (const auto& hash : base.membership) out.id(hash);
  out.array(base.objects.size());
  for (const auto& object : base.objects) out.id(object);
  out.array(base.logs.size());
  for (const auto& named : base.logs) out.id(named.log).uint(named.seq);
  out.uint(base.last.type).uint(base.last.field).uint(static_cast<std::uint64_t>(base.last.kind));
  out.uint(static_cast<std::uint64_t>(base.last.action)).uint(flags_of(base.last)).uint(base.caret);
  const auto digest = crypto::hash("holm column base v1", out.view());
  return {digest.bytes[0], digest.bytes[1]};
}

}  // namespace holm::crdt
