#include "node/identity.h"

#include <array>

#include "base/ensure.h"
#include "base/wire.h"
#include "crypto/hash.h"
#include "work/members/proquint.h"

namespace holm::node {
namespace {

constexpr std::size_t kWords = 9;
constexpr std::uint64_t kVersion = 1;

std::uint16_t check_of(const RecoverySecret& secret) {
  const auto digest = crypto::hash("holm recovery check v1", secret.view());
  return static_cast<std::uint16_t>(digest.bytes[0] << 8 | digest.bytes[1]);
}

}  // namespace

Founding founding(const Identity& identity, std::string_view team_name, Rng& rng, WallTime now) {
  work::members::Op create;
  create.kind = work::members::OpKind::create;
  create.team_name = std::string(team_name);
  create.name = identity.name;
  create.device = identity.device();
  create.time = possible(now);
  create.network_key = to_bytes(crypto::SecretKey32::make(rng).reveal());
  const auto team = work::members::team_of(create);
  create.certificate = work::members::encode(identity.certificate(team, now));
  return {team, std::move(create)};
}

std::string recovery_phrase(const RecoverySecret& secret) {
  return work::members::proquints(secret.view()) + " " + work::members::proquint(check_of(secret));
}

Result<RecoverySecret> parse_recovery_phrase(std::string_view phrase) {
  std::array<std::uint16_t, kWords> words{};
  std::size_t count = 0;
  std::string current;
  const auto take = [&]() -> Status {
    if (current.empty()) return {};
    const auto bits = work::members::parse_proquint(current);
    if (!bits) {
      return fail(Code::usage, "\"" + current + "\" is no word of a recovery phrase",
                  "nothing was changed", "check what was typed");
    }
    if (count < kWords) words[count] = *bits;
    ++count;
    current.clear();
    return {};
  };
  for (char c : phrase) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ' || c == '-' || c == '\n' || c == '\t' || c == '\r') {
      TRY(take());
    } else {
      current.push_back(c);
    }
  }
  TRY(take());
  if (count != kWords) {
    return fail(Code::usage, "a recovery phrase has 9 words, this one " + std::to_string(count),
                "nothing was changed", "check what was typed");
  }
  RecoverySecret secret;
  for (std::size_t i = 0; i + 1 < kWords; ++i) {
    secret.bytes[2 * i] = static_cast<std::uint8_t>(words[i] >> 8);
    secret.bytes[2 * i + 1] = static_cast<std::uint8_t>(words[i]);
  }
  if (words[kWords - 1] != check_of(secret)) {
    return fail(Code::usage, "the recovery phrase is mistyped: its last word does not fit",
                "nothing was changed", "compare it with your paper");
  }
  return secret;
}

crypto::SecretKey32 recovery_key(const RecoverySecret& secret) {
  auto key = crypto::SecretKey32::from(crypto::kdf(secret.view(), "holm recovery v1"));
  ENSURE(key.has_value());
  return std::move(*key);
}

DeviceId Identity::device() const {
  return work::members::device_id(signing.public_key(), exchange.public_key());
}

crypto::SigningKey Identity::root(const TeamId& team) const {
  return crypto::SigningKey::from_seed(recovery.derive("holm team root v1", team.view()));
}

MemberId Identity::member(const TeamId& team) const {
  return work::members::member_id(root(team).public_key());
}

work::members::DeviceCertificate Identity::certificate(const TeamId& team, WallTime made) const {
  const auto root_key = root(team);
  work::members::DeviceCertificate certificate;
  certificate.signing = signing.public_key();
  certificate.exchange = exchange.public_key();
  certificate.label = label;
  certificate.made = made;
  certificate.possession =
      work::members::possess(signing, root_key.public_key(), team, exchange.public_key());
  return work::members::certify(root_key, team, std::move(certificate));
}

Identity make_identity(const RecoverySecret& secret, std::string name, std::string zone,
                       std::string hours, std::string label, Rng& rng) {
  return {.recovery = recovery_key(secret),
          .signing = crypto::SigningKey::make(rng),
          .exchange = crypto::KexKey::make(rng),
          .name = std::move(name),
          .zone = std::move(zone),
          .hours = std::move(hours),
          .label = std::move(label)};
}

Bytes encode(const Identity& identity) {
  Writer out;
  out.array(8).uint(kVersion).bytes(identity.recovery.reveal());
  out.bytes(identity.signing.reveal_seed()).bytes(identity.exchange.reveal_seed());
  out.text(identity.name).text(identity.zone).text(identity.hours).text(identity.label);
  return out.take();
}

Result<Identity> decode_identity(ByteView bytes) {
  auto in = TRY(Reader::open(bytes, {.bytes_max = 16u << 10, .items_max = 16, .depth_max = 2}));
  TRY(in.array(8));
  if (TRY(in.uint()) != kVersion) {
    return fail(Code::unsupported, "this home was made by a newer Holm", "it was left untouched",
                "update Holm");
  }
  auto recovery = TRY(crypto::SecretKey32::from(TRY(in.bytes())));
  auto signing = TRY(crypto::SigningKey::from_seed(TRY(in.bytes())));
  auto exchange = TRY(crypto::KexKey::from_seed(TRY(in.bytes())));
  std::string name(TRY(in.text()));
  std::string zone(TRY(in.text()));
  std::string hours(TRY(in.text()));
  std::string label(TRY(in.text()));
  TRY(in.end());
  return Identity{std::move(recovery), std::move(signing), std::move(exchange), std::move(name),
                  std::move(zone),     std::move(hours),   std::move(label)};
}

}  // namespace holm::node
