// Undo is a change like any other: what it writes depends on what stands now, so that others' work
// is left alone, and undoing it again brings the first change back.
#include <algorithm>
#include <tuple>

#include "base/value.h"
#include "base/wire.h"
#include "crdt/replay.h"
#include "crdt/text/utf8.h"

namespace holm::crdt {
namespace {

using FieldKey = std::tuple<std::uint32_t, Kind, Bytes>;

/// Code points by first id and length; sorted and apart once read() is done.
using Ranges = std::vector<std::pair<OpId, std::uint64_t>>;

/// What `mine` did to one object, by cell and by text.
struct Done {
  std::uint32_t type = 0;
  std::map<FieldKey, std::vector<OpId>> writes;    // puts and adds, sorted
  std::map<FieldKey, std::vector<OpId>> removals;  // ids they took away, sorted
  std::map<std::uint32_t, std::uint64_t> counted;  // what takes a counter back, wrapping around
  std::map<std::uint32_t, Ranges> inserts;
  std::map<std::uint32_t, Ranges> erases;
};

/// The key of the cell that an op writes to; nothing when its content is gone.
std::optional<Bytes> key_of(const Op& op, const MemberId& self) {
  if (op.kind == Kind::member || op.kind == Kind::member_set) return to_bytes(self.view());
  if (op.kind != Kind::map) return Bytes{};
  auto in = Reader::open(op.content);
  if (!in || !in->array()) return std::nullopt;
  const auto key = in->text();
  if (!key) return std::nullopt;
  return to_bytes(*key);
}

void note_text(Done& done, const Op& op, const OpId& name) {
  auto& ranges = op.action == Action::insert ? done.inserts : done.erases;
  ranges[op.field].emplace_back(name, op.len);
}

/// Sorts ranges and joins those that go on from one another.
void join(Ranges& ranges) {
  std::sort(ranges.begin(), ranges.end());
  Ranges out;
  for (const auto& range : ranges) {
    if (!out.empty() && out.back().first.log == range.first.log &&
        out.back().first.seq + out.back().second == range.first.seq) {
      out.back().second += range.second;
    } else {
      out.push_back(range);
    }
  }
  ranges = std::move(out);
}

Done read(const Change& mine, const ObjectId& object, const MemberId& self) {
  Done done;
  for (const auto& [i, name] : op_names(mine, object)) {
    const auto& op = mine.ops[i];
    if (!is_known(op.kind, op.action)) continue;
    done.type = op.type;
    if (op.kind == Kind::text) {
      note_text(done, op, name);
      continue;
    }
    if (op.kind == Kind::counter) {
      const auto step = decode_value(op.content);
      if (step) done.counted[op.field] -= static_cast<std::uint64_t>(step->number());
      continue;
    }
    const auto key = key_of(op, self);
    if (!key) continue;
    const FieldKey at{op.field, op.kind, *key};
    if (op.action != Action::remove) done.writes[at].push_back(name);
    auto& removed = done.removals[at];
    removed.insert(removed.end(), op.refs.begin(), op.refs.end());
  }
  for (auto* lists : {&done.writes, &done.removals}) {
    for (auto& [at, ids] : *lists) std::sort(ids.begin(), ids.end());
  }
  for (auto* lists : {&done.inserts, &done.erases}) {
    for (auto& [field, ranges] : *lists) join(ranges);
  }
  return done;
}

bool contains(const std::vector<OpId>& sorted, const OpId& id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

const std::vector<Entry>& entries(const ObjectState& state, const FieldKey& at) {
  static const std::vector<Entry> none;
  const auto* cell = state.find(std::get<0>(at), std::get<1>(at), std::get<2>(at));
  return cell != nullptr ? cell->entries : none;
}

Write base(const Done& done, const ObjectId& object, std::uint32_t field, Kind kind,
           Action action) {
  Write out;
  out.object = object;
  out.type = done.type;
  out.field = field;
  out.kind = kind;
  out.action = action;
  return out;
}

/// reg, map, order, member: back to the value before, unless another's stands in front.
void take_back_value(std::vector<Write>& out, const Write& like, const std::vector<OpId>& ours,
                     const std::vector<OpId>& replaced, const std::vector<Entry>& before,
                     const std::vector<Entry>& now) {
  if (now.empty()) {  // a map key was emptied: it comes back
    if (replaced.empty() || before.empty()) return;
  } else if (!contains(ours, now.back().stamp.id)) {
    return;
  }
  const auto other = std::find_if(now.rbegin(), now.rend(), [&](const Entry& entry) {
    return !contains(ours, entry.stamp.id);
  });
  auto write = like;
  if (other != now.rend()) {
    write.value = other->value;  // written apart from mine: it has replaced what was before, too
  } else if (!before.empty()) {
    write.value = before.back().value;
  } else if (like.kind == Kind::map) {
    write.action = Action::remove;
  } else {
    write.value = encode(Value());
  }
  out.push_back(std::move(write));
}

/// set, member_set: what mine added goes, unless another added it too; what it took away returns.
void take_back_elements(std::vector<Write>& out, const Write& like, const std::vector<OpId>& ours,
                        const std::vector<OpId>& replaced, const std::vector<Entry>& before,
                        const std::vector<Entry>& now) {
  const auto holds = [](const std::vector<Entry>& list, const Bytes& value) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Entry& entry) { return entry.value == value; });
  };
  std::vector<Entry> others = now;
  std::erase_if(others, [&](const Entry& entry) { return contains(ours, entry.stamp.id); });
  for (const auto& entry : now) {
    if (!contains(ours, entry.stamp.id) || holds(others, entry.value)) continue;
    auto write = like;
    write.action = Action::remove;
    write.value = entry.value;
    out.push_back(std::move(write));
  }
  std::set<Bytes> back;
  for (const auto& entry : before) {
    if (!contains(replaced, entry.stamp.id) || holds(now, entry.value)) continue;
    if (!back.insert(entry.value).second) continue;
    auto write = like;
    write.action = Action::add;
    write.value = entry.value;
    out.push_back(std::move(write));
  }
}

