// What a replica takes from a peer, and what it does not: honest ranges, and every way to forge
// one.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/wire.h"
#include "crdt/columns.h"
#include "crypto/sign.h"
#include "node/replica.h"
#include "node/verify.h"
#include "node/verify_store.h"
#include "tests/support/must.h"
#include "tests/support/sim_disk.h"
#include "work/schema.h"

namespace holm::node {
namespace {

namespace members = work::members;

constexpr WallTime kNow{Millis{1'767'600'000'000}};

using test::must;

/// A device with one team's replica on a disk of its own.
struct Peer {
  Peer(const std::string& name, std::uint64_t seed)
      : disk("receive-" + name, seed),
        rng(seed),
        identity(make_identity(rng.id<RecoverySecret>(), name, "UTC", "", "laptop", rng)) {}

  ReplicaEnv env() { return {identity, rng, log, "team.holm", disk.name()}; }
  void found() {
    auto [team, create] = founding(identity, "Crew", rng, kNow);
    replica = must(Replica::found(env(), team, std::move(create), kNow));
  }
  void open(const TeamId& team) { replica = must(Replica::open(env(), team)); }
  void write_title(const std::string& title) {
    must(replica->begin());
    (void)must(replica->write(replica->commons(),
                              {{.object = *ObjectId::from(replica->team().view()),
                                .type = work::kTeam,
                                .field = work::field::kTitle,
                                .value = encode(Value(title))}},
                              kNow));
    must(replica->commit());
  }
  Result<std::vector<sync::Ack::Have>> take(const SpaceId& space, sync::Range range,
                                            WallTime now = kNow) {
    must(replica->begin());
    sync::Delta delta;
    delta.space = space;
    delta.ranges.push_back(std::move(range));
    auto have = replica->receive(delta, now);
    must(replica->commit());
    return have;
  }

  test::SimDisk disk;
  SeededRng rng;
  NullLog log;
  Identity identity;
  std::unique_ptr<Replica> replica;
};

/// Ana founded the team and named it twice; Bo holds its membership and waits for the names.
struct Pair {
  Peer ana{"ana", 1};
  Peer bo{"bo", 2};
  SpaceId space;
  sync::Range range;  ///< of ana's log in the commons, from its start

