// Requests about a person's devices: getting back in by the recovery phrase, one more device, its
// label, and who has compared safety words with whom.
#include <algorithm>

#include "base/wire.h"
#include "node/node.h"
#include "node/recovery.h"
#include "work/members/invite_code.h"
#include "work/members/proquint.h"
#include "work/reference.h"
#include "work/schema.h"
#include "work/when.h"
#include "work/write_builder.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr Millis kCodeHolds{15 * 60 * 1000};
constexpr Millis kCodesForgotten{24 * 3600 * 1000};  ///< behind their end
constexpr std::size_t kLabelMax = 100;
constexpr std::string_view kVerified = "verified";  // facts: member -> Comparison

/// What came of comparing safety words, and of which devices.
struct Comparison {
  bool is_same = false;
  WallTime at{};
  std::vector<DeviceId> devices;  ///< sorted
};

Bytes encode(const Comparison& comparison) {
  Writer out;
  out.array(3).boolean(comparison.is_same).sint(comparison.at.time_since_epoch().count());
  out.array(comparison.devices.size());
  for (const auto& device : comparison.devices) out.id(device);
  return out.take();
}

Result<Comparison> decode_comparison(ByteView bytes) {
  auto in = TRY(Reader::open(bytes));
  TRY(in.array(3));
  Comparison out;
  out.is_same = TRY(in.boolean());
  out.at = WallTime{Millis{TRY(in.sint())}};
  const auto count = TRY(in.array());
  for (std::size_t i = 0; i < count; ++i) out.devices.push_back(TRY(in.id<DeviceId>()));
  TRY(in.end());
  return out;
}

std::vector<DeviceId> devices_of(const members::Roster& roster, const MemberId& member) {
  std::vector<DeviceId> out;
  for (const auto& [id, device] : roster.devices) {
    if (device.member == member && !device.dropped) out.push_back(id);
  }
  return out;
}

/// "same", "different", "changed" (more devices since), or "" when nobody compared.
Result<std::string> verified(Replica& replica, const MemberId& member) {
  const auto fact = TRY(replica.store().facts().get(kVerified, member.view()));
  if (!fact) return std::string();
  const auto comparison = TRY(decode_comparison(*fact));
  if (!comparison.is_same) return std::string("different");
  const auto now = devices_of(replica.roster(), member);
  const bool is_known =
      std::includes(comparison.devices.begin(), comparison.devices.end(), now.begin(), now.end());
  return std::string(is_known ? "same" : "changed");
}

}  // namespace

// --- recovery

Result<std::optional<Value>> Node::recover(RequestId id, const Value& request) {
  const auto secret = TRY(parse_recovery_phrase(request["phrase"].text()));
  if (!request.has("at")) {
    return fail(Code::usage, "where to knock is missing", "nothing was sent",
                "name a device of a team that you were in with --at HOST:PORT");
  }
  const auto at = TRY(net::Endpoint::parse(request["at"].text()));
  begin_join(id, {{}, at.text()}, request);
  auto taken = take_phrase(recovery_key(secret), joins_.back());
  if (taken) taken = save_joins();
  if (!taken) {
    joins_.pop_back();
    return fail(std::move(taken).error());
  }
  try_join(joins_.back());
  return std::optional<Value>();
}

/// The phrase becomes this home's, if it has no team by another one.
Status Node::take_phrase(const crypto::SecretKey32& key, Join& join) {
  if (crypto::equal_secret(key.reveal(), identity_.recovery.reveal())) return {};
  for (const auto& [team, replica] : teams_.all()) {
    if (!is_entered(*replica)) continue;
    return fail(Code::denied, "this home has teams under another recovery phrase",
                "nothing was changed",
                "recover into a home of its own: holm --home FOLDER recover");
  }
  auto before = std::exchange(identity_.recovery, key.clone());
  if (auto saved = env_.save_identity ? env_.save_identity() : Status{}; !saved) {
    identity_.recovery = std::move(before);
    return saved;
  }
  join.before = std::move(before);
  return {};
}

/// A recovery that nobody answers leaves the home with the phrase that it had.
void Node::give_back_phrase(Join& join) {
  if (!join.before || !join.done.empty()) return;
  auto tried = std::exchange(identity_.recovery, join.before->clone());
  if (auto saved = env_.save_identity ? env_.save_identity() : Status{}; !saved) {
    identity_.recovery = std::move(tried);
    env_.log.write(Level::error, saved.error().text());
  }
}

