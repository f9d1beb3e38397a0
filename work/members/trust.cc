#include "work/members/trust.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/wire.h"

namespace holm::work::members {

bool Trust::add(std::vector<Bytes> ops) {
  bool is_new = false;
  for (const auto& bytes : ops) {
    const auto hash = op_hash(bytes);
    if (at_.contains(hash) || waiting_.contains(hash)) continue;
    auto op = decode_op(bytes);
    if (!op || op->team != team_) continue;
    waiting_.emplace(hash, std::move(*op));
    std::vector<ShortHash> ready{hash};
    while (!ready.empty()) {
      const auto next = ready.back();
      ready.pop_back();
      const auto found = waiting_.find(next);
      if (found == waiting_.end()) continue;
      const auto& past = found->second.past;
      const auto missing = std::find_if(
          past.begin(), past.end(), [&](const ShortHash& parent) { return !at_.contains(parent); });
      if (missing != past.end()) {
        wanted_[*missing].push_back(next);
        continue;
      }
      place(next, std::move(waiting_.extract(found).mapped()));
      is_new = true;
      if (const auto freed = wanted_.extract(next)) {
        ready.insert(ready.end(), freed.mapped().begin(), freed.mapped().end());
      }
    }
  }
  if (is_new) {
    cuts_.clear();
    tell_roster();
  }
  return is_new;
}

const Op* Trust::op(const ShortHash& hash) const {
  const auto found = at_.find(hash);
  return found == at_.end() ? nullptr : &entries_[found->second].op;
}

void Trust::clear() {
  auto verified = std::move(verified_);
  *this = Trust(team_);
  verified_ = std::move(verified);
}

PersonIndex Trust::person(const MemberId& id) {
  const auto [at, is_new] = person_at_.try_emplace(id, static_cast<PersonIndex>(people_.size()));
  if (is_new) people_.push_back(id);
  return at->second;
}

DeviceIndex Trust::device(const DeviceId& id, const MemberId& member) {
  const auto [at, is_new] =
      device_at_.try_emplace({id, member}, static_cast<DeviceIndex>(devices_.size()));
  if (is_new) devices_.emplace_back(id, member);
  return at->second;
}

RoomIndex Trust::room(const SpaceId& id) {
  const auto [at, is_new] = room_at_.try_emplace(id, static_cast<RoomIndex>(rooms_.size()));
  if (is_new) rooms_.push_back(id);
  return at->second;
}

/// Who opens a room under an id of their own, or leaves one to some, manages it.
void Trust::act_in_room(const Op& op, Act& act) {
  if (op.room.is_nil()) return;
  act.room = room(op.room);
  act.is_private = op.is_private;
  if (op.kind == OpKind::room_member) act.given.push_back({person(op.target), op.level});
  const bool is_own = op.kind == OpKind::open_room && !op.nonce.empty();
  if (!is_own && op.kind != OpKind::make_private) return;
  act.given.push_back({act.author, Level::manager});
  for (const auto& [member, level] : op.members) {
    if (member != op.author) act.given.push_back({person(member), level});
  }
}

void Trust::place(const ShortHash& hash, Op op) {
  Entry entry{.hash = hash, .op = std::move(op), .certificate = {}};
  if (!entry.op.certificate.empty()) {
    auto certificate = decode_certificate(entry.op.certificate, team_);
    if (certificate) entry.certificate = std::move(*certificate);
  }
  auto act = act_of(entry);
  act.is_authentic = is_authentic(entry, act);
  const bool enters = act.kind != OpKind::drop_device && act.subject != kNobody;
  const auto subject = act.subject;
  const auto at = rules_.add(std::move(act));
  if (enters && rules_.is_allowed(at)) introduced_.try_emplace(subject, at);
  at_[hash] = at;
  const bool has_key = entry.op.kind == OpKind::rekey || entry.op.kind == OpKind::share_key;
  if (has_key) key_ops_.push_back(hash);
  entries_.push_back(std::move(entry));
}

Act Trust::act_of(const Entry& entry) {
  const auto& op = entry.op;
  Act act;
  act.kind = op.kind;
  act.hash = entry.hash;
  act.parents = find(op.past);
  act.author = person(op.author);
  act.device = device(op.device, op.author);
  act.role = op.role;
  act.uses = op.uses;
  act.by_root = op.root_signature.has_value();
  act.time = op.time.time_since_epoch().count();
  if (op.kind == OpKind::grant || op.kind == OpKind::reduce) act.target = person(op.target);
  if (entry.certificate) {
    act.subject = device(entry.certificate->device, entry.certificate->member);
  }
  if (op.kind == OpKind::drop_device) act.subject = device(op.dropped, op.target);
  act_in_room(op, act);
  if (!op.keys.place.room.is_nil()) act.room = room(op.keys.place.room);
  for (const auto& id : op.rooms) act.rooms.push_back(room(id));
  if (!op.invite.is_nil()) {
    const auto found = at_.find(op.invite);
    const bool is_invite = found != at_.end() && entries_[found->second].op.kind == OpKind::invite;
    if (is_invite) act.invite = found->second;
  }
  return act;
}

/// Whether an op is what it says: signed by the device, with certificates and proofs that hold.
/// The answer rests on the op alone, as a device's id and an invite's hash tell their keys.
bool Trust::is_authentic(const Entry& entry, const Act& act) {
  const auto known = verified_.find(entry.hash);
  if (known != verified_.end()) return known->second;
  const auto& op = entry.op;
  const bool is_first = op.kind == OpKind::create || act.by_root;
  const auto* certificate = entry.certificate ? &*entry.certificate : nullptr;
  if (!is_first) {
    const auto found = introduced_.find(act.device);
    if (found == introduced_.end()) return false;
    certificate = &*entries_[found->second].certificate;
  }
  const bool is_real =
      is_possible(op.time) && certificate != nullptr && certificate->device == op.device &&
      certificate->member == op.author && has_valid_proofs(entry, act) &&
      crypto::verify(certificate->signing, kOpLabel, signed_bytes(op), op.signature);
  verified_[entry.hash] = is_real;
  return is_real;
}

bool Trust::has_valid_proofs(const Entry& entry, const Act& act) const {
  const auto& op = entry.op;
  switch (op.kind) {
    case OpKind::create:
      return op.past.empty() && op.network_key.size() == 32 && team_of(op) == team_;
    case OpKind::grant: {
      if (op.certificate.empty() != !entry.certificate) return false;
      if (entry.certificate && entry.certificate->member != op.target) return false;
      if (op.invite.is_nil()) return op.join_proof.empty();
      if (act.invite == kNoOp || !entry.certificate) return false;
      const auto& invite = entries_[act.invite].op;
      if (op.time > invite.expires) return false;
      const auto proof = decode_join_proof(op.join_proof);
      return proof && crypto::verify(invite.invite_key, kJoinLabel,
                                     join_signed_bytes(team_, op.certificate, proof->handshake),
                                     proof->signature);
    }
    case OpKind::add_device:
      return entry.certificate && entry.certificate->member == op.author &&
             (!op.root_signature || crypto::verify(entry.certificate->root, kRootLabel,
                                                   root_signed_bytes(op), *op.root_signature));
    case OpKind::invite: return op.invite_psk.size() == 32;
    case OpKind::close_invite: return act.invite != kNoOp;
    case OpKind::open_room:
      if (op.nonce.empty()) return !op.room.is_nil() && !op.is_private && op.members.empty();
      return op.nonce.size() == 16 && op.room == room_of(team_, op.author, op.nonce);
    case OpKind::room_member: return !op.room.is_nil() && !op.target.is_nil();
    case OpKind::make_private: return !op.room.is_nil();
    case OpKind::extend:
    case OpKind::dismiss: return !op.spans.empty();
    case OpKind::reduce:
    case OpKind::drop_device:
    case OpKind::rekey:
    case OpKind::share_key: return true;
  }
  return false;  // a kind this program does not know
}

std::vector<OpIndex> Trust::find(std::span<const ShortHash> frontier) const {
  std::vector<OpIndex> out;
  for (const auto& hash : frontier) {
    const auto found = at_.find(hash);
    if (found != at_.end()) out.push_back(found->second);
  }
  std::sort(out.begin(), out.end());
  return out;
}

WallTime Trust::newest(std::span<const ShortHash> frontier) const {
  auto out = kEarliest;
  for (const auto op : find(frontier)) out = std::max(out, possible(entries_[op].op.time));
  return out;
}

std::optional<Authority> Trust::authority(std::span<const ShortHash> frontier,
                                          const MemberId& member, const DeviceId& device) {
  const auto heads = find(frontier);
  if (heads.size() != frontier.size()) return std::nullopt;
  const auto found = device_at_.find({device, member});
  if (heads.empty() || found == device_at_.end()) return Authority{};
  const auto& standing = rules_.standing(heads);
  if (!standing.is_authorised(found->second)) return Authority{};
  const auto seat = standing.seat(person_at_.at(member));
  return Authority{seat.role, seat.tenure, standing.presence(found->second).entry};
}

std::optional<Level> Trust::level(std::span<const ShortHash> frontier, const MemberId& member,
                                  const SpaceId& room) {
  const auto heads = find(frontier);
  if (heads.size() != frontier.size()) return std::nullopt;
  const auto who = person_at_.find(member);
  const auto where = room_at_.find(room);
  if (heads.empty() || who == person_at_.end() || where == room_at_.end()) return Level::none;
  return rules_.standing(heads).level(who->second, where->second);
}

/// Whether a reduction takes effect: it counts, and waits for nobody.
bool Trust::holds(const Resolution& all, OpIndex reduction) const {
  const auto& waiting = all.standing.waiting();
  return all.counts[reduction] && !std::binary_search(waiting.begin(), waiting.end(), reduction);
}

bool Trust::is_within(OpIndex reduction, const LogPlace& place, Reach reach) const {
  const auto raised = reach == Reach::raised ? raised_.find(reduction) : raised_.end();
  if (raised != raised_.end()) {
    const auto at = raised->second.find(place.log);
    if (at != raised->second.end() && place.seq <= at->second) return true;
  }
  const auto& cut = entries_[reduction].op.cut;
  const auto at = std::lower_bound(cut.begin(), cut.end(), LogPlace{place.log, 0});
  return at != cut.end() && at->log == place.log && place.seq <= at->seq;
}

bool Trust::is_named(OpKind kind, const LogPlace& place, const SpaceId& room) {
  const auto& all = rules_.all();
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    const auto& what = entries_[op].op;
    if (what.kind != kind || what.room != room || !all.counts[op]) continue;
    for (const auto& span : what.spans) {
      if (span.log == place.log && span.from <= place.seq && place.seq <= span.to) return true;
    }
  }
  return false;
}