  Pair() {
    ana.found();
    ana.write_title("Lighthouse");
    ana.write_title("Harbour");
    bo.open(ana.replica->team());
    space = ana.replica->commons();
    (void)must(bo.take(ana.replica->trust(), first_range(ana.replica->trust())));
    REQUIRE(agree(ana.replica->trust()));
    range = first_range(space);
    REQUIRE(range.changes.size() == 3);
  }
  bool agree(const SpaceId& of) const {
    return must(ana.replica->digest(of)) == must(bo.replica->digest(of));
  }
  bool agree() const { return agree(space); }
  sync::Range first_range(const SpaceId& of) {
    const auto positions = must(ana.replica->positions(of));
    REQUIRE(positions.size() == 1);
    return *must(ana.replica->next_range(positions[0].log, 0));
  }
  /// The range as another copy of Ana's device might have gone on: its last words are others.
  sync::Range elsewhere() {
    auto out = range;
    auto& op = out.changes.back().ops[0];
    op.content = encode(Value("Elsewhere"));
    op.content_bytes = op.content.size();
    seal(out, ana.identity.signing);
    return out;
  }
  /// Chains and signs a range anew with a device's key, as that device could.
  void seal(sync::Range& forged, const crypto::SigningKey& key) {
    auto hash = crdt::chain_start(space, forged.head.log);
    std::map<ObjectId, Salt> declared;
    for (const auto& change : forged.changes) {
      for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
      hash = crdt::chain_next(hash, must(crdt::change_digest(change, [&](auto&, auto& object) {
                                return std::optional(declared.at(object));
                              })));
    }
    forged.head.hash = hash;
    forged.head.seq = forged.changes.back().last_seq();
    const auto signature = crypto::sign(key, kHeadLabel, crdt::signed_bytes(space, forged.head));
    forged.head.signature = *crdt::Signature::from(signature.view());
  }
};

}  // namespace

TEST_CASE("receive: an honest range is taken, once, and again without effect") {
  Pair pair;
  const auto have = must(pair.bo.take(pair.space, pair.range));
  CHECK(have[0].seq == pair.range.head.seq);
  CHECK(pair.agree());
  CHECK(pair.bo.replica->name() == "Harbour");
  (void)must(pair.bo.take(pair.space, pair.range));
  CHECK(pair.agree());
}

TEST_CASE(
    "receive: whatever is changed in a range, it is refused, and the honest one taken after") {
  const std::vector<std::pair<const char*, std::function<void(Pair&, sync::Range&)>>> forgeries = {
      {"other words", [](auto&, auto& it) { it.changes[1].ops[0].content.back() ^= 1; }},
      {"another time", [](auto&, auto& it) { it.changes[1].time += Millis{1}; }},
      {"a lower lamport", [](auto&, auto& it) { it.changes[2].lamport = 1; }},
      {"another lamport", [](auto&, auto& it) { it.changes[2].lamport += 1; }},
      {"another salt", [](auto&, auto& it) { it.changes[0].salts[0].salt.bytes[0] ^= 1; }},
      {"one left out", [](auto&, auto& it) { it.changes.erase(it.changes.begin() + 1); }},
      {"two exchanged", [](auto&, auto& it) { std::swap(it.changes[1], it.changes[2]); }},
      {"the last cut off", [](auto&, auto& it) { it.changes.pop_back(); }},
      {"no end", [](auto&, auto& it) { it.head.seq += 1; }},
      {"another signature", [](auto&, auto& it) { it.head.signature.bytes[5] ^= 1; }},
      {"another head's hash", [](auto&, auto& it) { it.head.hash.bytes[5] ^= 1; }},
      {"somebody else's log", [](auto&, auto& it) { it.head.log.bytes[0] ^= 1; }},
      {"another certificate", [](auto&, auto& it) { it.changes[0].certificate.back() ^= 1; }},
      {"sealed by another device",
       [](Pair& pair, auto& it) {
         it.changes[1].ops[0].content = encode(Value("Bo's"));
         it.changes[1].ops[0].content_bytes = it.changes[1].ops[0].content.size();
         pair.seal(it, pair.bo.identity.signing);
       }},
  };
  for (const auto& forgery : forgeries) {
    INFO(std::string(forgery.first));
    Pair pair;
    auto forged = pair.range;
    forgery.second(pair, forged);
    const auto taken = pair.bo.take(pair.space, forged);
    CHECK_FALSE(taken);
    CHECK(pair.bo.replica->name() == "Crew");
    CHECK(must(pair.bo.replica->store().logs().of_space(pair.space)).empty());
    (void)must(pair.bo.take(pair.space, pair.range));
    CHECK(pair.agree());
  }
}

TEST_CASE("write: what was seen is named by the next change, whatever writes changed nothing") {
  Pair pair;
  (void)must(pair.bo.take(pair.space, pair.range));
  pair.bo.write_title("Harbour");  // stands already
  CHECK(must(pair.bo.replica->store().logs().of_space(pair.space)).size() == 1);
  pair.bo.write_title("Port");
  pair.bo.write_title("Quay");
  for (const auto& position : must(pair.bo.replica->positions(pair.space))) {
    if (position.log == pair.range.head.log) continue;
    const auto own = *must(pair.bo.replica->next_range(position.log, 0));
    REQUIRE(own.changes.size() == 2);
    REQUIRE(own.changes[0].deps.size() == 1);
    CHECK(own.changes[0].deps[0].log == pair.range.head.log);
    CHECK(own.changes[0].deps[0].seq == pair.range.head.seq);
    CHECK(own.changes[1].deps.empty());
  }
}

TEST_CASE("receive: a second history of a log, signed by its device, is kept beside the first") {
  Pair pair;
  const auto other = pair.elsewhere();
  (void)must(pair.bo.take(pair.space, pair.range));
  const auto have = must(pair.bo.take(pair.space, other));
  CHECK(have[0].seq == other.head.seq);
  CHECK(pair.bo.replica->take_forked() == std::vector{pair.range.head.log});
  const auto ends = must(pair.bo.replica->positions(pair.space));
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].log == pair.range.head.log);
  CHECK(ends[1].log == pair.range.head.log);
  const auto name = pair.bo.replica->name();
  CHECK((name == "Harbour" || name == "Elsewhere"));
  CHECK(must(verify_store(*pair.bo.replica, Depth::logs_and_state)).problems.empty());

  // The device itself, told of what another copy of it wrote, ends with the same and goes on.
  (void)must(pair.ana.take(pair.space, other));
  CHECK(pair.agree());
  CHECK(pair.ana.replica->is_restored());
  CHECK(pair.ana.replica->name() == name);
  pair.ana.write_title("Port");
  CHECK(must(pair.ana.replica->positions(pair.space)).size() == 3);
}

