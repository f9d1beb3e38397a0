#include "work/members/epoch.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/seal.h"

namespace holm::work::members {
namespace {

using Scope = EpochPlace::Scope;
static_assert(kSealedKeyBytes == crypto::SecretKey32::kBytes + crypto::kSealOverhead);

/// What a key is bound to wherever it is boxed or sealed.
Bytes bound_to(const TeamId& team, const Digest& commitment) {
  return Writer().array(2).id(team).id(commitment).take();
}

void put_boxes(Writer& out, const KeyGrant& grant) {
  out.id(grant.ephemeral).array(2 * grant.boxes.size());
  for (const auto& [device, box] : grant.boxes) out.id(device).id(box);
}

Status get_boxes(Reader& in, KeyGrant& grant) {
  grant.ephemeral = TRY(in.id<crypto::KexPublic>());
  const auto size = TRY(in.array());
  if (size % 2 != 0 || size / 2 > kDeviceBoxesMax) {
    return fail(Code::limit, "a key is boxed for too many devices");
  }
  grant.boxes.resize(size / 2);
  for (auto& [device, box] : grant.boxes) {
    device = TRY(in.id<DeviceId>());
    box = TRY(in.id<crypto::KeyBox>());
  }
  for (std::size_t i = 1; i < grant.boxes.size(); ++i) {
    if (!(grant.boxes[i - 1].device < grant.boxes[i].device)) {
      return fail(Code::reject, "boxes of a key are out of order");
    }
  }
  return {};
}

void put_sealed(Writer& out, const std::vector<SealedKey>& keys) {
  out.array(2 * keys.size());
  for (const auto& key : keys) out.id(key.epoch).bytes(key.sealed);
}

Result<std::vector<SealedKey>> get_sealed(Reader& in, std::size_t max) {
  const auto size = TRY(in.array());
  if (size % 2 != 0 || size / 2 > max) return fail(Code::limit, "too many keys of epochs");
  std::vector<SealedKey> out(size / 2);
  for (auto& key : out) {
    key.epoch = TRY(in.id<ShortHash>());
    key.sealed = to_bytes(TRY(in.bytes()));
    if (key.sealed.size() != kSealedKeyBytes) {
      return fail(Code::reject, "a sealed key has the wrong length");
    }
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (!(out[i - 1].epoch < out[i].epoch)) {
      return fail(Code::reject, "sealed keys are out of order");
    }
  }
  return out;
}

Result<crypto::SecretKey32> checked(crypto::SecretKey32 key, const Digest& commitment) {
  if (commitment_of(key) != commitment) return fail(Code::denied, "that is another epoch's key");
  return key;
}

}  // namespace

void put_rekey(Writer& out, const KeyGrant& grant) {
  out.array(7).uint(static_cast<std::uint64_t>(grant.place.scope));
  out.id_or_empty(grant.place.room).id(grant.commitment);
  put_boxes(out, grant);
  put_sealed(out, grant.under.sealed.empty() ? std::vector<SealedKey>{}
                                             : std::vector<SealedKey>{grant.under});
  put_sealed(out, grant.earlier);
}

void put_share(Writer& out, const KeyGrant& grant) {
  put_boxes(out.array(3).id(grant.epoch), grant);
}

Result<KeyGrant> get_rekey(Reader& in) {
  TRY(in.array(7));
  KeyGrant out;
  out.place.scope = static_cast<Scope>(TRY(in.uint(static_cast<std::uint64_t>(Scope::room))));
  out.place.room = TRY(in.id_or_empty<SpaceId>());
  if (out.place.room.is_nil() != (out.place.scope != Scope::room)) {
    return fail(Code::reject, "an epoch of a room names no room, or of none one");
  }
  out.commitment = TRY(in.id<Digest>());
  TRY(get_boxes(in, out));
  auto under = TRY(get_sealed(in, 1));
  if (!under.empty()) out.under = std::move(under.front());
  out.earlier = TRY(get_sealed(in, kEarlierMax));
  return out;
}

Result<KeyGrant> get_share(Reader& in) {
  TRY(in.array(3));
  KeyGrant out;
  out.epoch = TRY(in.id<ShortHash>());
  TRY(get_boxes(in, out));
  return out;
}

Digest commitment_of(const crypto::SecretKey32& key) {
  return crypto::hash("holm epoch commitment v1", key.reveal());
}

void box_for(KeyGrant& grant, const TeamId& team, const std::vector<Recipient>& to,
             const crypto::SecretKey32& key, Rng& rng) {
  const auto ephemeral = crypto::KexKey::make(rng);
  const auto context = bound_to(team, grant.commitment);
  grant.ephemeral = ephemeral.public_key();
  grant.boxes.clear();
  for (const auto& recipient : to) {
    const auto box = crypto::box_key(ephemeral, recipient.key, context, key);
    if (box) grant.boxes.push_back({recipient.device, *box});
  }
  std::sort(grant.boxes.begin(), grant.boxes.end());
}

Result<crypto::SecretKey32> key_for(const KeyGrant& grant, const TeamId& team,
                                    const Digest& commitment, const DeviceId& device,
                                    const std::vector<const crypto::KexKey*>& keys) {
  const auto at =
      std::lower_bound(grant.boxes.begin(), grant.boxes.end(), device,
                       [](const DeviceBox& a, const DeviceId& b) { return a.device < b; });
  if (at == grant.boxes.end() || at->device != device) {
    return fail(Code::not_found, "no box is for this device");
  }
  const auto context = bound_to(team, commitment);
  for (const auto* ours : keys) {
    auto key = crypto::unbox_key(*ours, grant.ephemeral, context, at->box);
    if (key) return checked(std::move(*key), commitment);
  }
  return fail(Code::denied, "a key box opens with no key of this device");
}

Bytes seal_key(const crypto::SecretKey32& under, const TeamId& team, const Digest& commitment,
               const crypto::SecretKey32& key, Rng& rng) {
  return crypto::seal(under, bound_to(team, commitment), key.reveal(), rng);
}

Result<crypto::SecretKey32> open_key(const crypto::SecretKey32& under, const TeamId& team,
                                     const Digest& commitment, ByteView sealed) {
  auto plain = TRY(crypto::open(under, bound_to(team, commitment), sealed));
  auto key = crypto::SecretKey32::from(plain);
  crypto::detail::wipe(plain.data(), plain.size());
  return checked(TRY(std::move(key)), commitment);
}

}  // namespace holm::work::members
