#include "work/members/epoch.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/must.h"
#include "tests/support/seeds.h"
#include "work/members/membership.h"
#include "work/members/prekey.h"

namespace holm::work::members {
namespace {

using test::must;
using Scope = EpochPlace::Scope;

struct Device {
  explicit Device(Rng& rng) : id(rng.id<DeviceId>()), key(crypto::KexKey::make(rng)) {}
  DeviceId id;
  crypto::KexKey key;
};

std::vector<Recipient> all_of(const std::vector<Device>& devices) {
  std::vector<Recipient> out;
  for (const auto& device : devices) out.push_back({device.id, device.key.public_key()});
  return out;
}

Op rekey_of(const KeyGrant& grant, Rng& rng) {
  Op op;
  op.kind = grant.epoch.is_nil() ? OpKind::rekey : OpKind::share_key;
  op.team = rng.id<TeamId>();
  op.author = rng.id<MemberId>();
  op.device = rng.id<DeviceId>();
  op.keys = grant;
  op.signature = rng.id<crypto::Signature>();
  return op;
}

}  // namespace

TEST_CASE("epoch: each device opens its own box, with whichever of its keys the box is for") {
  test::for_each_seed(10, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto team = rng.id<TeamId>();
    const auto key = crypto::SecretKey32::make(rng);
    std::vector<Device> devices;
    for (std::size_t i = 0, count = 1 + rng.below(20); i < count; ++i) devices.emplace_back(rng);
    KeyGrant grant;
    grant.commitment = commitment_of(key);
    box_for(grant, team, all_of(devices), key, rng);
    CHECK(grant.boxes.size() == devices.size());
    const Device stranger(rng);
    for (const auto& device : devices) {
      const auto opened =
          must(key_for(grant, team, grant.commitment, device.id, {&stranger.key, &device.key}));
      CHECK(to_bytes(opened.reveal()) == to_bytes(key.reveal()));
      // Not in another team, nor as another epoch's.
      CHECK(key_for(grant, rng.id<TeamId>(), grant.commitment, device.id, {&device.key})
                .error()
                .code == Code::denied);
      CHECK(key_for(grant, team, rng.id<Digest>(), device.id, {&device.key}).error().code ==
            Code::denied);
      CHECK(key_for(grant, team, grant.commitment, device.id, {&stranger.key}).error().code ==
            Code::denied);
    }
    CHECK(key_for(grant, team, grant.commitment, stranger.id, {&stranger.key}).error().code ==
          Code::not_found);
  });
}

TEST_CASE("epoch: a box that holds another key than the op says is not taken") {
  SeededRng rng(1);
  const auto team = rng.id<TeamId>();
  const Device device(rng);
  KeyGrant grant;
  grant.commitment = commitment_of(crypto::SecretKey32::make(rng));
  box_for(grant, team, {{device.id, device.key.public_key()}}, crypto::SecretKey32::make(rng), rng);
  CHECK(key_for(grant, team, grant.commitment, device.id, {&device.key}).error().code ==
        Code::denied);
  const auto above = crypto::SecretKey32::make(rng);
  const auto sealed = seal_key(above, team, grant.commitment, crypto::SecretKey32::make(rng), rng);
  CHECK(sealed.size() == kSealedKeyBytes);
  CHECK(open_key(above, team, grant.commitment, sealed).error().code == Code::denied);
}

TEST_CASE("epoch: ops with keys encode canonically, and out of shape they are refused") {
  test::for_each_seed(30, [](test::Seed seed) {
    SeededRng rng(seed);
    const auto team = rng.id<TeamId>();
    const auto key = crypto::SecretKey32::make(rng);
    std::vector<Device> devices;
    for (std::size_t i = 0, count = rng.below(4); i < count; ++i) devices.emplace_back(rng);
    KeyGrant grant;
    if (rng.chance(30)) {
      grant.epoch = rng.id<ShortHash>();
    } else {
      grant.place.scope = static_cast<Scope>(rng.below(3));
      if (grant.place.scope == Scope::room) {
        grant.place.room = rng.id<SpaceId>();
        if (rng.chance(50)) {
          grant.under = {rng.id<ShortHash>(), seal_key(key, team, {}, key, rng)};
        }
      }
      for (std::size_t i = 0, count = rng.below(3); i < count; ++i) {
        grant.earlier.push_back({rng.id<ShortHash>(), seal_key(key, team, {}, key, rng)});
      }
      std::sort(grant.earlier.begin(), grant.earlier.end());
    }
    const auto commitment = grant.epoch.is_nil() ? commitment_of(key) : Digest{};
    grant.commitment = commitment;
    box_for(grant, team, all_of(devices), key, rng);
    const auto op = rekey_of(grant, rng);
    const auto bytes = encode(op);
    CHECK(must(decode_op(bytes)) == op);
    // Whatever bit differs, it is another op or none.
    auto changed = bytes;
    changed[rng.below(changed.size())] ^= static_cast<std::uint8_t>(1u << rng.below(8));
    const auto again = decode_op(changed);
    if (again) CHECK(encode(*again) == changed);
  });
  SeededRng rng(2);
  KeyGrant odd;
  odd.place.scope = Scope::commons;
  odd.place.room = rng.id<SpaceId>();
  CHECK(decode_op(encode(rekey_of(odd, rng))).error().code == Code::reject);
  KeyGrant disordered;
  disordered.boxes.resize(2);
  CHECK(decode_op(encode(rekey_of(disordered, rng))).error().code == Code::reject);
  KeyGrant many;
  for (std::size_t i = 0; i <= kEarlierMax; ++i) {
    many.earlier.push_back({rng.id<ShortHash>(), Bytes(kSealedKeyBytes)});
  }
  std::sort(many.earlier.begin(), many.earlier.end());
  CHECK(decode_op(encode(rekey_of(many, rng))).error().code == Code::limit);
}

TEST_CASE("epoch: a hundred devices fit into 10 KB") {
  SeededRng rng(3);
  const auto key = crypto::SecretKey32::make(rng);
  std::vector<Device> devices;
  for (int i = 0; i < 100; ++i) devices.emplace_back(rng);
  KeyGrant grant;
  grant.commitment = commitment_of(key);
  const auto team = rng.id<TeamId>();
  box_for(grant, team, all_of(devices), key, rng);
  grant.earlier.push_back({rng.id<ShortHash>(), seal_key(key, team, grant.commitment, key, rng)});
  CHECK(encode(rekey_of(grant, rng)).size() < 10'000);
}

TEST_CASE("prekey: holds for the device that signed it, in that team") {
  SeededRng rng(4);
  const auto device = crypto::SigningKey::make(rng);
  const auto team = rng.id<TeamId>();
  const auto prekey = sign_prekey(device, team,
                                  {.device = rng.id<DeviceId>(),
                                   .key = crypto::KexKey::make(rng).public_key(),
                                   .made = WallTime{Millis{5}},
                                   .signature = {}});
  CHECK(must(decode_prekey(encode(prekey))) == prekey);
  CHECK(is_signed_by(prekey, device.public_key(), team));
  CHECK_FALSE(is_signed_by(prekey, device.public_key(), rng.id<TeamId>()));
  CHECK_FALSE(is_signed_by(prekey, crypto::SigningKey::make(rng).public_key(), team));
  auto other = prekey;
  other.key = crypto::KexKey::make(rng).public_key();
  CHECK_FALSE(is_signed_by(other, device.public_key(), team));
}

}  // namespace holm::work::members