TEST_CASE(
    "receive: a fork that the log's device did not sign, or that is no fork, changes nothing") {
  const std::vector<std::pair<const char*, std::function<void(Pair&, sync::Range&)>>> claims = {
      {"sealed by another device",
       [](Pair& pair, auto& it) { pair.seal(it, pair.bo.identity.signing); }},
      {"another's certificate in it",
       [](Pair& pair, auto& it) {
         auto certificate = pair.bo.identity.certificate(pair.ana.replica->team(), kNow);
         it.changes[0].certificate = members::encode(certificate);
         pair.seal(it, pair.bo.identity.signing);  // a device nobody has admitted
       }},
      {"a signature over something else", [](auto&, auto& it) { it.head.signature.bytes[3] ^= 1; }},
      {"a chain that does not lead to its head",
       [](auto&, auto& it) { it.head.hash.bytes[3] ^= 1; }},
      {"a place that it does not go on from", [](auto&, auto& it) { it.before = ShortHash{}; }},
  };
  for (const auto& claim : claims) {
    INFO(std::string(claim.first));
    Pair pair;
    auto other = pair.elsewhere();
    (void)must(pair.bo.take(pair.space, pair.range));
    claim.second(pair, other);
    (void)pair.bo.take(pair.space, other).has_value();
    CHECK(pair.bo.replica->take_forked().empty());
    CHECK(must(pair.bo.replica->positions(pair.space)).size() == 1);
    CHECK(pair.agree());
  }
}

TEST_CASE("receive: a device that forks its log without end waits, and all is taken in the end") {
  Pair pair;
  for (int i = 0; i < 40; ++i) pair.ana.write_title("Title " + std::to_string(i));
  pair.range = pair.first_range(pair.space);
  (void)must(pair.bo.take(pair.space, pair.range));
  std::vector<sync::Range> branches;
  for (std::size_t at = 2; at < 40; ++at) {  // each parts at a place of its own
    auto other = pair.range;
    other.changes.resize(at + 1);
    other.changes.back().ops[0].content = encode(Value("Branch " + std::to_string(at)));
    other.changes.back().ops[0].content_bytes = other.changes.back().ops[0].content.size();
    pair.seal(other, pair.ana.identity.signing);
    branches.push_back(std::move(other));
  }
  std::size_t taken = 0;
  for (const auto& branch : branches) {
    const auto have = must(pair.bo.take(pair.space, branch));
    taken += have[0].seq == branch.head.seq ? 1 : 0;
  }
  CHECK(taken == 16);
  CHECK(pair.bo.replica->take_retry().has_value());
  auto now = kNow;
  for (int minutes = 0; taken < branches.size() && minutes < 100; ++minutes) {
    now += std::chrono::minutes(1);
    for (const auto& branch : branches) {
      const auto before = must(pair.bo.replica->positions(pair.space)).size();
      (void)must(pair.bo.take(pair.space, branch, now));
      taken += must(pair.bo.replica->positions(pair.space)).size() - before;
    }
  }
  CHECK(taken == branches.size());
  CHECK(must(verify_store(*pair.bo.replica, Depth::logs_and_state)).problems.empty());
  // Who gets them the other way round ends with the same.
  (void)must(pair.ana.take(pair.space, branches.front()));
  now = kNow;
  for (auto branch = branches.rbegin(); branch != branches.rend(); ++branch) {
    now += std::chrono::minutes(1);
    (void)must(pair.ana.take(pair.space, *branch, now));
  }
  CHECK(pair.agree());
}