void Node::on_recoverable(net::LinkId link, const std::vector<TeamId>& teams) {
  const auto found =
      std::find_if(joins_.begin(), joins_.end(), [&](const Join& it) { return it.link == link; });
  if (found == joins_.end()) return;
  found->link = 0;
  found->wanted.assign(teams.begin(), teams.end());
  found->done.clear();
  if (!teams.empty()) try_join(*found);
}

/// Takes the next team once all of one is here, or its link is gone: sync fetches the rest then.
void Node::go_on_recovering() {
  for (std::size_t i = 0; i < joins_.size();) {
    auto& join = joins_[i++];
    if (!join.is_fetching) continue;
    const auto link = links_.find(join.link);
    if (link && !link->in_sync) continue;
    join.is_fetching = false;
    join.is_partial = join.is_partial || !link;
    std::erase(join.wanted, join.done.back());
    join.link = 0;
    if (!join.wanted.empty()) {
      try_join(join);
    } else {
      finish_recovery(join);
      --i;
    }
  }
}

void Node::finish_recovery(Join& join) {
  auto answer = recovered(join);
  const auto request = join.request;
  joins_.erase(joins_.begin() + (&join - joins_.data()));
  (void)save_joins().has_value();
  finish(request, std::move(answer));
}

Value Node::recovered(const Join& join) const {
  Value teams = Value::array();
  for (const auto& id : join.done) {
    const auto& back = *teams_.all().at(id);
    std::int64_t others = 0;
    for (const auto& [device, known] : back.roster().devices) {
      others += device != identity_.device() && known.member == back.self() && !known.dropped;
    }
    teams.push(Value::object()
                   .set("team", id.text())
                   .set("name", back.name())
                   .set("member", back.self().text())
                   .set("role", members::role_name(back.roster().role(back.self())))
                   .set("other_devices", others));
  }
  auto answer =
      Value::object().set("teams", std::move(teams)).set("device", identity_.device().text());
  if (join.is_partial) {
    answer.set("notices", Value::array().push("not everything has arrived yet; the rest comes "
                                              "with: holm sync --with " +
                                              join.pending.at));
  }
  return answer;
}

/// Says in this person's profile how they will knock when they have nothing left but the phrase.
void Node::publish_recovery(Replica& replica) {
  if (!replica.has_root()) return;
  const auto ref = work::profile_ref(replica.state(), replica.self());
  const auto entry = recovery_entry(identity_, replica.team());
  const auto profile = replica.state().object(ref);
  if (profile && *profile) {
    const auto* held = (*profile)->value(work::profile::kRecovery, replica.self().view());
    if (held != nullptr && *held == encode(Value(entry))) return;
  }
  std::vector<crdt::Write> writes;
  work::WriteBuilder(writes, ref.object, work::kProfile)
      .put(work::profile::kRecovery, Value(entry));
  auto done = in_turn(
      replica,
      [&]() -> Result<Value> {
        (void)TRY(replica.write(ref.space, writes, env_.clock.wall()));
        return Value();
      },
      false);
  if (!done) env_.log.write(Level::warn, done.error().text());
}

// --- devices

Result<Value> Node::device_add(Replica& replica, const Value&) {
  if (!replica.has_root()) {
    return fail(Code::denied,
                "this device was let in by another one, and cannot let in more: it has not got "
                "your recovery phrase's key",
                "nothing was changed",
                "use the device that you began with, or bring the new one in with: holm recover");
  }
  if (!replica.roster().authorised(identity_.device())) {
    return fail(Code::denied, "this device is not in the team any more", "nothing was changed");
  }
  const auto now = env_.clock.wall();
  const auto secret = env_.rng.id<members::InviteSecret>();
  const DeviceCode code{to_bytes(secret.view()), now + kCodeHolds, {}};
  const auto key = door_key(members::invite_psk(secret).reveal());
  auto answer = TRY(in_turn(
      replica,
      [&]() -> Result<Value> {
        auto& facts = replica.store().facts();
        for (const auto& [old, bytes] : TRY(facts.all(kDeviceCodes))) {
          const auto known = decode_device_code(bytes);
          if (!known || known->expires + kCodesForgotten < now)
            TRY(facts.remove(kDeviceCodes, old));
        }
        TRY(facts.put(kDeviceCodes, key.view(), encode(code)));
        return Value::object()
            .set("code", members::invite_code(secret))
            .set("expires", work::rfc3339(code.expires))
            .set("team", replica.team().text())
            .set("name", replica.name());
      },
      false));
  teams_.refresh_doors();
  if (links_.listening()) answer.set("at", links_.listening()->text());
  return answer;
}