bool in_ranges(const Ranges& ranges, const OpId& id) {
  const auto next = std::upper_bound(ranges.begin(), ranges.end(), id,
                                     [](const OpId& a, const auto& b) { return a < b.first; });
  if (next == ranges.begin()) return false;
  const auto& [first, len] = *std::prev(next);
  return first.log == id.log && id.seq - first.seq < len;
}

/// One step of undoing a text: `text` put before `pos`, or `len` code points erased from it on.
struct TextStep {
  std::uint64_t pos = 0;
  std::uint64_t len = 0;
  std::string text{};
  std::uint64_t was = 0;  // where erased text stood before: the order of what returns to one place
};

std::uint64_t place_of(const Text& text, const OpId& id) {
  const auto spans = text.find(id, 1);
  return spans.empty() ? 0 : spans.front().pos;
}

/// Places where erased text returns, in text order; what mine itself had typed stays away.
std::vector<TextStep> returns(const Text& before, const Text& now, const Ranges& erases,
                              const Ranges& typed) {
  std::vector<TextStep> out;
  for (const auto& [first, len] : erases) {
    for (const auto& removed : now.removed_by(first, len)) {
      auto point = removed.first;
      bool goes_on = false;
      for (std::size_t at = 0; at < removed.text.size(); ++point.seq) {
        const auto end = utf8::next(removed.text, at);
        const bool is_mine = in_ranges(typed, point);
        if (!is_mine && !goes_on) out.push_back({removed.pos, 0, {}, place_of(before, point)});
        if (!is_mine) out.back().text.append(removed.text, at, end - at);
        goes_on = !is_mine;
        at = end;
      }
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const TextStep& a, const TextStep& b) {
    return std::tie(a.pos, a.was) < std::tie(b.pos, b.was);
  });
  return out;
}