bool Trust::holds_back(const Authority& by, const MemberId& member, const DeviceId& device,
                       const LogPlace& place, const SpaceId& room,
                       std::span<const ShortHash> frontier, Reach reach) {
  const auto& all = rules_.all();
  bool is_held = !all.counts[by.tenure] || all.cut_off[by.entry];
  for (const auto op : cuts_of(member, device).removals) {
    if (is_held) break;
    const auto grounds = entries_[op].op.kind == OpKind::reduce ? by.tenure : by.entry;
    is_held = !rules_.past(grounds).has(op) && !is_within(op, place, reach);
  }
  const auto lowered = is_held ? lowered_.end() : lowered_.find({member, room});
  if (lowered != lowered_.end()) {
    const auto heads = find(frontier);
    is_held = std::any_of(lowered->second.begin(), lowered->second.end(), [&](OpIndex op) {
      const bool is_seen = std::any_of(heads.begin(), heads.end(), [&](OpIndex head) {
        return head == op || rules_.past(head).has(op);
      });
      return !is_seen && !is_within(op, place, reach);
    });
  }
  return is_held && !is_named(OpKind::extend, place, room);
}

const Trust::Cuts& Trust::cuts_of(const MemberId& member, const DeviceId& device) {
  const auto [at, is_new] = cuts_.try_emplace({device, member});
  auto& cuts = at->second;
  if (!is_new) return cuts;
  const auto& all = rules_.all();
  std::vector<OpIndex> extended;
  std::vector<OpIndex> lost;  // what no longer counts of what they held their place by
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    const auto& [hash, what, certificate] = entries_[op];
    const bool is_about = what.target == member;
    if (what.kind == OpKind::extend && all.counts[op]) extended.push_back(op);
    if (is_about && what.kind == OpKind::reduce && what.role == Role::none && holds(all, op)) {
      cuts.removals.push_back(op);
    }
    if (is_about && what.kind == OpKind::drop_device && what.dropped == device && all.counts[op]) {
      cuts.removals.push_back(op);
    }
    const bool is_void_grant = is_about && what.kind == OpKind::grant && !all.counts[op];
    const bool is_cut_off = all.cut_off[op] && certificate && certificate->member == member;
    if ((is_void_grant && rules_.is_allowed(op)) || is_cut_off) lost.push_back(op);
  }
  if (cuts.removals.empty() && lost.empty()) return cuts;
  Writer out;
  out.array(4);
  for (const auto* ops : {&cuts.removals, &extended, &lost}) {
    std::vector<ShortHash> hashes;
    for (const auto op : *ops) hashes.push_back(entries_[op].hash);
    std::sort(hashes.begin(), hashes.end());
    out.array(hashes.size());
    for (const auto& hash : hashes) out.id(hash);
  }
  tell_raised(out, cuts.removals);
  cuts.standing = out.take();
  return cuts;
}