/// A device of this person, by id, start of an id, or label.
Result<members::Device> Node::own_device(Replica& replica, const Value& request) const {
  const std::string wanted(request["device"].text());
  std::vector<const members::Device*> fits;
  bool is_anothers = false;
  for (const auto& [id, device] : replica.roster().devices) {
    const bool is_named = wanted.size() >= 4 && id.text().starts_with(wanted);
    const bool is_mine = device.member == replica.self();
    is_anothers = is_anothers || (is_named && !is_mine);
    if (is_mine && (is_named || work::label_of(replica.state(), device) == wanted)) {
      fits.push_back(&device);
    }
  }
  if (fits.size() == 1) return *fits.front();
  if (fits.size() > 1) {
    return fail(Code::usage, "several devices are called " + wanted, "nothing was changed",
                "use the id from holm device list");
  }
  if (is_anothers) {
    return fail(Code::denied, "only whose device it is may rename it", "nothing was changed");
  }
  return fail(Code::not_found, "you have no device " + wanted, "nothing was changed",
              "see holm device list");
}

Result<Value> Node::device_rename(Replica& replica, const Value& request) {
  const auto device = TRY(own_device(replica, request));
  const std::string label(request["label"].text());
  if (label.empty() || label.size() > kLabelMax || label.find('\n') != std::string::npos) {
    return fail(
        Code::usage,
        "a device's label has to be one line of 1 to " + std::to_string(kLabelMax) + " characters",
        "nothing was changed");
  }
  const auto ref = work::device_ref(replica.state(), device.id);
  std::vector<crdt::Write> writes;
  work::WriteBuilder(writes, ref.object, work::kProfile).put(work::profile::kName, Value(label));
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        (void)TRY(replica.write(ref.space, writes, env_.clock.wall()));
        return Value::object().set("device", device.id.text()).set("label", label);
      },
      false);
}

/// Beside each device of this person: the words that it and the device that let it in both show.
Result<Value> Node::with_words(Replica& replica, Value answer) const {
  const auto* me = replica.roster().person(replica.self());
  Value devices = Value::array();
  for (auto device : answer["devices"].items()) {
    const auto id = DeviceId::from_text(device["id"].text());
    const auto* known = id ? replica.roster().device(*id) : nullptr;
    if (me != nullptr && known != nullptr && known->member == me->id) {
      device.set("words", members::safety_words(replica.team(), me->root, *id));
    }
    devices.push(std::move(device));
  }
  return answer.set("devices", std::move(devices));
}

// --- safety words

Result<Value> Node::member_verify(Replica& replica, const Value& request) {
  const auto& roster = replica.roster();
  const auto who = TRY(work::resolve_member(replica.state(), request["member"].text()));
  const auto* them = roster.person(who);
  const auto* me = roster.person(replica.self());
  const auto name = work::name_of(replica.state(), who);
  if (them == nullptr || me == nullptr || them->role == members::Role::none) {
    return fail(Code::not_found, name + " is not in the team", "nothing was changed");
  }
  if (who == replica.self()) {
    return fail(Code::usage, "there is nothing to compare with yourself", "nothing was changed",
                "name another member of the team");
  }
  const auto outcome = request["outcome"].text();
  if (!outcome.empty() && outcome != "same" && outcome != "different") {
    return fail(Code::usage, "the words were the same or different", "nothing was changed");
  }
  if (!outcome.empty()) {
    const Comparison comparison{outcome == "same", env_.clock.wall(), devices_of(roster, who)};
    (void)TRY(in_turn(
        replica,
        [&]() -> Result<Value> {
          TRY(replica.store().facts().put(kVerified, who.view(), encode(comparison)));
          return Value();
        },
        false));
  }
  return Value::object()
      .set("member", who.text())
      .set("name", name)
      .set("words", members::safety_words(replica.team(), me->root, them->root))
      .set("verified", TRY(verified(replica, who)));
}

/// Beside each member: what came of comparing safety words with them at this home.
Result<Value> Node::with_verified(Replica& replica, Value answer) const {
  const auto mark = [&](Value& entry, std::string_view key) -> Status {
    const auto id = MemberId::from_text(entry[key].text());
    if (!id) return {};
    auto standing = TRY(verified(replica, *id));
    if (!standing.empty()) entry.set("verified", std::move(standing));
    return {};
  };
  if (!answer.has("members")) {
    TRY(mark(answer, "member"));
    return answer;
  }
  Value people = Value::array();
  for (auto entry : answer["members"].items()) {
    TRY(mark(entry, "id"));
    people.push(std::move(entry));
  }
  return answer.set("members", std::move(people));
}

}  // namespace holm::node
