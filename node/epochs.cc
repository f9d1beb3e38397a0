#include "node/epochs.h"

#include <algorithm>
#include <iterator>

namespace holm::node {
namespace members = work::members;
using members::EpochPlace;
using members::OpKind;
using Scope = EpochPlace::Scope;
namespace {

/// How long a device without a key waits for one of those who were given it to share it. Then it
/// begins an epoch itself: somebody may have begun one and kept it to themselves.
constexpr Millis kShareWait{60LL * 60 * 1000};

bool includes(const std::set<DeviceId>& all, const std::set<DeviceId>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

std::set<DeviceId> without(const std::set<DeviceId>& all, const std::set<DeviceId>& some) {
  std::set<DeviceId> out;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(),
                      std::inserter(out, out.end()));
  return out;
}

bool may_read(const members::Roster& roster, const MemberId& member, const EpochPlace& place) {
  switch (place.scope) {
    case Scope::network: return roster.role(member) >= members::Role::guest;
    case Scope::commons: return roster.role(member) >= members::Role::member;
    case Scope::room: return roster.level(member, place.room) >= members::Level::reader;
  }
  return false;
}

}  // namespace

Status Epochs::load(store::Facts& facts) {
  keys_.clear();
  shares_.clear();
  prekeys_.clear();
  tried_.clear();
  seen_ = 0;
  for (const auto& [epoch, bytes] : TRY(facts.all(kEpochKeys))) {
    const auto id = ShortHash::from(epoch);
    auto key = crypto::SecretKey32::from(bytes);
    if (id && key) keys_.insert_or_assign(*id, std::move(*key));
  }
  return {};
}

Status Epochs::learn(const ShortHash& epoch, crypto::SecretKey32 key, store::Facts* facts) {
  if (facts != nullptr) {
    TRY(facts->put(kEpochKeys, epoch.view(), key.reveal()));
  }
  keys_.insert_or_assign(epoch, std::move(key));
  return {};
}

/// By a box in the op itself or in one that shares it, or under the commons' key.
std::optional<crypto::SecretKey32> Epochs::opened(const ShortHash& epoch, const members::Op& op) {
  const auto& commitment = op.keys.commitment;
  const auto device = identity_.device();
  std::vector<ShortHash> boxed{epoch};
  const auto shared = shares_.find(epoch);
  if (shared != shares_.end()) {
    boxed.insert(boxed.end(), shared->second.begin(), shared->second.end());
  }
  for (const auto& by : boxed) {
    if (tried_.contains(by)) continue;
    auto key = members::key_for(trust_.op(by)->keys, team_, commitment, device, own_keys());
    if (key) return std::move(*key);
    tried_.insert(by);
  }
  const auto* above = op.keys.under.sealed.empty() ? nullptr : key(op.keys.under.epoch);
  if (above == nullptr) return std::nullopt;
  auto key = members::open_key(*above, team_, commitment, op.keys.under.sealed);
  if (!key) return std::nullopt;
  return std::move(*key);
}

Status Epochs::open_new(store::Facts* facts) {
  const auto& ops = trust_.key_ops();
  const auto& roster = trust_.roster();
  const auto network = roster.epochs.find(EpochPlace{});
  if (network != roster.epochs.end()) {
    const auto& first = network->second.back();
    const auto* create = trust_.op(first);
    if (create->kind == OpKind::create && !keys_.contains(first)) {
      keys_.insert_or_assign(first, TRY(crypto::SecretKey32::from(create->network_key)));
    }
  }
  if (seen_ == ops.size()) return {};
  for (; seen_ < ops.size(); ++seen_) {
    const auto& op = *trust_.op(ops[seen_]);
    if (op.kind == OpKind::share_key) shares_[op.keys.epoch].push_back(ops[seen_]);
  }
  for (bool is_any = true; is_any;) {
    is_any = false;
    for (const auto& hash : ops) {
      const auto& op = *trust_.op(hash);
      if (op.kind != OpKind::rekey) continue;
      if (!keys_.contains(hash)) {
        auto key = opened(hash, op);
        if (!key) continue;
        TRY(learn(hash, std::move(*key), facts));
        is_any = true;
      }
      for (const auto& [epoch, sealed] : op.keys.earlier) {
        const auto* before = trust_.op(epoch);
        if (keys_.contains(epoch) || before == nullptr || before->kind != OpKind::rekey) continue;
        auto key = members::open_key(keys_.at(hash), team_, before->keys.commitment, sealed);
        if (!key) continue;
        TRY(learn(epoch, std::move(*key), facts));
        is_any = true;
      }
    }
  }
  return {};
}

const crypto::SecretKey32* Epochs::key(const ShortHash& epoch) const {
  const auto found = keys_.find(epoch);
  return found == keys_.end() ? nullptr : &found->second;
}

const std::vector<ShortHash>& Epochs::of(const EpochPlace& place) const {
  static const std::vector<ShortHash> kNone;
  const auto& epochs = trust_.roster().epochs;
  const auto found = epochs.find(place);
  return found == epochs.end() ? kNone : found->second;
}

std::vector<const crypto::SecretKey32*> Epochs::known(const EpochPlace& place) const {
  std::vector<const crypto::SecretKey32*> out;
  for (const auto& epoch : of(place)) {
    if (const auto* found = key(epoch)) out.push_back(found);
  }
  return out;
}

std::optional<Epochs::Current> Epochs::current(const EpochPlace& place) const {
  const auto& epochs = of(place);
  if (epochs.empty()) return std::nullopt;
  const auto* newest = key(epochs.front());
  if (newest == nullptr || !includes(readers(place), holders(epochs.front()))) return std::nullopt;
  return Current{epochs.front(), newest};
}

std::set<DeviceId> Epochs::readers(const EpochPlace& place) const {
  const auto& roster = trust_.roster();
  std::set<DeviceId> out;
  for (const auto& [id, device] : roster.devices) {
    if (roster.authorised(id) && may_read(roster, device.member, place)) out.insert(id);
  }
  return out;
}

/// The key of the op that founded the team stands in it for all who ever saw it.
std::set<DeviceId> Epochs::holders(const ShortHash& epoch) const {
  std::set<DeviceId> out;
  const auto* op = trust_.op(epoch);
  if (op == nullptr) return out;
  if (op->kind == OpKind::create) {
    for (const auto& [id, device] : trust_.roster().devices) out.insert(id);
    return out;
  }
  out.insert(op->device);
  for (const auto& box : op->keys.boxes) out.insert(box.device);
  const auto shared = shares_.find(epoch);
  if (shared != shares_.end()) {
    for (const auto& hash : shared->second) {
      for (const auto& box : trust_.op(hash)->keys.boxes) out.insert(box.device);
    }
  }
  if (!op->keys.under.sealed.empty()) out.merge(holders(op->keys.under.epoch));
  return out;
}

/// As the rules have it.
bool Epochs::may_begin(const MemberId& member, const EpochPlace& place) const {
  const auto& roster = trust_.roster();
  if (place.scope != Scope::room) return roster.role(member) >= members::Role::member;
  return roster.level(member, place.room) >= members::Level::writer;
}

Epochs::Need Epochs::need(const DeviceId& self, const MemberId& member, const EpochPlace& place,
                          WallTime now) const {
  const Need begin{may_begin(member, place) ? Need::What::rekey : Need::What::nothing, now};
  const auto& epochs = of(place);
  if (epochs.empty()) return begin;
  const auto those = readers(place);
  const auto have = holders(epochs.front());
  const auto lacking = without(those, have);
  const bool is_sound = includes(those, have);
  if (key(epochs.front()) != nullptr) {
    if (!is_sound) return begin;
    return lacking.empty() ? Need{} : Need{Need::What::share, now};
  }
  const bool others = std::any_of(have.begin(), have.end(), [&](const DeviceId& id) {
    return id != self && those.contains(id);
  });
  if (!others) return begin;
  // A time far from ours is nobody's word.
  const auto begun = trust_.op(epochs.front())->time;
  const bool is_odd = begun > now + kShareWait;
  return {begin.what, is_odd ? now : std::max(begun + kShareWait, now)};
}

std::vector<EpochPlace> Epochs::places(const MemberId& member) const {
  const auto& roster = trust_.roster();
  std::vector<EpochPlace> out{{}, {Scope::commons, {}}};
  for (const auto& [id, room] : roster.rooms) out.push_back({Scope::room, id});
  std::erase_if(out, [&](const EpochPlace& place) { return !may_read(roster, member, place); });
  return out;
}

std::optional<members::Op> Epochs::due(const DeviceId& self, const MemberId& member, WallTime now,
                                       Rng& rng) const {
  if (!trust_.roster().authorised(self)) return std::nullopt;
  for (const auto& place : places(member)) {
    const auto [what, at] = need(self, member, place, now);
    if (what == Need::What::nothing || at > now) continue;
    return what == Need::What::rekey ? rekey(place, rng) : share(place, rng);
  }
  return std::nullopt;
}

std::optional<WallTime> Epochs::due_at(const DeviceId& self, const MemberId& member,
                                       WallTime now) const {
  std::optional<WallTime> out;
  if (!trust_.roster().authorised(self)) return out;
  for (const auto& place : places(member)) {
    const auto [what, at] = need(self, member, place, now);
    if (what != Need::What::nothing && (!out || at < *out)) out = at;
  }
  return out;
}

std::optional<members::Op> Epochs::begin(const EpochPlace& place, const MemberId& member,
                                         Rng& rng) const {
  if (!may_begin(member, place)) return std::nullopt;
  return rekey(place, rng);
}

std::vector<EpochPlace> Epochs::beginnable(const MemberId& member) const {
  auto out = places(member);
  std::erase_if(out, [&](const EpochPlace& place) { return !may_begin(member, place); });
  return out;
}

std::vector<members::Recipient> Epochs::recipients(const std::set<DeviceId>& devices) const {
  std::vector<members::Recipient> out;
  for (const auto& id : devices) {
    const auto* device = trust_.roster().device(id);
    if (device == nullptr || out.size() == members::kDeviceBoxesMax) continue;
    const auto prekey = prekeys_.find(id);
    const bool is_theirs =
        prekey != prekeys_.end() && members::is_signed_by(prekey->second, device->signing, team_);
    out.push_back({id, is_theirs ? prekey->second.key : device->exchange});
  }
  return out;
}

members::Op Epochs::rekey(const EpochPlace& place, Rng& rng) const {
  const auto fresh = crypto::SecretKey32::make(rng);
  members::Op op;
  op.kind = OpKind::rekey;
  op.keys.place = place;
  op.keys.commitment = members::commitment_of(fresh);
  auto to = readers(place);
  const auto* room = trust_.roster().room(place.room);
  const auto above = room != nullptr && !room->is_private ? current({Scope::commons, {}})
                                                          : std::optional<Current>();
  if (above) {
    op.keys.under = {above->epoch,
                     members::seal_key(*above->key, team_, op.keys.commitment, fresh, rng)};
    to = without(to, holders(above->epoch));
  }
  members::box_for(op.keys, team_, recipients(to), fresh, rng);
  // The key in the op that founded the team needs no passing on.
  std::set<ShortHash> reached;
  for (const auto& epoch : of(place)) {
    const auto* before = trust_.op(epoch);
    const auto* old = key(epoch);
    if (before->kind != OpKind::rekey || old == nullptr || reached.contains(epoch)) continue;
    if (op.keys.earlier.size() == members::kEarlierMax) break;
    op.keys.earlier.push_back(
        {epoch, members::seal_key(fresh, team_, before->keys.commitment, *old, rng)});
    reach(epoch, reached);
  }
  std::sort(op.keys.earlier.begin(), op.keys.earlier.end());
  return op;
}

void Epochs::reach(const ShortHash& epoch, std::set<ShortHash>& reached) const {
  std::vector<ShortHash> open{epoch};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    const auto* op = trust_.op(next);
    if (op == nullptr || !reached.insert(next).second) continue;
    for (const auto& before : op->keys.earlier) open.push_back(before.epoch);
  }
}

members::Op Epochs::share(const EpochPlace& place, Rng& rng) const {
  const auto& epoch = of(place).front();
  const auto& begun = *trust_.op(epoch);
  members::Op op;
  op.kind = OpKind::share_key;
  op.keys.epoch = epoch;
  op.keys.commitment = begun.keys.commitment;
  members::box_for(op.keys, team_, recipients(without(readers(place), holders(epoch))), *key(epoch),
                   rng);
  op.keys.commitment = {};
  return op;
}

std::vector<const crypto::KexKey*> Epochs::own_keys() const {
  auto out = own_.keys();
  out.push_back(&identity_.exchange);
  return out;
}

}  // namespace holm::node