TEST_CASE("receive: a log of an id that another device writes under harms neither") {
  Pair pair;
  (void)must(pair.bo.take(pair.space, pair.range));
  pair.bo.write_title("Bo's");
  sync::Range own;
  for (const auto& position : must(pair.bo.replica->positions(pair.space))) {
    if (position.log != pair.range.head.log) {
      own = *must(pair.bo.replica->next_range(position.log, 0));
    }
  }
  // Ana signs a log of her own under the id of Bo's.
  auto squat = pair.range;
  squat.head.log = own.head.log;
  for (auto& change : squat.changes) change.log = own.head.log;
  pair.seal(squat, pair.ana.identity.signing);
  (void)must(pair.bo.take(pair.space, squat));
  (void)must(pair.ana.take(pair.space, squat));
  (void)pair.ana.take(pair.space, own).has_value();
  pair.bo.write_title("Bo goes on");
  CHECK(pair.bo.replica->name() == "Bo goes on");
  CHECK(must(verify_store(*pair.bo.replica, Depth::logs_and_state)).problems.empty());
  CHECK(must(verify_store(*pair.ana.replica, Depth::logs_and_state)).problems.empty());
}

TEST_CASE("receive: who claims the last of all lamports keeps nobody from writing after it") {
  for (const bool is_void : {false, true}) {  // as a leap from a lower one it is
    CAPTURE(is_void);
    Pair pair;
    for (std::size_t i = is_void ? 2 : 0; i < 3; ++i) pair.range.changes[i].lamport = INT64_MAX;
    pair.seal(pair.range, pair.ana.identity.signing);
    (void)must(pair.bo.take(pair.space, pair.range));
    pair.bo.write_title("Port");
    pair.bo.write_title("Quay");
    CHECK(pair.bo.replica->name() == "Quay");
    for (const auto& position : must(pair.bo.replica->positions(pair.space))) {
      const auto range = *must(pair.bo.replica->next_range(position.log, 0));
      for (const auto& change : range.changes) CHECK(crdt::validate(change).has_value());
    }
  }
}

TEST_CASE("receive: a lamport that leaps more than five years is void, alike everywhere") {
  for (const bool leaps : {false, true}) {
    CAPTURE(leaps);
    Pair pair;
    auto& last = pair.range.changes[2];
    last.lamport = pair.range.changes[1].lamport + crdt::kLamportLeapMax + (leaps ? 1 : 0);
    pair.seal(pair.range, pair.ana.identity.signing);
    (void)must(pair.bo.take(pair.space, pair.range));
    CHECK(pair.bo.replica->name() == (leaps ? "Lighthouse" : "Harbour"));
    CHECK(must(pair.bo.replica->positions(pair.space))[0].seq == pair.range.head.seq);
  }
}

TEST_CASE(
    "receive: words that go on from none of their log are void, and what comes after counts") {
  Pair pair;
  auto& forged = pair.range.changes[1].ops[0];  // where the team was called Lighthouse
  forged.kind = crdt::Kind::text;
  forged.action = crdt::Action::insert;
  forged.refs.clear();
  forged.follows_own = true;
  forged.pos = 7;
  forged.len = 1;
  forged.content = to_bytes(as_bytes("a"));
  forged.content_bytes = 1;
  pair.seal(pair.range, pair.ana.identity.signing);
  (void)must(pair.bo.take(pair.space, pair.range));
  CHECK(pair.bo.replica->name() == "Harbour");
  const auto marked = must(pair.bo.replica->store().logs().marked(pair.space, crdt::Mark::is_void));
  REQUIRE(marked.size() == 1);
  CHECK(marked.begin()->second == std::vector<std::uint64_t>{2});
}

TEST_CASE("receive: a time that cannot be is void, alike everywhere, and honest ones never are") {
  struct Claim {
    WallTime time;
    bool counts;
  };
  WallTime latest;
  {
    const Pair known;
    latest = WallTime(Millis(static_cast<std::int64_t>(known.range.changes[2].lamport)));
  }
  for (const auto& claim : {Claim{latest, true}, Claim{latest + Millis{1}, false},
                            Claim{kEarliest, true}, Claim{kEarliest - Millis{1}, false},
                            Claim{kLatest + Millis{1}, false}, Claim{WallTime{}, false}}) {
    Pair pair;
    pair.range.changes[2].time = claim.time;
    pair.seal(pair.range, pair.ana.identity.signing);
    (void)must(pair.bo.take(pair.space, pair.range));
    CHECK(pair.bo.replica->name() == (claim.counts ? "Harbour" : "Lighthouse"));
  }
  // A device whose clock stands at 1970, or at 2999, writes what counts.
  for (const auto clock : {WallTime{}, WallTime{Millis{32'472'144'000'000}}}) {
    Pair pair;
    (void)must(pair.bo.take(pair.space, pair.range));
    must(pair.ana.replica->begin());
    (void)must(pair.ana.replica->write(pair.space,
                                       {{.object = *ObjectId::from(pair.ana.replica->team().view()),
                                         .type = work::kTeam,
                                         .field = work::field::kTitle,
                                         .value = encode(Value("Pier"))}},
                                       clock));
    must(pair.ana.replica->commit());
    (void)must(pair.bo.take(pair.space, pair.first_range(pair.space)));
    CHECK(pair.bo.replica->name() == "Pier");
    CHECK(pair.agree());
  }
}