/// Visible stretches of what mine typed, merged where they touch, cut where text returns.
std::vector<TextStep> leavings(const Text& now, const Ranges& typed,
                               const std::vector<TextStep>& returning) {
  std::vector<TextStep> spans;
  for (const auto& [first, len] : typed) {
    for (const auto& span : now.find(first, len)) spans.push_back({span.pos, span.len});
  }
  std::sort(spans.begin(), spans.end(),
            [](const TextStep& a, const TextStep& b) { return a.pos < b.pos; });
  std::vector<TextStep> out;
  for (auto span : spans) {
    if (!out.empty() && out.back().pos + out.back().len == span.pos) {
      span.pos = out.back().pos;
      span.len += out.back().len;
      out.pop_back();
    }
    out.push_back(span);
  }
  spans.swap(out);
  out.clear();
  auto next = returning.begin();
  for (auto span : spans) {
    while (next != returning.end() && next->pos <= span.pos) ++next;
    for (; next != returning.end() && next->pos < span.pos + span.len; ++next) {
      if (next->pos == span.pos) continue;
      out.push_back({span.pos, next->pos - span.pos});
      span.len -= next->pos - span.pos;
      span.pos = next->pos;
    }
    out.push_back(span);
  }
  return out;
}

void take_back_text(std::vector<Write>& out, const Write& like, const Text& before, const Text& now,
                    const Ranges& typed, const Ranges& erases) {
  const auto returning = returns(before, now, erases, typed);
  auto steps = leavings(now, typed, returning);
  steps.insert(steps.end(), returning.begin(), returning.end());
  // Back to front, so that places further ahead stay valid; at one place the erasure comes first.
  std::reverse(steps.begin(), steps.end());
  std::stable_sort(steps.begin(), steps.end(), [](const TextStep& a, const TextStep& b) {
    return a.pos != b.pos ? a.pos > b.pos : (a.len > 0) > (b.len > 0);
  });
  for (auto& step : steps) {
    auto write = like;
    write.action = step.len > 0 ? Action::erase : Action::insert;
    write.pos = step.pos;
    write.len = step.len;
    write.text = std::move(step.text);
    out.push_back(std::move(write));
  }
}

}  // namespace

std::vector<Write> inverse(const Change& mine, const ObjectId& object, const Rebuilt& before,
                           const Rebuilt& now, const MemberId& self) {
  const auto done = read(mine, object, self);
  std::vector<Write> out;
  for (const auto& [at, replaced] : done.removals) {
    const auto& [field, kind, key] = at;
    const auto found = done.writes.find(at);
    const auto ours = found != done.writes.end() ? found->second : std::vector<OpId>{};
    auto like = base(done, object, field, kind, Action::put);
    if (kind == Kind::map) like.key = to_text(key);
    const auto take_back =
        kind == Kind::set || kind == Kind::member_set ? take_back_elements : take_back_value;
    take_back(out, like, ours, replaced, entries(before.state, at), entries(now.state, at));
  }
  for (const auto& [field, step] : done.counted) {
    if (step == 0) continue;
    auto write = base(done, object, field, Kind::counter, Action::add);
    write.value = Writer().sint(static_cast<std::int64_t>(step)).take();
    out.push_back(std::move(write));
  }
  std::set<std::uint32_t> fields;
  for (const auto& [field, ranges] : done.inserts) fields.insert(field);
  for (const auto& [field, ids] : done.erases) fields.insert(field);
  const Text none;
  for (const auto field : fields) {
    const auto text = now.texts.find(field);
    if (text == now.texts.end()) continue;
    const auto typed = done.inserts.find(field);
    const auto erased = done.erases.find(field);
    const auto was = before.texts.find(field);
    take_back_text(out, base(done, object, field, Kind::text, Action::insert),
                   was != before.texts.end() ? was->second : none, text->second,
                   typed != done.inserts.end() ? typed->second : Ranges{},
                   erased != done.erases.end() ? erased->second : Ranges{});
  }
  return out;
}

}  // namespace holm::crdt