void Trust::tell_raised(Writer& out, const std::vector<OpIndex>& cuts) const {
  std::set<LogPlace> places;
  for (const auto op : cuts) {
    const auto raised = raised_.find(op);
    if (raised == raised_.end()) continue;
    for (const auto& [log, seq] : raised->second) places.insert({log, seq});
  }
  out.array(2 * places.size());
  for (const auto& place : places) out.id(place.log).uint(place.seq);
}

Bytes Trust::standing_of(const MemberId& member, const DeviceId& device, const SpaceId& room) {
  const auto& standing = cuts_of(member, device).standing;
  const auto lowered = lowered_.find({member, room});
  if (lowered == lowered_.end()) return standing;
  std::vector<ShortHash> hashes;
  for (const auto op : lowered->second) hashes.push_back(entries_[op].hash);
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    const auto& what = entries_[op].op;
    const bool shows = what.kind == OpKind::extend && what.room == room;
    if (shows && rules_.all().counts[op]) hashes.push_back(entries_[op].hash);
  }
  std::sort(hashes.begin(), hashes.end());
  Writer out;
  out.array(3).bytes(standing).array(hashes.size());
  for (const auto& hash : hashes) out.id(hash);
  tell_raised(out, lowered->second);
  return out.take();
}

bool Trust::is_dismissed(const LogPlace& place, const SpaceId& room) {
  return is_named(OpKind::dismiss, place, room);
}

