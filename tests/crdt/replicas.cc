#include "tests/crdt/replicas.h"

#include <doctest/doctest.h>

#include "crdt/order.h"
#include "crdt/text/utf8.h"

namespace holm::crdt::test {

Write put(const ObjectId& object, std::uint32_t field, Kind kind, const Value& value) {
  Write out;
  out.object = object;
  out.type = 1;
  out.field = field;
  out.kind = kind;
  out.value = packed(value);
  return out;
}

Write add(const ObjectId& object, std::uint32_t field, Kind kind, const Value& value) {
  auto out = put(object, field, kind, value);
  out.action = Action::add;
  return out;
}

Write take(const ObjectId& object, std::uint32_t field, Kind kind, const Value& value) {
  auto out = put(object, field, kind, value);
  out.action = Action::remove;
  return out;
}

Write map_put(const ObjectId& object, std::uint32_t field, std::string key, const Value& value) {
  auto out = put(object, field, Kind::map, value);
  out.key = std::move(key);
  return out;
}

Write map_take(const ObjectId& object, std::uint32_t field, std::string key) {
  auto out = map_put(object, field, std::move(key), {});
  out.value.clear();
  out.action = Action::remove;
  return out;
}

Write type_in(const ObjectId& object, std::uint32_t field, std::uint64_t pos, std::string text) {
  Write out;
  out.object = object;
  out.type = 1;
  out.field = field;
  out.kind = Kind::text;
  out.action = Action::insert;
  out.pos = pos;
  out.text = std::move(text);
  return out;
}

Write rub_out(const ObjectId& object, std::uint32_t field, std::uint64_t pos, std::uint64_t len) {
  auto out = type_in(object, field, pos, {});
  out.action = Action::erase;
  out.len = len;
  return out;
}

Write seeded(Write write) {
  write.seed = true;
  return write;
}

Replica::Replica(std::uint8_t n, std::uint64_t seed)
    : log(id_of<LogId>(n)), self(id_of<MemberId>(n)), rng_(seed * 1000 + n) {
  hash_ = chain_start(id_of<SpaceId>(1), log);
}

std::vector<Change> Replica::write(const std::vector<Write>& writes, const ChangeLimits& limits) {
  AuthorView view;
  view.object = [&](const ObjectId& object) -> Result<ObjectState> { return touch(object); };
  view.frontier = [&](const ObjectId& object, std::uint32_t field) -> Result<std::vector<OpId>> {
    const auto at = texts_.find({object, field});
    return at != texts_.end() ? at->second.frontier() : std::vector<OpId>{};
  };
  view.has_salt = [&](const ObjectId& object) { return salted_.contains(object); };
  view.self = self;
  AuthorPosition at;
  at.log = log;
  at.next_seq = seen_[log] + 1;
  at.seen_lamport = seen_lamport_;
  at.wall = WallTime(Millis(wall_ms));
  for (const auto& [other, seq] : seen_) {
    if (other != log && seq > told_[other]) at.deps.push_back({other, seq, {}});
  }
  auto changes = author(writes, view, at, rng_, limits);
  REQUIRE(changes);
  for (const auto& change : *changes) {
    const auto checked = validate(change, limits);
    REQUIRE_MESSAGE(checked, (checked ? "" : checked.error().what));
    for (const auto& dep : change.deps) told_[dep.log] = dep.seq;
    for (const auto& salt : change.salts) salted_.insert(salt.object);
    REQUIRE(deliver({change, {}, self}));
  }
  return std::move(*changes);
}

Change Replica::write_op(Op op) {
  Change change;
  change.log = log;
  change.seq = seen_[log] + 1;
  change.lamport = seen_lamport_ + 1;
  change.time = WallTime(Millis(wall_ms));
  for (const auto& [other, seq] : seen_) {
    if (other == log || seq <= told_[other]) continue;
    change.deps.push_back({other, seq, {}});
    told_[other] = seq;
  }
  if (!op.content.empty() && salted_.insert(op.object).second) {
    change.salts.push_back({op.object, rng_.id<Salt>()});
  }
  op.content_bytes = op.content.size();
  change.ops.push_back(std::move(op));
  REQUIRE(validate(change));
  REQUIRE(deliver({change, {}, self}));
  return change;
}

bool Replica::deliver(const Delivered& one) {
  const auto& change = one.change;
  if (seen_[change.log] + 1 != change.seq) return false;
  for (const auto& dep : change.deps) {
    const auto at = seen_.find(dep.log);
    if (at == seen_.end() || at->second < dep.seq) return false;
  }
  seen_[change.log] = change.last_seq();
  seen_lamport_ = std::max(seen_lamport_, change.lamport);
  delivered_.push_back(one);
  merge_in(one);
  return true;
}

void Replica::merge_in(const Delivered& one) {
  const auto names = op_names(one.change);
  std::set<std::pair<ObjectId, std::uint32_t>> text_fields;
  for (std::size_t i = 0; i < one.change.ops.size(); ++i) {
    const auto& op = one.change.ops[i];
    if (one.mark == Mark::valid) {
      merge(touch(op.object), op, {names[i], one.change.lamport, one.change.time, one.author});
    }
    if (op.kind == Kind::text) text_fields.emplace(op.object, op.field);
  }
  for (const auto& key : text_fields) {
    const auto runs = text_runs(key.first, key.second, {&one, 1}, last_own_[key]);
    REQUIRE(runs);
    const auto merged = texts_[key].merge(*runs);
    REQUIRE_MESSAGE(merged, (merged ? "" : merged.error().what));
  }
}

void Replica::pull(const Replica& from) {
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& one : from.delivered_) moved = deliver(one) || moved;
  }
}

