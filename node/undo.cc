#include "node/undo.h"

#include <algorithm>

#include "base/wire.h"
#include "work/rules/erasure.h"
#include "work/rules/life.h"
#include "work/schema.h"

namespace holm::node {
namespace {

constexpr std::string_view kDeeds = "deed";
constexpr std::size_t kDeedsKept = 10'000;

Bytes key_of(std::uint64_t order) {
  Bytes out(8);
  for (int i = 7; i >= 0; --i) {
    out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(order);
    order >>= 8;
  }
  return out;
}

Bytes encode(const Deed& deed) {
  Writer out;
  out.array(4).uint(static_cast<std::uint64_t>(deed.kind)).boolean(deed.is_taken_back);
  out.uint(deed.of);
  out.array(deed.changes.size());
  for (const auto& change : deed.changes) {
    out.array(3).id(change.space).id(change.log).uint(change.seq);
  }
  return out.take();
}

Result<Deed> decode(ByteView key, ByteView bytes) {
  Deed out;
  for (auto byte : key) out.order = out.order << 8 | byte;
  auto in = TRY(Reader::open(bytes));
  TRY(in.array(4));
  out.kind = static_cast<Deed::Kind>(TRY(in.uint(2)));
  out.is_taken_back = TRY(in.boolean());
  out.of = TRY(in.uint());
  const auto count = TRY(in.array());
  for (std::size_t i = 0; i < count; ++i) {
    TRY(in.array(3));
    OwnChange change;
    change.space = TRY(in.id<SpaceId>());
    change.log = TRY(in.id<LogId>());
    change.seq = TRY(in.uint());
    out.changes.push_back(change);
  }
  return out;
}

Result<std::vector<Deed>> all_deeds(Replica& replica) {
  std::vector<Deed> out;
  for (const auto& [key, value] : TRY(replica.store().facts().all(kDeeds))) {
    out.push_back(TRY(decode(key, value)));
  }
  return out;
}

Result<bool> touches(Replica& replica, const Deed& deed, const work::Ref& object) {
  for (const auto& made : deed.changes) {
    if (made.space != object.space) continue;
    const auto stored = TRY(replica.store().logs().at(made.log, made.seq));
    if (!stored) continue;
    for (const auto& op : stored->change.ops) {
      if (op.object == object.object) return true;
    }
  }
  return false;
}

tl::unexpected<Error> nothing(const char* what) {
  return fail(Code::not_found, std::string("there is nothing of yours to ") + what + " here",
              "nothing was changed");
}

/// Undoing the making of an object puts it into the archive: others may have used it since, and
/// what they write there unseen keeps it alive. A message is retracted: others may have read it,
/// and their replies stay where they are.
/// `seen`: what is here of the space, as work::rules::encode() spells it.
void archive(const crdt::Op& made, WallTime now, const Bytes& seen,
             std::vector<crdt::Write>& writes) {
  const auto* type = work::find_type(made.type);
  const bool is_message = made.type == work::kMessage;
  const auto field = is_message ? work::message::kRetracted : work::field::kArchived;
  if (type == nullptr || work::find_field(*type, field) == nullptr) return;
  crdt::Write write;
  write.object = made.object;
  write.type = made.type;
  write.field = field;
  write.value = holm::encode(Value(now.time_since_epoch().count()));
  writes.push_back(write);
  if (is_message || made.seed) return;  // an import goes whole, with room and all
  write.field = work::field::kSeen;
  write.value = seen;
  writes.push_back(std::move(write));
}

}  // namespace

Result<std::optional<std::uint64_t>> record_deed(Replica& replica, Deed::Kind kind,
                                                 std::uint64_t of) {
  Deed deed;
  deed.kind = kind;
  deed.of = of;
  for (const auto& changed : replica.changed()) {
    if (!changed.is_own || changed.space == replica.trust()) continue;
    const OwnChange made{changed.space, changed.log, changed.seq};
    if (std::find(deed.changes.begin(), deed.changes.end(), made) == deed.changes.end()) {
      deed.changes.push_back(made);
    }
  }
  if (deed.changes.empty()) return std::optional<std::uint64_t>();
  auto& facts = replica.store().facts();
  deed.order = 1;
  if (const auto last = TRY(facts.last(kDeeds))) {
    deed.order = TRY(decode(last->first, last->second)).order + 1;
  }
  if (deed.order > kDeedsKept) TRY(facts.remove(kDeeds, key_of(deed.order - kDeedsKept)));
  TRY(facts.put(kDeeds, key_of(deed.order), encode(deed)));
  return std::optional(deed.order);
}

Status rename_deeds(store::Facts& facts, const std::vector<store::Moved>& moved) {
  for (const auto& [key, stored] : TRY(facts.all(kDeeds))) {
    auto deed = TRY(decode(key, stored));
    bool is_renamed = false;
    for (auto& change : deed.changes) {
      for (const auto& [from, beyond, to] : moved) {
        if (change.log != from || change.seq <= beyond) continue;
        change.log = to;
        is_renamed = true;
      }
    }
    if (is_renamed) TRY(facts.put(kDeeds, key, encode(deed)));
  }
  return {};
}

Result<std::optional<Deed>> last_of(Replica& replica, std::uint64_t order) {
  auto deeds = TRY(all_deeds(replica));
  const auto find = [&](const auto& fits) {
    const auto found = std::find_if(deeds.begin(), deeds.end(), fits);
    return found != deeds.end() ? std::optional(*found) : std::nullopt;
  };
  auto last = find([&](const Deed& deed) { return deed.order == order; });
  while (last && last->is_taken_back) {
    const auto of = last->order;
    last = find([&](const Deed& deed) { return deed.of == of; });
  }
  return last;
}

Result<std::set<ObjectId>> objects_of(Replica& replica, const Deed& deed) {
  std::set<ObjectId> out;
  for (const auto& made : deed.changes) {
    const auto stored = TRY(replica.store().logs().at(made.log, made.seq));
    if (!stored) continue;
    for (const auto& op : stored->change.ops) out.insert(op.object);
  }
  return out;
}

Result<Deed> last_to_undo(Replica& replica, const std::optional<work::Ref>& object) {
  auto deeds = TRY(all_deeds(replica));
  for (auto deed = deeds.rbegin(); deed != deeds.rend(); ++deed) {
    if (deed->kind == Deed::Kind::undone || deed->is_taken_back) continue;
    if (object && !TRY(touches(replica, *deed, *object))) continue;
    return *deed;
  }
  return nothing("undo");
}

Result<Deed> last_to_redo(Replica& replica, const std::optional<work::Ref>& object) {
  auto deeds = TRY(all_deeds(replica));
  for (auto deed = deeds.rbegin(); deed != deeds.rend(); ++deed) {
    if (deed->is_taken_back) continue;
    if (object && !TRY(touches(replica, *deed, *object))) continue;
    if (deed->kind == Deed::Kind::done) break;  // something new was done since the undo
    if (deed->kind == Deed::Kind::undone) return *deed;
  }
  return nothing("redo");
}

Result<std::vector<work::Ref>> take_back(Replica& replica, Deed deed, WallTime now) {
  std::vector<work::Ref> out;
  auto& logs = replica.store().logs();
  for (auto made = deed.changes.rbegin(); made != deed.changes.rend(); ++made) {
    auto held = TRY(logs.at(made->log, made->seq));
    if (!held) continue;
    const auto stored = TRY(logs.named(made->log, std::move(*held)));
    std::vector<crdt::Write> writes;
    std::set<ObjectId> objects;
    const auto seen =
        holm::encode(work::rules::encode(TRY(replica.state().positions(made->space))));
    for (const auto& op : stored.change.ops) {
      if (!objects.insert(op.object).second) continue;
      // Of what was erased nothing can come back.
      if (TRY(work::rules::erasure_of(replica.state(), {made->space, op.object}))) continue;
      const auto history = TRY(logs.touching(made->space, op.object));
      std::vector<crdt::Delivered> earlier;
      for (const auto& item : history) {
        if (crdt::replays_before(item.change, stored.change)) earlier.push_back(item);
      }
      if (earlier.empty() && deed.kind == Deed::Kind::done) {
        archive(op, now, seen, writes);
      } else {
        const auto before = TRY(crdt::rebuild(op.object, earlier));
        const auto present = TRY(crdt::rebuild(op.object, history));
        auto inverse = crdt::inverse(stored.change, op.object, before, present, replica.self());
        std::move(inverse.begin(), inverse.end(), std::back_inserter(writes));
      }
      const work::Ref ref{made->space, op.object};
      if (std::find(out.begin(), out.end(), ref) == out.end()) out.push_back(ref);
    }
    TRY(work::check_may_write(replica.state(), replica.self(), made->space));
    (void)TRY(replica.write(made->space, writes, now));
  }
  deed.is_taken_back = true;
  TRY(replica.store().facts().put(kDeeds, key_of(deed.order), encode(deed)));
  return out;
}

}  // namespace holm::node