bool Trust::would_be_final(const Op& op) {
  return rules_.would_be_final(act_of({.hash = {}, .op = op, .certificate = {}}));
}

bool Trust::is_out_for_good(const MemberId& member) {
  const auto found = person_at_.find(member);
  return found != person_at_.end() && rules_.is_out_for_good(found->second);
}

bool Trust::may_confirm(const MemberId& member, const MemberId& by) {
  const auto who = person_at_.find(member);
  const auto other = person_at_.find(by);
  return who != person_at_.end() && other != person_at_.end() && roster_.role(by) >= Role::admin &&
         rules_.outranks_grants(other->second, who->second);
}

bool Trust::is_at_limit(const MemberId& author, WallTime at) const {
  const auto found = person_at_.find(author);
  const auto limit = rules_.acts_per_hour();
  return found != person_at_.end() &&
         rules_.acts_within_hour(found->second, at.time_since_epoch().count(), rules_.everything(),
                                 limit) >= limit;
}

std::vector<Cut> Trust::cuts() {
  const auto& all = rules_.all();
  std::set<OpIndex> found;
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    const auto& what = entries_[op].op;
    const bool removes = what.kind == OpKind::reduce && what.role == Role::none;
    if ((removes || what.kind == OpKind::drop_device) && holds(all, op)) found.insert(op);
  }
  for (const auto& [whom, ops] : lowered_) found.insert(ops.begin(), ops.end());
  std::vector<Cut> out;
  for (const auto op : found) out.push_back({entries_[op].hash, &entries_[op].op});
  return out;
}