TEST_CASE("receive: the first change of a space leaps no further than five years either") {
  for (const bool leaps : {false, true}) {
    Pair pair;
    pair.range.changes.resize(1);
    auto& first = pair.range.changes.front();
    const auto now = static_cast<std::uint64_t>(kNow.time_since_epoch().count());
    first.lamport = now + crdt::kLamportLeapMax + (leaps ? 1 : 0);
    pair.seal(pair.range, pair.ana.identity.signing);
    (void)must(pair.bo.take(pair.space, pair.range));
    const auto& logs = pair.bo.replica->store().logs();
    CHECK(must(logs.marked(pair.space, crdt::Mark::is_void)).empty() != leaps);
  }
}

TEST_CASE("receive: void changes without end wait at their sender; what counts is taken at once") {
  Pair pair;
  auto flood = pair.range;
  flood.changes.resize(2);
  auto now = kNow;
  const auto grow = [&](std::uint64_t count) {
    for (; count > 0; --count) {
      auto next = flood.changes.back();
      next.certificate.clear();
      next.salts.clear();
      next.seq = next.last_seq() + 1;
      next.lamport += 1;
      next.time = kEarliest - Millis{1};
      flood.changes.push_back(std::move(next));
    }
    pair.seal(flood, pair.ana.identity.signing);
  };
  grow(4'200);
  (void)must(pair.bo.take(pair.space, flood, now));
  while (pair.bo.replica->is_behind()) {
    must(pair.bo.replica->begin());
    must(pair.bo.replica->deliver_more());
    must(pair.bo.replica->commit());
  }
  CHECK(must(pair.bo.replica->positions(pair.space))[0].seq == flood.head.seq);
  const auto held = flood.head.seq;
  grow(100);
  auto more = flood;
  CHECK(must(pair.bo.take(pair.space, more, now))[0].seq == held);
  CHECK(pair.bo.replica->take_retry().has_value());
  // Others, and this one a little later, are not kept out.
  pair.bo.write_title("Bo's");
  CHECK(pair.bo.replica->name() == "Bo's");
  now += std::chrono::minutes(1);
  CHECK(must(pair.bo.take(pair.space, more, now))[0].seq == flood.head.seq);
  CHECK(must(verify_store(*pair.bo.replica, Depth::logs_and_state)).problems.empty());
}

TEST_CASE(
    "write: too many ops of membership within an hour are refused in words, and an hour on not") {
  Pair pair;
  auto& ana = *pair.ana.replica;
  auto now = kNow;
  const auto rekey = [&] {
    members::Op op;
    op.kind = members::OpKind::rekey;
    op.keys.commitment.bytes.fill(1);
    return ana.add_membership(std::move(op), now);
  };
  must(ana.begin());
  const auto others = ana.membership().history().size();  // all Ana's, of this hour
  for (auto i = others; i < members::kActsPerHour; ++i) (void)must(rekey());
  const auto frontier = ana.roster().frontier;
  const auto refused = rekey();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::limit);
  CHECK(ana.roster().frontier == frontier);
  now += std::chrono::hours(1);
  (void)must(rekey());
  must(ana.commit());
  (void)must(pair.bo.take(ana.trust(), pair.first_range(ana.trust())));
  CHECK(pair.bo.replica->roster().frontier == ana.roster().frontier);
}

/// A range as it arrives.
sync::Range sent(const SpaceId& space, sync::Range range) {
  sync::Delta delta;
  delta.space = space;
  delta.ranges.push_back(std::move(range));
  auto back = must(sync::decode(sync::encode(delta)));
  return std::get<sync::Delta>(back).ranges.at(0);
}