ObjectState& Replica::touch(const ObjectId& object) {
  auto& state = states_[object];
  state.id = object;
  return state;
}

std::string Replica::text(const ObjectId& object, std::uint32_t field) const {
  const auto at = texts_.find({object, field});
  return at != texts_.end() ? at->second.text() : std::string();
}

Rebuilt Replica::rebuilt(const ObjectId& object) const {
  auto out = rebuild(object, delivered_);
  REQUIRE(out);
  return std::move(*out);
}

Bytes Replica::fingerprint(const ObjectId& object) const {
  const auto at = states_.find(object);
  Bytes out;
  if (at != states_.end()) out = encode(at->second);
  for (const auto& [key, text] : texts_) {
    if (key.first != object) continue;
    append(out, encode(Value(static_cast<std::int64_t>(key.second))));
    append(out, as_bytes(text.text()));
  }
  return out;
}

ObjectId random_object(Rng& rng) { return kObjects[rng.below(2)]; }

std::vector<Write> random_writes(Rng& rng, Replica& replica) {
  std::vector<Write> out;
  std::map<ObjectId, std::uint64_t> sizes;
  const auto value = [&] { return Value(static_cast<std::int64_t>(rng.below(5))); };
  for (auto left = 1 + rng.below(3); left > 0; --left) {
    const auto object = random_object(rng);
    const bool seed = rng.chance(25);
    Write write;
    switch (rng.below(10)) {
      case 0: write = put(object, 1, Kind::reg, value()); break;
      case 1: write = add(object, 2, Kind::set, value()); break;
      case 2: write = take(object, 2, Kind::set, value()); break;
      case 3: write = map_put(object, 3, rng.chance(50) ? "a" : "b", value()); break;
      case 4: write = map_take(object, 3, rng.chance(50) ? "a" : "b"); break;
      case 5:
        write = add(object, 4, Kind::counter, Value(static_cast<int>(rng.below(9)) - 4));
        break;
      case 6: {
        write = put(object, 5, Kind::order, {});
        write.value = encode(Place{random_object(rng), key_between({}, {}, rng.below(4))});
        break;
      }
      case 7: write = put(object, 6, Kind::member, value()); break;
      case 8: {
        write = rng.chance(60) ? add(object, 7, Kind::member_set, value())
                               : take(object, 7, Kind::member_set, value());
        break;
      }
      default: {
        // Positions count the text as the writes before have left it.
        const auto size =
            sizes.contains(object) ? sizes[object] : utf8::count(replica.text(object, 8));
        if (size > 2 && rng.chance(30)) {
          write = rub_out(object, 8, rng.below(size - 1), 1);
          sizes[object] = size - 1;
        } else {
          write = type_in(object, 8, rng.below(size + 1), rng.chance(50) ? "ab" : "\u00e9\u4e2d");
          sizes[object] = size + 2;
        }
        out.push_back(write);
        continue;
      }
    }
    if (seed && write.kind != Kind::member && write.kind != Kind::member_set) write.seed = true;
    out.push_back(write);
  }
  return out;
}

}  // namespace holm::crdt::test
