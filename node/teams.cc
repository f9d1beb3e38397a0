#include "node/teams.h"

#include <algorithm>

#include "base/wire.h"
#include "crypto/hash.h"
#include "node/mend.h"

namespace holm::node {

Bytes encode_hello(const TeamId& team) { return Writer().array(1).id(team).take(); }

bool is_entered(const Replica& replica) { return !replica.roster().frontier.empty(); }

Result<TeamId> decode_hello(ByteView payload) {
  auto in = TRY(Reader::open(payload, {.bytes_max = 256, .items_max = 8, .depth_max = 2}));
  TRY(in.array(1));
  auto team = TRY(in.id<TeamId>());
  TRY(in.end());
  return team;
}

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

void Teams::refresh_doors() {
  std::map<std::uint32_t, Door> wanted;
  const auto want = [&](Door door, ByteView psk) {
    door.key = shorten(crypto::hash("holm door v1", psk));
    for (const auto& [tag, known] : doors_) {
      if (known == door) {
        wanted[tag] = known;
        return;
      }
    }
    const auto tag = next_tag_++;
    auto key = crypto::SecretKey32::from(psk);
    if (!key) return;
    ring_.put({.tag = tag, .psk = std::move(*key), .payload = encode_hello(door.team)});
    wanted[tag] = door;
  };
  for (const auto& [team, replica] : replicas_) {
    const auto& roster = replica->roster();
    if (!roster.authorised(identity_.device())) continue;
    for (const auto& key : roster.network_keys) want({team, {}, {}}, key);
    for (const auto& [id, invite] : roster.invites) {
      if (!invite.closed) want({team, id, {}}, invite.psk);
    }
  }
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
  if (found == replicas_.end() || found->second->roster().network_keys.empty()) return std::nullopt;
  const auto& keys = found->second->roster().network_keys;
  const auto older = keys.size() - 1;
  const bool is_newest = older == 0 || unanswered % 2 == 0;
  auto key = crypto::SecretKey32::from(keys[is_newest ? 0 : older - unanswered / 2 % older]);
  if (!key) return std::nullopt;
  return std::move(*key);
}

}  // namespace holm::node
