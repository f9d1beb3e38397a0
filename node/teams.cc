#include "node/teams.h"

#include <algorithm>
#include <set>

#include "base/wire.h"
#include "crypto/hash.h"
#include "node/mend.h"
#include "work/members/invite_code.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::node {

bool is_entered(const Replica& replica) { return replica.has_entered(); }

namespace {

constexpr Millis kCodeRemembered{24LL * 3600 * 1000};  ///< then whoever has it meets silence
constexpr Millis kInvitesRemembered{30LL * 24 * 3600 * 1000};

}  // namespace

Bytes encode(const Hello& hello) {
  Writer out;
  out.array(3);
  out.id_or_empty(hello.team);
  out.id_or_empty(hello.device);
  out.id_or_empty(hello.root);
  return out.take();
}

Result<Hello> decode_hello(ByteView payload) {
  auto in = TRY(Reader::open(payload, {.bytes_max = 256, .items_max = 8, .depth_max = 2}));
  TRY(in.array(3));
  Hello out;
  out.team = TRY(in.id_or_empty<TeamId>());
  out.device = TRY(in.id_or_empty<DeviceId>());
  out.root = TRY(in.id_or_empty<crypto::VerifyKey>());
  TRY(in.end());
  return out;
}

Bytes encode(const DeviceCode& code) {
  Writer out;
  out.array(3).bytes(code.secret).sint(code.expires.time_since_epoch().count());
  out.id_or_empty(code.used_by);
  return out.take();
}

Result<DeviceCode> decode_device_code(ByteView bytes) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = 256, .items_max = 8, .depth_max = 2}));
  TRY(in.array(3));
  DeviceCode out;
  out.secret = to_bytes(TRY(in.bytes()));
  out.expires = WallTime{Millis{TRY(in.sint())}};
  out.used_by = TRY(in.id_or_empty<DeviceId>());
  TRY(in.end());
  return out;
}

ShortHash door_key(ByteView psk) { return shorten(crypto::hash("holm door v1", psk)); }

ReplicaEnv Teams::replica_env(const TeamId& team) const {
  return {.identity = identity_,
          .rng = env_.rng,
          .log = env_.log,
          .store_path = env_.store_path(team),
          .vfs = env_.vfs,
          .pool = env_.pool,
          .store_key = env_.store_key(team),
          .witness = env_.witness(team),
          .clock = &env_.clock,
          .files = env_.files,
          .segments = env_.segments ? env_.segments(team) : nullptr};
}

Status Teams::open(const std::vector<TeamId>& teams) {
  for (const auto& team : teams) {
    replicas_[team] = TRY(open_whole(replica_env(team), team));
  }
  refresh_doors();
  return {};
}

Result<Replica*> Teams::found(std::string_view name) {
  const auto now = env_.clock.wall();
  auto [team, create] = founding(identity_, name, env_.rng, now);
  auto replica = TRY(Replica::found(replica_env(team), team, std::move(create), now));
  auto* out = replica.get();
  replicas_[team] = std::move(replica);
  refresh_doors();
  return out;
}

Result<Replica*> Teams::prepare(const TeamId& team) {
  if (auto* known = find(team)) return known;
  auto replica = TRY(open_whole(replica_env(team), team));
  auto* out = replica.get();
  replicas_[team] = std::move(replica);
  return out;
}

Replica* Teams::find(const TeamId& team) {
  const auto found = replicas_.find(team);
  return found == replicas_.end() ? nullptr : found->second.get();
}

Result<Replica*> Teams::resolve(std::string_view reference) {
  if (std::none_of(replicas_.begin(), replicas_.end(),
                   [](const auto& item) { return is_entered(*item.second); })) {
    return fail(Code::not_found, "this home has no team", "nothing was changed",
                "make one with: holm team create NAME, or enter one with: holm join CODE");
  }
  std::vector<Replica*> fits;
  for (const auto& [id, replica] : replicas_) {
    if (!is_entered(*replica)) continue;
    if (reference.empty() || id.text().starts_with(reference) || replica->name() == reference) {
      fits.push_back(replica.get());
    }
  }
  if (fits.size() == 1) return fits.front();
  if (fits.empty()) {
    return fail(Code::not_found,
                "there is no team \"" + std::string(reference) + "\" in this home");
  }
  std::string names;
  for (const auto* replica : fits) {
    names += (names.empty() ? "" : ", ") + replica->name() + " (" +
             replica->team().text().substr(0, 8) + ")";
  }
  return fail(Code::usage, "several teams fit: " + names, "nothing was changed",
              "say which with --team");
}