bool Trust::raise_cut(const ShortHash& cut, const std::map<LogId, std::uint64_t>& reached) {
  const auto found = at_.find(cut);
  if (found == at_.end()) return false;
  const auto known = raised_.find(found->second);
  if (known == raised_.end() ? reached.empty() : known->second == reached) return false;
  raised_[found->second] = reached;
  cuts_.clear();
  return true;
}

void Trust::tell_roster() {
  const auto& all = rules_.all();
  is_anyone_cut_ = false;
  for (OpIndex op = 0; op < entries_.size() && !is_anyone_cut_; ++op) {
    const auto& what = entries_[op].op;
    const bool removes = what.kind == OpKind::drop_device ||
                         (what.kind == OpKind::reduce && what.role == Role::none);
    const bool is_lost = what.kind == OpKind::grant && rules_.is_allowed(op) && !all.counts[op];
    is_anyone_cut_ = (removes && all.counts[op]) || is_lost || all.cut_off[op];
  }
  roster_ = Roster();
  roster_.team = team_;
  for (const auto head : rules_.strongest_heads(kFrontierMax)) {
    roster_.frontier.push_back(entries_[head].hash);
  }
  std::sort(roster_.frontier.begin(), roster_.frontier.end());
  tell_people(roster_, all);
  tell_devices(roster_, all);
  tell_rest(roster_, all);
  tell_rooms(roster_, all);
  is_anyone_cut_ = is_anyone_cut_ || !lowered_.empty();
}

void Trust::tell_rooms(Roster& out, const Resolution& all) {
  lowered_.clear();
  for (RoomIndex at = 0; at < rooms_.size(); ++at) {
    const auto* known = all.standing.room(at);
    if (known == nullptr) continue;
    auto& room = out.rooms[rooms_[at]];
    room.id = rooms_[at];
    room.is_private = known->is_private;
    for (const auto& [who, level] : known->given) room.given[people_[who]] = level;
  }
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    const auto& what = entries_[op].op;
    if (!all.counts[op]) continue;
    if (what.kind == OpKind::reduce && what.role == Role::guest) {
      // What they wrote before stays theirs to have written: it is heard, and not held back.
      for (auto& [id, room] : out.rooms) {
        if (!room.is_private) room.lowered.insert(what.target);
      }
    }
    if (what.kind != OpKind::room_member && what.kind != OpKind::make_private) continue;
    const auto& then = rules_.standing({op});
    const auto where = room_at_.at(what.room);
    for (PersonIndex who = 0; who < people_.size(); ++who) {
      if (what.kind == OpKind::room_member && people_[who] != what.target) continue;
      if (then.role(who) == Role::none || then.level(who, where) >= Level::writer) continue;
      lowered_[{people_[who], what.room}].push_back(op);
      const auto room = out.rooms.find(what.room);
      if (room != out.rooms.end()) room->second.lowered.insert(people_[who]);
    }
  }
}

void Trust::tell_people(Roster& out, const Resolution& all) const {
  std::map<MemberId, OpIndex> entered;
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    const auto& [hash, what, certificate] = entries_[op];
    const bool is_entry = what.kind == OpKind::create || what.kind == OpKind::grant;
    if (!is_entry || !certificate || !rules_.is_allowed(op)) continue;
    const auto [at, is_new] = entered.try_emplace(certificate->member, op);
    const bool counts_more = all.counts[op] && !all.counts[at->second];
    const bool counts_less = !all.counts[op] && all.counts[at->second];
    if (!is_new && (counts_more || (!counts_less && rules_.is_older(op, at->second)))) {
      at->second = op;
    }
  }
  for (const auto& [member, op] : entered) {
    const auto& entry = entries_[op];
    auto& person = out.people[member];
    person.id = member;
    person.name = entry.op.name;
    person.role = all.standing.role(person_at_.at(member));
    person.joined = entry.op.time;
    person.root = entry.certificate->root;
    person.is_pending = all.pending[op] && person.role == Role::none;
  }
  for (const auto op : all.standing.waiting()) {
    const auto found = out.people.find(entries_[op].op.target);
    if (found != out.people.end()) found->second.is_leaving = true;
  }
}

