#include "tests/support/memory_state.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/edit_distance.h"
#include "base/ensure.h"
#include "base/wire.h"
#include "crypto/hash.h"
#include "work/judge.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/notices.h"
#include "work/schema.h"
#include "work/search/terms.h"

namespace holm::test {

using work::Ref;

namespace {

template <class AnyId>
AnyId id_of(std::string_view label, std::initializer_list<ByteView> parts) {
  const auto digest = crypto::hash(label, parts);
  return *AnyId::from(ByteView(digest.bytes).first(AnyId::kBytes));
}

template <class T>
T must(Result<T> result) {
  REQUIRE_MESSAGE(result, (result ? "" : result.error().text()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

bool fits(const crdt::ObjectState& object, const work::Lookup::Equals& wanted) {
  if (wanted.field == work::field::kPlace) {
    const auto place = work::place_of(object);
    return place ? wanted.value == work::id_value(place->container) : wanted.value.is_null();
  }
  return work::value_of(object, wanted.field) == wanted.value;
}

bool holds(const std::vector<std::string>& terms, const Match& match) {
  return std::any_of(terms.begin(), terms.end(), [&](const std::string& term) {
    return match.kind == Match::Kind::term ? term == match.term : term.starts_with(match.term);
  });
}

/// The meaning of a Match, word for word.
bool fits(const Match& match, const std::vector<std::string>& terms) {
  const auto fit = [&](const Match& part) { return fits(part, terms); };
  switch (match.kind) {
    case Match::Kind::all:
      return std::all_of(match.parts.begin(), match.parts.end(), fit) &&
             std::none_of(match.without.begin(), match.without.end(), fit);
    case Match::Kind::any: return std::any_of(match.parts.begin(), match.parts.end(), fit);
    default: return holds(terms, match);
  }
}

}  // namespace

Device::Device(const Team& team, std::string name, const MemberId& member, const DeviceId& device,
               std::uint64_t seed)
    : now(Millis{1'767'600'000'000}),  // Mon 5 Jan 2026, 08:00 UTC
      team_(team),
      name_(std::move(name)),
      member_(member),
      device_(device),
      rng_(seed) {}

Device::Space& Device::space(const SpaceId& id) {
  const auto [at, fresh] = spaces_.try_emplace(id);
  if (fresh) at->second.log = team_.log_for(device_, id);
  return at->second;
}

Result<work::Outcome> Device::attempt(const work::Command& command) {
  now += Millis{1000};
  const work::Acting acting{member_, device_, now, zone, rng_};
  auto outcome = TRY(work::apply(*this, acting, command));
  for (const auto& [id, writes] : outcome.writes) write(id, writes);
  return outcome;
}

ObjectId Device::run(const work::Command& command) {
  const auto outcome = attempt(command);
  REQUIRE_MESSAGE(outcome, (outcome ? "" : outcome.error().text()));
  const auto id = ObjectId::from_text(outcome->answer["id"].text());
  REQUIRE(id);
  return *id;
}

void Device::write(const SpaceId& id, const std::vector<crdt::Write>& writes) {
  auto& here = space(id);
  crdt::AuthorView view;
  view.object = [&](const ObjectId& object) -> Result<crdt::ObjectState> {
    const auto at = objects_.find({id, object});
    if (at != objects_.end()) return at->second;
    crdt::ObjectState fresh;
    fresh.id = object;
    return fresh;
  };
  view.frontier = [&](const ObjectId& object,
                      std::uint32_t field) -> Result<std::vector<crdt::OpId>> {
    const auto at = texts_.find({{id, object}, field});
    return at != texts_.end() ? at->second.frontier() : std::vector<crdt::OpId>{};
  };
  view.has_salt = [&](const ObjectId& object) { return salts_.contains({here.log, object}); };
  view.self = member_;
  crdt::AuthorPosition at;
  at.log = here.log;
  at.next_seq = here.logs[here.log].seq + 1;
  at.seen_lamport = here.lamport;
  at.wall = now;
  for (const auto& [log, state] : here.logs)
    if (log != here.log && state.seq > here.told[log])
      at.deps.push_back({log, state.seq, shorten(state.hash)});
  const auto changes = must(crdt::author(writes, view, at, rng_));
  for (const auto& change : changes) {
    for (const auto& dep : change.deps) here.told[dep.log] = dep.seq;
    REQUIRE(deliver(id, change));
  }
}

bool Device::deliver(const SpaceId& id, const crdt::Change& change) {
  auto& here = space(id);
  auto& log = here.logs[change.log];
  if (log.seq + 1 != change.seq) return false;
  for (const auto& dep : change.deps) {
    const auto at = here.logs.find(dep.log);
    if (at == here.logs.end() || at->second.seq < dep.seq) return false;
  }
  for (const auto& salt : change.salts) salts_[{change.log, salt.object}] = salt.salt;
  const auto digest = must(crdt::change_digest(
      change, [&](const LogId& of, const ObjectId& object) -> std::optional<Salt> {
        const auto at = salts_.find({of, object});
        return at != salts_.end() ? std::optional(at->second) : std::nullopt;
      }));
  if (log.seq == 0) log.hash = crdt::chain_start(id, change.log);
  log.hash = crdt::chain_next(log.hash, digest);
  log.seq = change.last_seq();
  here.lamport = std::max(here.lamport, change.lamport);

  const auto device = team_.device_of(change.log);
  ENSURE(device);
  const auto member = team_.roster().device(*device)->member;
  const auto home = id == team_.commons() ? work::Home::commons : work::Home::room;
  const auto verdict = work::judge(change, home, [&](auto) -> std::optional<work::Author> {
    const auto& roster = team_.roster();
    if (!roster.authorised(*device)) return work::Author{};
    const auto role = roster.role(member);
    return work::Author{role, work::members::level_in(false, role, {})};
  });
  here.delivered.push_back({change, log.hash, member, verdict.mark});
  merge_in(id, here.delivered.back());
  return true;
}

void Device::merge_in(const SpaceId& id, const crdt::Delivered& one) {
  const auto names = crdt::op_names(one.change);
  std::set<TextKey> touched;
  for (std::size_t i = 0; i < one.change.ops.size(); ++i) {
    const auto& op = one.change.ops[i];
    const Ref ref{id, op.object};
    met_.try_emplace(ref, now);
    if (op.kind == crdt::Kind::text) touched.emplace(ref, op.field);
    if (one.mark != crdt::Mark::valid) continue;
    auto& object = objects_[ref];
    object.id = op.object;
    crdt::merge(object, op,
                {names[i], op.seed ? 0 : one.change.lamport, one.change.time, one.author});
  }
  for (const auto& key : touched) {
    const auto runs =
        must(crdt::text_runs(key.first.object, key.second, {&one, 1}, last_own_[key]));
    must(crdt::merge_runs(texts_[key], runs));
  }
}

void Device::pull(const Device& from) {
  for (const auto& [id, theirs] : from.spaces_)
    for (const auto& one : theirs.delivered) deliver(id, one.change);
}

void Device::pull_shuffled(const Device& from, Rng& rng) {
  for (const auto& entry : from.spaces_) {
    const auto& id = entry.first;
    std::vector<const crdt::Change*> left;
    for (const auto& one : entry.second.delivered) left.push_back(&one.change);
    for (bool moved = true; moved;) {
      moved = false;
      for (auto i = left.size(); i > 1; --i) std::swap(left[i - 1], left[rng.below(i)]);
      std::erase_if(left, [&](const crdt::Change* change) {
        const bool taken = deliver(id, *change);
        moved = moved || taken;
        return taken;
      });
    }
  }
}

Bytes Device::fingerprint() const {
  Bytes out;
  for (const auto& [ref, object] : objects_) {
    append(out, ref.space.view());
    append(out, crdt::encode(object));
  }
  for (const auto& [key, text] : texts_) {
    append(out, key.first.object.view());
    append(out, encode(Value(Value::Array{Value(key.second), Value(text.text())})));
  }
  return out;
}

Ref Device::ref(const std::string& reference, const std::vector<std::uint32_t>& types) const {
  return must(work::resolve(*this, reference, types));
}

Ref Device::ref(const ObjectId& id) const {
  const auto found = must(locate(id));
  REQUIRE(found);
  return *found;
}

crdt::ObjectState Device::state(const Ref& ref) const {
  const auto found = must(object(ref));
  REQUIRE(found);
  return *found;
}

std::vector<std::string> Device::notices(const Ref& ref) const {
  std::vector<std::string> out;
  for (const auto& notice : must(work::rules::notices(*this, ref))) out.push_back(notice.text);
  return out;
}

const work::members::Roster& Device::roster() const { return team_.roster(); }
SpaceId Device::commons() const { return team_.commons(); }

Result<std::optional<crdt::ObjectState>> Device::object(const Ref& ref) const {
  const auto at = objects_.find(ref);
  return at != objects_.end() ? std::optional(at->second) : std::nullopt;
}

Result<WallTime> Device::met_at(const Ref& ref) const {
  const auto at = met_.find(ref);
  return at != met_.end() ? at->second : WallTime{};
}

Result<std::string> Device::text(const Ref& ref, std::uint32_t field) const {
  const auto at = texts_.find({ref, field});
  return at != texts_.end() ? at->second.text() : std::string{};
}

Result<crdt::Text> Device::full_text(const Ref& ref, std::uint32_t field) const {
  const auto all = TRY(history(ref));
  std::map<LogId, crdt::OpId> last_own;
  crdt::Text out;
  TRY(crdt::merge_runs(out, TRY(crdt::text_runs(ref.object, field, all, last_own))));
  return out;
}

Result<std::vector<Ref>> Device::find(const work::Lookup& lookup) const {
  struct Row {
    Ref ref;
    const crdt::ObjectState* object;
  };
  std::vector<Row> rows;
  for (const auto& entry : objects_) {
    const auto& ref = entry.first;
    const auto& object = entry.second;
    if (object.type != lookup.type || (lookup.space && ref.space != *lookup.space)) continue;
    if (std::all_of(lookup.where.begin(), lookup.where.end(),
                    [&](const auto& wanted) { return fits(object, wanted); }) &&
        std::all_of(lookup.having.begin(), lookup.having.end(),
                    [&](std::uint32_t field) { return !work::value_of(object, field).is_null(); }))
      rows.push_back({ref, &object});
  }
  using By = work::Lookup::By;
  const auto key = [&](const Row& row) {
    const auto place = work::place_of(*row.object);
    return std::tuple(lookup.order == By::birth   ? row.object->born.stamp
                      : lookup.order == By::touch ? row.object->touched.stamp
                                                  : crdt::Stamp{},
                      lookup.order == By::place && place ? place->key : Bytes{},
                      lookup.order == By::title ? work::words_of(*row.object, work::field::kTitle)
                                                : std::string{},
                      row.ref.object);
  };
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return key(a) < key(b); });
  if (lookup.direction == work::Lookup::Direction::descending)
    std::reverse(rows.begin(), rows.end());
  std::vector<Ref> out;
  for (const auto& row : rows)
    if (out.size() < lookup.limit) out.push_back(row.ref);
  return out;
}

Result<std::optional<Ref>> Device::locate(const ObjectId& id) const {
  for (const auto& [ref, object] : objects_)
    if (ref.object == id) return std::optional(ref);
  return std::optional<Ref>{};
}

Result<std::vector<Ref>> Device::by_prefix(std::string_view hex, std::size_t limit) const {
  std::vector<Ref> out;
  for (const auto& [ref, object] : objects_)
    if (out.size() < limit && ref.object.text().starts_with(hex)) out.push_back(ref);
  return out;
}

Result<std::vector<work::Matched>> Device::matching(const Match& match, std::uint64_t before,
                                                    std::size_t limit) const {
  // Rows by birth: as good an order as any.
  std::vector<Ref> refs;
  for (const auto& entry : objects_) refs.push_back(entry.first);
  std::sort(refs.begin(), refs.end(), [&](const Ref& a, const Ref& b) {
    return std::tie(objects_.at(a).born.stamp, a) < std::tie(objects_.at(b).born.stamp, b);
  });
  std::vector<work::Matched> out;
  for (auto row = refs.size(); row > 0 && out.size() < limit; --row) {
    const auto& ref = refs[row - 1];
    if (row < before && fits(match, search_terms(ref)))
      out.push_back({ref, objects_.at(ref).type, row});
  }
  return out;
}

std::vector<std::string> Device::search_terms(const Ref& ref) const {
  const auto& object = objects_.at(ref);
  std::map<std::uint32_t, std::string> texts;
  for (const auto& [key, text] : texts_) {
    if (key.first == ref) texts[key.second] = text.text();
  }
  return work::search::terms_of(ref.space, object, texts, author(object.born.stamp.id.log));
}

Result<std::vector<std::string>> Device::words_like(std::string_view word,
                                                    std::size_t limit) const {
  const auto letters = [](std::string_view text) {
    std::u32string out;
    for (const char c : text) out.push_back(static_cast<unsigned char>(c));
    return out;
  };
  const std::size_t apart = word.size() >= 8 ? 2 : word.size() >= 4 ? 1 : 0;
  std::set<std::pair<std::size_t, std::string>> near;
  for (const auto& entry : objects_) {
    for (const auto& term : search_terms(entry.first)) {
      if (term.size() < 3 || term[0] < 'a' || term[0] > 'z') continue;
      const auto distance = edit_distance(letters(term), letters(word), apart);
      if (distance > 0 && distance <= apart) near.emplace(distance, term);
    }
  }
  std::vector<std::string> out;
  for (const auto& item : near) {
    if (out.size() < limit) out.push_back(item.second);
  }
  return out;
}

Result<std::map<LogId, std::uint64_t>> Device::seen(const Ref& ref) const {
  const auto at = seen_.find(ref);
  return at != seen_.end() ? at->second : std::map<LogId, std::uint64_t>{};
}

void Device::look_at(const Ref& ref) { seen_[ref] = must(positions(ref.space)); }

Result<std::vector<crdt::Delivered>> Device::history(const Ref& ref) const {
  std::vector<crdt::Delivered> out;
  const auto at = spaces_.find(ref.space);
  if (at == spaces_.end()) return out;
  for (const auto& one : at->second.delivered)
    if (std::any_of(one.change.ops.begin(), one.change.ops.end(),
                    [&](const auto& op) { return op.object == ref.object; }))
      out.push_back(one);
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return crdt::replays_before(a.change, b.change); });
  return out;
}