const Teams::Recoveries& Teams::recoveries(Replica& replica) {
  auto& known = recoveries_[replica.team()];
  for (const auto& [id, person] : replica.roster().people) {
    const auto [at, is_new] = known.try_emplace(id);
    if (!is_new) continue;
    const auto profile = replica.state().object(work::profile_ref(replica.state(), id));
    if (!profile || !*profile) continue;
    const auto* held = (*profile)->value(work::profile::kRecovery, id.view());
    const auto value = held != nullptr ? decode_value(*held) : Result<Value>(Value());
    if (!value || value->as_bytes() == nullptr) continue;
    auto entry = decode_recovery_entry(*value->as_bytes(), replica.team(), person.root);
    if (entry) at->second = Recovery{door_key(entry->psk), std::move(*entry)};
  }
  return known;
}

std::vector<TeamId> Teams::recoverable(
    const ShortHash& key, const std::function<bool(const crypto::VerifyKey&)>& is_proven) const {
  std::vector<TeamId> out;
  for (const auto& [team, known] : recoveries_) {
    const auto& roster = replicas_.at(team)->roster();
    if (!roster.authorised(identity_.device())) continue;
    const bool is_theirs = std::any_of(known.begin(), known.end(), [&](const auto& item) {
      return item.second && item.second->key == key &&
             roster.role(item.first) >= work::members::Role::guest &&
             is_proven(item.second->entry.key);
    });
    if (is_theirs) out.push_back(team);
  }
  return out;
}

void Teams::refresh_doors() {
  std::map<std::uint32_t, Door> wanted;
  std::set<ShortHash> keys;
  const auto want = [&](Door door, const Hello& hello, ByteView psk) {
    door.key = door_key(psk);
    // A key opens one door, the first that is asked for: nobody takes over the network's key by
    // calling it an invite's or their own.
    if (!keys.insert(door.key).second) return;
    for (const auto& [tag, known] : doors_) {
      if (known == door) {
        wanted[tag] = known;
        return;
      }
    }
    const auto tag = next_tag_++;
    auto key = crypto::SecretKey32::from(psk);
    if (!key) return;
    ring_.put({.tag = tag, .psk = std::move(*key), .payload = encode(hello)});
    wanted[tag] = door;
  };
  const auto each = [&](const std::function<void(const TeamId&, Replica&)>& body) {
    for (const auto& [team, replica] : replicas_) {
      if (replica->roster().authorised(identity_.device())) body(team, *replica);
    }
  };
  const auto device = identity_.device();
  // Who left can be let in again, and heard: their device still answers teammates.
  for (const auto& [team, replica] : replicas_) {
    if (!replica->has_entered()) continue;
    for (const auto* key : replica->epochs().known({})) {
      want({Door::Kind::network, team, {}, {}}, {team, device, {}}, key->reveal());
    }
  }
  each([&](const TeamId& team, Replica& replica) {
    // Closed and expired ones too, for a while: whoever comes with one is told so.
    const auto since = env_.clock.wall() - kInvitesRemembered;
    for (const auto& [id, invite] : replica.roster().invites) {
      if (invite.expires < since) continue;
      want({Door::Kind::invite, team, id, {}}, {team, device, {}}, invite.psk);
    }
    const auto codes = replica.has_root() ? replica.store().facts().all(kDeviceCodes)
                                          : Result<std::vector<std::pair<Bytes, Bytes>>>();
    for (const auto& [key, bytes] : codes.value_or(std::vector<std::pair<Bytes, Bytes>>())) {
      const auto code = decode_device_code(bytes);
      const auto secret = code ? work::members::InviteSecret::from(code->secret) : std::nullopt;
      if (!secret || code->expires + kCodeRemembered < env_.clock.wall()) continue;
      want({Door::Kind::code, team, {}, {}}, {team, device, identity_.root(team).public_key()},
           work::members::invite_psk(*secret).reveal());
    }
  });
  each([&](const TeamId&, Replica& replica) {
    for (const auto& [member, recovery] : recoveries(replica)) {
      if (!recovery || replica.roster().role(member) < work::members::Role::guest) continue;
      want({Door::Kind::recovery, {}, {}, {}}, {}, recovery->entry.psk);
    }
  });
  for (const auto& [tag, door] : doors_) {
    if (!wanted.contains(tag)) ring_.remove(tag);
  }
  doors_ = std::move(wanted);
}

const Door* Teams::door(std::uint32_t tag) const {
  const auto found = doors_.find(tag);
  return found == doors_.end() ? nullptr : &found->second;
}

std::optional<crypto::SecretKey32> Teams::network_key(const TeamId& team,
                                                      std::size_t unanswered) const {
  const auto found = replicas_.find(team);
  if (found == replicas_.end()) return std::nullopt;
  const auto keys = found->second->epochs().known({});
  if (keys.empty()) return std::nullopt;
  const auto older = keys.size() - 1;
  const bool is_newest = older == 0 || unanswered % 2 == 0;
  return keys[is_newest ? 0 : older - unanswered / 2 % older]->clone();
}

}  // namespace holm::node
