#include "work/rules/life.h"

#include <algorithm>
#include <set>

#include "base/wire.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::work::rules {
namespace {

/// Putting something away keeps nothing alive.
bool is_archiving(const crdt::Op& op) {
  return op.field == field::kArchived || op.field == field::kSeen ||
         (op.type == kMessage && op.field == message::kRetracted);
}

std::uint64_t known(const Seen& seen, const LogId& log) {
  const auto at = seen.find(log);
  return at != seen.end() ? at->second : 0;
}

/// Writers of what happened to an object beyond `seen`, archiving apart.
Status add_unseen(const State& state, const Ref& ref, const Seen& seen, std::set<MemberId>& out) {
  for (const auto& one : TRY(state.history(ref))) {
    if (one.mark != crdt::Mark::valid) continue;
    const auto limit = known(seen, one.change.log);
    auto seq = one.change.seq;
    for (const auto& op : one.change.ops) {
      if (seq > limit && op.object == ref.object && !is_archiving(op)) out.insert(one.author);
      seq += op.span();
    }
  }
  return {};
}

/// The same for a whole room: ops of its logs beyond `seen`, less those that archive the room.
Status add_unseen_in_room(const State& state, const Ref& room, const Seen& seen,
                          std::set<MemberId>& out) {
  std::map<LogId, std::uint64_t> beyond;
  for (const auto& [log, seq] : TRY(state.positions(room.space)))
    if (seq > known(seen, log)) beyond[log] = seq - known(seen, log);
  if (beyond.empty()) return {};
  for (const auto& one : TRY(state.history(room))) {
    const auto at = beyond.find(one.change.log);
    if (at == beyond.end()) continue;
    auto seq = one.change.seq;
    for (const auto& op : one.change.ops) {
      const bool no_writing = is_archiving(op) || one.mark != crdt::Mark::valid;
      if (seq > known(seen, one.change.log) && op.object == room.object && no_writing)
        at->second -= std::min(at->second, op.span());
      seq += op.span();
    }
  }
  for (const auto& [log, count] : beyond)
    if (count > 0) out.insert(state.author(log).value_or(MemberId{}));
  return {};
}

/// Whether an item stands in a checklist.
Result<bool> has_items(const State& state, const Ref& checklist) {
  for (const auto& item : TRY(state.find({.type = kItem,
                          .space = checklist.space,
                          .where = {{field::kPlace, id_value(checklist.object)}}})))
    if (!TRY(life_of(state, item)).archived) return true;
  return false;
}

Status find_parts(const State& state, const Ref& owner, std::uint32_t type, std::uint32_t field,
                  std::vector<Ref>& out) {
  const auto found = TRY(
      state.find({.type = type, .space = owner.space, .where = {{field, id_value(owner.object)}}}));
  out.insert(out.end(), found.begin(), found.end());
  return {};
}

}  // namespace

Value encode(const Seen& seen) {
  auto out = Value::array();
  for (const auto& [log, seq] : seen) out.push(Value(Value::Array{id_value(log), Value(seq)}));
  return out;
}

Seen decode_seen(const Value& value) {
  Seen out;
  for (const auto& item : value.items()) {
    if (item.items().size() != 2) continue;
    const auto log = id_in<LogId>(item.items()[0]);
    const auto seq = item.items()[1].number();
    if (log && seq > 0) out[*log] = static_cast<std::uint64_t>(seq);
  }
  return out;
}

Result<std::vector<Ref>> parts_of(const State& state, const Ref& owner, std::uint32_t type) {
  std::vector<Ref> out;
  switch (type) {
    case kCard: {
      TRY(find_parts(state, owner, kChecklist, field::kParent, out));
      const auto checklists = out;
      for (const auto& checklist : checklists)
        TRY(find_parts(state, checklist, kItem, field::kParent, out));
      TRY(find_parts(state, owner, kProgress, field::kParent, out));
      break;
    }
    case kThread: TRY(find_parts(state, owner, kMessage, field::kParent, out)); break;
    case kBoard:
      TRY(find_parts(state, owner, kColumn, field::kParent, out));
      TRY(find_parts(state, owner, kCard, card::kBoard, out));
      break;
    default: break;
  }
  TRY(find_parts(state, owner, kComment, field::kParent, out));
  return out;
}

Result<Seen> seen_of(const State& state, const Ref& ref, std::uint32_t type) {
  const auto positions = TRY(state.positions(ref.space));
  if (type == kRoom) return positions;
  // Only logs that wrote on it: a log that is left out counts as not seen, which it is.
  std::set<LogId> logs;
  const auto add_logs = [&](const Ref& one) -> Status {
    for (const auto& delivered : TRY(state.history(one))) logs.insert(delivered.change.log);
    return {};
  };
  TRY(add_logs(ref));
  for (const auto& part : TRY(parts_of(state, ref, type))) TRY(add_logs(part));
  Seen out;
  for (const auto& log : logs)
    if (const auto at = positions.find(log); at != positions.end()) out.insert(*at);
  return out;
}

Result<Life> life_of(const State& state, const Ref& ref) {
  const auto object = TRY(state.object(ref));
  if (!object) return Life{};
  return life_of(state, ref, *object);
}

Result<Life> life_of(const State& state, const Ref& ref, const crdt::ObjectState& object) {
  Life out;
  if (!is_archived(object)) return out;
  // No command archives a checklist: only undoing its making does, and that must hide nobody's
  // item.
  if (object.type == kChecklist && TRY(has_items(state, ref))) return out;
  const auto* archived = object.find(field::kArchived)->winner();
  out.archived = true;
  out.archived_by = state.author(archived->stamp.id.log).value_or(MemberId{});
  out.archived_at = moment_of(object, field::kArchived).value_or(WallTime{});
  const auto* cell = object.find(field::kSeen);
  if (!cell || object.type == kColumn) return out;
  // The list that was written together with the moment that stands.
  const auto same =
      std::find_if(cell->entries.begin(), cell->entries.end(), [&](const auto& entry) {
        return entry.stamp.id.log == archived->stamp.id.log &&
               entry.stamp.lamport == archived->stamp.lamport;
      });
  if (same == cell->entries.end()) return out;
  const auto decoded = decode_value(same->value);
  const auto seen =
      TRY(state.meant(ref.space, same->stamp.id, decode_seen(decoded ? *decoded : Value{})));

  std::set<MemberId> writers;
  if (object.type == kRoom) {
    TRY(add_unseen_in_room(state, ref, seen, writers));
  } else {
    TRY(add_unseen(state, ref, seen, writers));
    for (const auto& part : TRY(parts_of(state, ref, object.type)))
      TRY(add_unseen(state, part, seen, writers));
  }
  if (writers.empty()) return out;
  out.archived = false;
  out.lives = true;
  out.kept_by.assign(writers.begin(), writers.end());
  return out;
}

}  // namespace holm::work::rules