void Trust::tell_devices(Roster& out, const Resolution& all) const {
  std::map<DeviceId, OpIndex> first;
  for (const auto& [device, op] : introduced_) {
    const auto& certificate = *entries_[op].certificate;
    const auto entry = all.standing.presence(device).entry;
    const auto [at, is_new] = first.try_emplace(certificate.device, op);
    if (!is_new && !rules_.is_older(op, at->second)) continue;
    at->second = op;
    out.devices[certificate.device] = {.id = certificate.device,
                                       .member = certificate.member,
                                       .label = certificate.label,
                                       .signing = certificate.signing,
                                       .exchange = certificate.exchange,
                                       .dropped = entry == kNoOp,
                                       .added = entries_[op].op.time,
                                       .certificate = entries_[op].op.certificate};
  }
}

void Trust::tell_rest(Roster& out, const Resolution& all) const {
  std::map<EpochPlace, std::vector<OpIndex>> epochs;
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    if (!all.counts[op]) continue;
    const auto& what = entries_[op].op;
    switch (what.kind) {
      case OpKind::create:
        out.team_name = what.team_name;
        epochs[EpochPlace{}].push_back(op);
        break;
      case OpKind::rekey: epochs[what.keys.place].push_back(op); break;
      case OpKind::invite: {
        const auto* usage = all.standing.invite(op);
        ENSURE(usage != nullptr);
        out.invites[entries_[op].hash] = {.id = entries_[op].hash,
                                          .made_by = what.author,
                                          .role = what.role,
                                          .key = what.invite_key,
                                          .psk = what.invite_psk,
                                          .uses = what.uses,
                                          .used = usage->used,
                                          .used_at = {},
                                          .expires = what.expires,
                                          .closed = usage->is_closed,
                                          .rooms = what.rooms};
        break;
      }
      case OpKind::grant: {  // after the invite: it is in its past
        const auto by = out.invites.find(what.invite);
        if (by != out.invites.end()) by->second.used_at = std::max(by->second.used_at, what.time);
        break;
      }
      default: break;
    }
  }
  for (auto& [place, ops] : epochs) {
    std::sort(ops.begin(), ops.end(), [&](OpIndex a, OpIndex b) { return rules_.is_older(b, a); });
    for (const auto op : ops) out.epochs[place].push_back(entries_[op].hash);
  }
}

std::vector<Judged> Trust::history() {
  const auto& all = rules_.all();
  std::vector<OpIndex> order(entries_.size());
  for (OpIndex op = 0; op < order.size(); ++op) order[op] = op;
  std::sort(order.begin(), order.end(),
            [&](OpIndex a, OpIndex b) { return rules_.is_older(a, b); });
  std::map<DeviceIndex, OpIndex> last;
  std::vector<bool> is_apart(entries_.size(), false);
  for (OpIndex op = 0; op < entries_.size(); ++op) {
    if (!rules_.is_allowed(op)) continue;
    const auto [before, is_first] = last.try_emplace(rules_.act(op).device, op);
    is_apart[op] = !is_first && !rules_.past(op).has(before->second);
    before->second = op;
  }
  std::vector<Judged> out;
  for (const auto op : order) {
    Judged judged{.hash = entries_[op].hash, .op = &entries_[op].op};
    if (!rules_.is_allowed(op)) {
      judged.state = OpState::refused;
    } else if (all.pending[op] || (all.counts[op] && !holds(all, op))) {
      judged.state = OpState::waits;
    } else if (!all.counts[op]) {
      judged.state = OpState::taken_back;
    }
    judged.is_final = rules_.is_final(op);
    judged.is_apart = is_apart[op];
    out.push_back(judged);
  }
  return out;
}

Roster resolve(const TeamId& team, std::span<const Bytes> ops) {
  Trust trust(team);
  trust.add({ops.begin(), ops.end()});
  return trust.roster();
}

}  // namespace holm::work::members