TEST_CASE("receive: what goes on from what is held is taken; who lacks that takes nothing") {
  Pair pair;
  const auto& log = pair.range.head.log;
  pair.ana.write_title("Quay");
  pair.ana.write_title("Pier");
  auto next = *must(pair.ana.replica->next_range(log, pair.range.head.seq));
  const auto packed = sent(pair.space, next);
  REQUIRE(packed.changes.empty());
  CHECK(packed.packed.size() < crdt::encode_columns(next.changes).size());

  CHECK(must(pair.bo.take(pair.space, packed))[0].seq == 0);
  (void)must(pair.bo.take(pair.space, pair.range));
  CHECK(pair.bo.replica->name() == "Harbour");
  // Said to go on from elsewhere, or from another change than is held there: a gap, not a fault.
  for (const std::size_t byte : {1u, 3u}) {
    auto other = packed;
    other.packed[byte] ^= 0x01;
    CHECK(must(pair.bo.take(pair.space, other))[0].seq == pair.range.head.seq);
  }
  CHECK(pair.bo.replica->name() == "Harbour");
  // Packed right, but not what the device signed; or damaged; or not up to its head.
  auto forged = next;
  forged.changes[0].lamport += 1;
  CHECK(pair.bo.take(pair.space, sent(pair.space, forged)).error().code == Code::reject);
  forged = packed;
  forged.packed.push_back(0);
  CHECK(pair.bo.take(pair.space, forged).error().code == Code::reject);
  forged = packed;
  ++forged.head.seq;
  CHECK(pair.bo.take(pair.space, forged).error().code == Code::reject);
  CHECK(pair.bo.replica->name() == "Harbour");

  CHECK(must(pair.bo.take(pair.space, packed))[0].seq == next.head.seq);
  CHECK(pair.bo.replica->name() == "Pier");
  (void)must(pair.bo.take(pair.space, packed));
  CHECK(pair.agree());
}

TEST_CASE("receive: what stands before a forged range is delivered as well as kept") {
  Pair pair;
  auto forged = pair.range;
  forged.head.log.bytes[0] ^= 1;
  for (auto& change : forged.changes) change.log = forged.head.log;
  sync::Delta delta;
  delta.space = pair.space;
  delta.ranges = {pair.range, forged};
  must(pair.bo.replica->begin());
  const auto have = pair.bo.replica->receive(delta, kNow);
  must(pair.bo.replica->commit());
  REQUIRE_FALSE(have);
  CHECK(have.error().code == Code::reject);
  CHECK(pair.bo.replica->name() == "Harbour");
  CHECK(pair.agree());
}

TEST_CASE("receive: a long range is delivered slice by slice, across a restart too") {
  for (const bool is_restarted : {false, true}) {
    Pair pair;
    constexpr int kTitles = 1500;
    must(pair.ana.replica->begin());
    for (int i = 0; i < kTitles; ++i) {
      (void)must(
          pair.ana.replica->write(pair.space,
                                  {{.object = *ObjectId::from(pair.ana.replica->team().view()),
                                    .type = work::kTeam,
                                    .field = work::field::kTitle,
                                    .value = encode(Value("title " + std::to_string(i)))}},
                                  kNow));
    }
    must(pair.ana.replica->commit());
    const auto have = must(pair.bo.take(pair.space, pair.first_range(pair.space)));
    auto& replica = pair.bo.replica;
    CHECK(have[0].seq > 1000);
    CHECK(replica->is_behind(pair.space));
    CHECK_FALSE(pair.agree());
    const auto first = replica->name();
    CHECK(first != "title 1499");
    if (is_restarted) {
      const auto team = replica->team();
      replica.reset();
      pair.bo.open(team);
    }
    // A slice that is lost with its turn waits again.
    if (!is_restarted) {
      must(replica->begin());
      must(replica->deliver_more());
      CHECK(replica->name() != first);
      replica->rollback();
      CHECK(replica->name() == first);
      CHECK(replica->is_behind());
    }
    int slices = 0;
    for (; replica->is_behind(); ++slices) {
      must(replica->begin());
      must(replica->deliver_more());
      must(replica->commit());
    }
    CHECK((is_restarted ? slices == 0 : slices > 3));
    CHECK(replica->name() == "title 1499");
    CHECK(pair.agree());
  }
}

TEST_CASE("receive: a range whose salts are missing is the fault of who sent it") {
  Pair pair;
  auto forged = pair.range;
  forged.changes[0].salts.clear();
  const auto taken = pair.bo.take(pair.space, forged);
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == Code::reject);
}

}  // namespace holm::node
