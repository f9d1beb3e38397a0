// What judging who belongs costs: role changes in a line, a full pass over them, a flood of ops
// each with a past of its own, and the same with real signatures.
#include <algorithm>
#include <string>

#include "base/rng.h"
#include "tools/bench/benches.h"
#include "work/members/rules.h"
#include "work/members/trust.h"

namespace holm::bench {
namespace {
namespace members = work::members;

constexpr std::uint32_t kPeople = 30;
constexpr std::int64_t kMinute = 60'000;

members::Act role_change(Rng& rng, std::uint32_t by) {
  const auto whom = static_cast<std::uint32_t>(rng.below(kPeople));
  members::Act act;
  act.kind = rng.below(3) != 0 ? members::OpKind::grant : members::OpKind::reduce;
  act.author = act.device = by;
  act.target = whom;
  act.subject = act.kind == members::OpKind::grant ? whom : members::kNobody;
  act.role = act.kind == members::OpKind::grant ? static_cast<members::Role>(2 + rng.below(3))
                                                : members::Role::none;
  rng.fill(act.hash.bytes);
  return act;
}

members::Rules founded(Rng& rng) {
  members::Rules rules;
  members::Act create;
  create.subject = 0;
  rng.fill(create.hash.bytes);
  rules.add(std::move(create));
  return rules;
}

/// `count` ops that are allowed, one after the other: judged, and what all amounts to after each.
members::Rules line(std::size_t count, Rng& rng) {
  auto rules = founded(rng);
  while (rules.size() < count) {
    const auto& standing = rules.all().standing;
    auto by = static_cast<std::uint32_t>(rng.below(kPeople));
    if (standing.role(by) < members::Role::admin) by = 0;
    auto act = role_change(rng, by);
    if (act.target == 0) continue;  // the founder stays
    const auto theirs = standing.role(act.target);
    const bool changes = act.kind == members::OpKind::grant
                             ? act.role > theirs && act.role <= standing.role(by)
                             : theirs > members::Role::none && theirs <= standing.role(by);
    if (!changes) continue;
    act.parents = rules.heads();
    act.time = static_cast<std::int64_t>(rules.size()) * kMinute;
    rules.add(std::move(act));
  }
  return rules;
}

/// Every op with a past that no other has.
members::Rules bush(std::size_t count, Rng& rng) {
  auto rules = founded(rng);
  while (rules.size() < count) {
    auto act = role_change(rng, 0);
    if (act.target == 0) continue;
    members::Past past;
    for (int i = 0; i < 3; ++i) {
      const auto seen = static_cast<members::OpIndex>(rng.below(rules.size()));
      if (past.has(seen)) continue;
      past.add(rules.past(seen));
      act.parents.push_back(seen);
    }
    std::erase_if(act.parents, [&](members::OpIndex op) { return past.has(op); });
    std::sort(act.parents.begin(), act.parents.end());
    act.time = static_cast<std::int64_t>(rules.size()) * kMinute;
    rules.add(std::move(act));
  }
  return rules;
}

/// The same line as signed ops of real devices.
std::vector<Bytes> signed_line(std::size_t count, const TeamId& team, const Bytes& create,
                               const crypto::SigningKey& signing, const members::Op& founding) {
  std::vector<Bytes> ops{create};
  auto past = members::op_hash(create);
  while (ops.size() < count) {
    members::Op op;
    op.kind = members::OpKind::open_room;
    op.team = team;
    op.author = founding.author;
    op.device = founding.device;
    op.past = {past};
    op.time = WallTime(Millis(static_cast<std::int64_t>(ops.size()) * kMinute));
    op.room.bytes[0] = static_cast<std::uint8_t>(1 + ops.size() % 25);
    members::sign(op, signing);
    ops.push_back(members::encode(op));
    past = members::op_hash(ops.back());
  }
  return ops;
}

}  // namespace

/// {"ms", "ops"}.
Status bench_trust(const Options& options, const Report& report) {
  const auto tell = [&](const char* name, double took, std::size_t ops) {
    report.add(Value::object()
                   .set("bench", "trust")
                   .set("case", name)
                   .set("ms", took)
                   .set("ops", ops)
                   .set("rss_kb", rss_kb()));
  };
  SeededRng rng(options.seed);
  const auto judged = median_ms(options.runs, [&] {
    SeededRng again(options.seed);
    const auto began = std::chrono::steady_clock::now();
    (void)line(10'000, again);
    return ms_since(began);
  });
  tell("10,000 role changes in a line, one by one", judged, 10'000);
  const auto rules = line(10'000, rng);
  members::Past everything;
  for (members::OpIndex op = 0; op < rules.size(); ++op) everything.add(op);
  const auto pass = median_ms(options.runs, [&] {
    const auto began = std::chrono::steady_clock::now();
    (void)rules.resolve(everything);
    return ms_since(began);
  });
  tell("a full pass over them", pass, 10'000);
  const auto flood = median_ms(options.runs, [&] {
    SeededRng again(options.seed);
    const auto began = std::chrono::steady_clock::now();
    (void)bush(2'000, again).all();
    return ms_since(began);
  });
  tell("a bush: every op with a past of its own", flood, 2'000);

  const auto team = rng.id<TeamId>();
  const auto key = crypto::SecretKey32::make(rng);
  std::vector<crypto::KexKey> devices;
  std::vector<members::Recipient> to;
  for (int i = 0; i < 100; ++i) {
    devices.push_back(crypto::KexKey::make(rng));
    to.push_back({rng.id<DeviceId>(), devices.back().public_key()});
  }
  members::Op begun;
  const auto boxed = median_ms(options.runs, [&] {
    const auto began = std::chrono::steady_clock::now();
    begun = members::Op();
    begun.kind = members::OpKind::rekey;
    begun.keys.commitment = members::commitment_of(key);
    members::box_for(begun.keys, team, to, key, rng);
    return ms_since(began);
  });
  report.add(Value::object()
                 .set("bench", "trust")
                 .set("case", "rekey for 100 devices")
                 .set("ms", boxed)
                 .set("bytes", members::encode(begun).size()));
  const auto opened = median_ms(options.runs, [&] {
    const auto began = std::chrono::steady_clock::now();
    (void)members::key_for(begun.keys, team, begun.keys.commitment, to[50].device, {&devices[50]});
    return ms_since(began);
  });
  tell("opening one's box among them", opened, 1);

  const auto root = crypto::SigningKey::make(rng);
  const auto signing = crypto::SigningKey::make(rng);
  const auto exchange = crypto::KexKey::make(rng);
  members::Op founding;
  founding.kind = members::OpKind::create;
  founding.author = members::member_id(root.public_key());
  founding.device = members::device_id(signing.public_key(), exchange.public_key());
  founding.network_key.assign(32, 7);
  founding.team = members::team_of(founding);
  members::DeviceCertificate certificate;
  certificate.signing = signing.public_key();
  certificate.exchange = exchange.public_key();
  certificate.possession =
      members::possess(signing, root.public_key(), founding.team, exchange.public_key());
  founding.certificate = members::encode(members::certify(root, founding.team, certificate));
  members::sign(founding, signing);
  const auto ops = signed_line(10'000, founding.team, members::encode(founding), signing, founding);
  const auto verified = median_ms(1, [&] {
    const auto began = std::chrono::steady_clock::now();
    members::Trust trust(founding.team);
    trust.add(ops);
    return ms_since(began);
  });
  tell("10,000 signed ops taken in at once", verified, ops.size());
  return {};
}

}  // namespace holm::bench