Result<std::map<LogId, std::uint64_t>> Device::positions(const SpaceId& id) const {
  std::map<LogId, std::uint64_t> out;
  const auto at = spaces_.find(id);
  if (at == spaces_.end()) return out;
  for (const auto& [log, state] : at->second.logs)
    if (state.seq > 0) out[log] = state.seq;
  return out;
}

std::optional<MemberId> Device::author(const LogId& log) const {
  const auto device = team_.device_of(log);
  if (!device) return std::nullopt;
  return team_.roster().device(*device)->member;
}

Team::Team(const std::vector<std::string>& names, std::uint64_t seed) {
  roster_.team = id_of<TeamId>("test team", {});
  roster_.team_name = "Lighthouse";
  commons_ = id_of<SpaceId>("test commons", {});
  for (const auto& name : names) {
    const auto person = name.substr(0, name.find('/'));
    const auto member = id_of<MemberId>("test member", {as_bytes(person)});
    const auto device = id_of<DeviceId>("test device", {as_bytes(name)});
    work::members::Person entry;
    entry.id = member;
    entry.name = person;
    entry.role = roster_.people.empty() ? work::members::Role::owner : work::members::Role::member;
    roster_.people.try_emplace(member, entry);
    work::members::Device machine;
    machine.id = device;
    machine.member = member;
    machine.label = name;
    roster_.devices[device] = machine;
    devices_[name] =
        std::make_unique<Device>(*this, name, member, device, seed * 1000 + devices_.size());
  }
}

