#include "work/rules/resolution.h"

#include <algorithm>
#include <set>

#include "work/read.h"
#include "work/schema.h"

namespace holm::work::rules {
namespace {

/// [log, seq, after]
std::optional<crdt::Anchor> anchor_in(const Value& value) {
  const auto& items = value.items();
  if (items.size() != 3 || items[1].number() < 0) return std::nullopt;
  const auto log = id_in<LogId>(items[0]);
  if (!log) return std::nullopt;
  return crdt::Anchor{{*log, static_cast<std::uint64_t>(items[1].number())}, items[2].flag()};
}

}  // namespace

std::string Resolution::text() const {
  if (!resolved) return "open";
  if (unseen.empty()) return "resolved";
  return "resolved, " + std::to_string(unseen.size()) + " new";
}

bool Resolution::open_to(const MemberId& member) const {
  return !resolved || std::binary_search(open_for.begin(), open_for.end(), member);
}

Result<std::vector<Ref>> replies_of(const State& state, const Ref& ref) {
  const auto object = TRY(state.object(ref));
  if (!object) return std::vector<Ref>{};
  if (object->type == kThread)
    return state.find(
        {.type = kMessage, .space = ref.space, .where = {{field::kParent, id_value(ref.object)}}});
  return state.find(
      {.type = kComment,
       .space = ref.space,
       .where = {{comment::kReplyTo, id_value(ref.object)}, {field::kArchived, Value()}}});
}

Result<Resolution> resolution_of(const State& state, const Ref& ref) {
  Resolution out;
  const auto object = TRY(state.object(ref));
  if (!object) return out;
  static_assert(thread::kResolved == comment::kResolved);
  const auto value = value_of(*object, thread::kResolved);
  const auto& items = value.items();
  if (items.size() < 2) return out;
  out.resolved = true;
  out.by = id_in<MemberId>(items[0]).value_or(MemberId{});
  out.at = WallTime{Millis{items[1].number()}};
  if (items.size() < 3) return out;
  const auto& by = object->find(thread::kResolved)->winner()->stamp.id;
  const auto seen = TRY(state.meant(ref.space, by, decode_seen(items[2])));
  std::set<MemberId> writers;
  for (const auto& reply : TRY(replies_of(state, ref))) {
    const auto one = TRY(state.object(reply));
    if (!one) continue;
    const auto& born = one->born.stamp.id;
    const auto at = seen.find(born.log);
    if (born.seq <= (at != seen.end() ? at->second : 0)) continue;
    out.unseen.push_back(reply);
    if (const auto author = state.author(born.log)) writers.insert(*author);
  }
  out.open_for.assign(writers.begin(), writers.end());
  return out;
}

Result<Value> resolved_value(const State& state, const Ref& ref, const MemberId& by, WallTime now) {
  const auto positions = TRY(state.positions(ref.space));
  Seen seen;
  for (const auto& reply : TRY(replies_of(state, ref))) {
    const auto one = TRY(state.object(reply));
    if (!one) continue;
    const auto at = positions.find(one->born.stamp.id.log);
    if (at != positions.end()) seen.insert(*at);
  }
  return Value(Value::Array{
      id_value(by), Value(static_cast<long long>(now.time_since_epoch().count())), encode(seen)});
}

Result<std::optional<CommentPlace>> comment_place(const State& state, const Ref& comment_ref) {
  const auto object = TRY(state.object(comment_ref));
  if (!object) return std::optional<CommentPlace>{};
  const auto value = value_of(*object, comment::kAnchor);
  const auto target = object_of(*object, field::kParent);
  const auto& items = value.items();
  if (items.size() != 4 || !target || items[0].number() <= 0) return std::optional<CommentPlace>{};
  auto from = anchor_in(items[1]);
  auto to = anchor_in(items[2]);
  if (!from || !to) return std::optional<CommentPlace>{};
  const auto& by = object->find(comment::kAnchor)->winner()->stamp.id;
  for (auto* anchor : {&*from, &*to}) anchor->id = TRY(state.meant(by, anchor->id));
  CommentPlace out;
  out.field = static_cast<std::uint32_t>(items[0].number());
  out.quote = std::string(items[3].text());
  const auto text = TRY(state.full_text({comment_ref.space, *target}, out.field));
  const auto first = text.resolve(*from);
  const auto last = text.resolve(*to);
  out.orphaned = !first || !last || *first >= *last;
  if (!out.orphaned) {
    out.from = *first;
    out.to = *last;
  }
  return std::optional(out);
}

}  // namespace holm::work::rules
