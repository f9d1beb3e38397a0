#include "node/prekeys.h"

#include <algorithm>

#include "base/wire.h"

namespace holm::node {
namespace members = work::members;

Status Prekeys::load(const store::Facts& facts) {
  held_.clear();
  for (const auto& [key, bytes] : TRY(facts.all(kPrekeys))) {
    auto in = TRY(Reader::open(bytes, {.bytes_max = 128, .items_max = 8, .depth_max = 2}));
    TRY(in.array(3));
    auto secret = TRY(crypto::KexKey::from_seed(TRY(in.bytes())));
    const WallTime made{Millis{TRY(in.sint())}};
    const auto retired = TRY(in.sint());
    const auto id = secret.public_key();
    held_.insert_or_assign(
        id, Held{std::move(secret), made,
                 retired == 0 ? std::nullopt : std::optional(WallTime{Millis{retired}})});
  }
  return {};
}

Status Prekeys::keep(store::Facts& facts, const Held& held) {
  const auto retired = held.retired ? held.retired->time_since_epoch().count() : 0;
  return facts.put(kPrekeys, held.key.public_key().view(),
                   Writer()
                       .array(3)
                       .bytes(held.key.reveal_seed())
                       .sint(held.made.time_since_epoch().count())
                       .sint(retired)
                       .take());
}

std::vector<const crypto::KexKey*> Prekeys::keys() const {
  std::vector<const crypto::KexKey*> out;
  for (const auto& [id, held] : held_) out.push_back(&held.key);
  return out;
}

WallTime Prekeys::due_at() const {
  WallTime out{};
  bool has_current = false;
  for (const auto& [id, held] : held_) {
    const auto at =
        held.retired ? *held.retired + members::kPrekeyGrace : held.made + members::kPrekeyLife;
    if (!held.retired) has_current = true;
    if (out == WallTime{} || at < out) out = at;
  }
  return has_current ? out : WallTime{};
}

Result<std::optional<members::Prekey>> Prekeys::turn_over(store::Facts& facts,
                                                          const Identity& identity,
                                                          const TeamId& team, WallTime now,
                                                          Rng& rng) {
  bool has_current = false;
  for (auto at = held_.begin(); at != held_.end();) {
    auto& held = at->second;
    // A clock that was set back makes one that seems to come from the future: it goes as well.
    const bool is_old = now >= held.made + members::kPrekeyLife || held.made > now;
    if (!held.retired && is_old) {
      held.retired = now;
      TRY(keep(facts, held));
    }
    if (!held.retired) has_current = true;
    if (held.retired && now >= *held.retired + members::kPrekeyGrace) {
      TRY(facts.remove(kPrekeys, at->first.view()));
      at = held_.erase(at);
    } else {
      ++at;
    }
  }
  if (has_current) return std::optional<members::Prekey>();
  Held fresh{crypto::KexKey::make(rng), now, std::nullopt};
  TRY(keep(facts, fresh));
  const auto id = fresh.key.public_key();
  held_.insert_or_assign(id, std::move(fresh));
  return std::optional(
      members::sign_prekey(identity.signing, team,
                           {.device = identity.device(), .key = id, .made = now, .signature = {}}));
}

}  // namespace holm::node