Device& Team::operator[](const std::string& name) {
  const auto at = devices_.find(name);
  ENSURE(at != devices_.end());
  return *at->second;
}

void Team::meet() {
  // As many rounds as devices: enough for a change to reach everyone through the others.
  for (std::size_t round = 0; round < devices_.size(); ++round)
    for (auto& [name, device] : devices_)
      for (auto& [other, from] : devices_)
        if (name != other) device->pull(*from);
}

void Team::meet(Device& a, Device& b) {
  a.pull(b);
  b.pull(a);
}

void Team::converge() {
  meet();
  for (auto& [name, device] : devices_)
    REQUIRE(device->fingerprint() == devices_.begin()->second->fingerprint());
}

MemberId Team::member(const std::string& name) const {
  return id_of<MemberId>("test member", {as_bytes(name.substr(0, name.find('/')))});
}

LogId Team::log_for(const DeviceId& device, const SpaceId& space) const {
  // The device's id stands in front, so that a log tells whose it is.
  auto out = id_of<LogId>("test log", {device.view(), space.view()});
  std::copy_n(device.bytes.begin(), 8, out.bytes.begin());
  return out;
}

std::optional<DeviceId> Team::device_of(const LogId& log) const {
  for (const auto& [id, device] : roster_.devices)
    if (std::equal(id.bytes.begin(), id.bytes.begin() + 8, log.bytes.begin())) return id;
  return std::nullopt;
}

}  // namespace holm::test
