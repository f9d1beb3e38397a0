// The rules of membership among numbered people: the slice of the search that fits into a test run,
// and every counterexample that shaped the rules (TRUST.md 5 and 6) as a story of its own.
#include "work/members/rules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "tests/support/seeds.h"
#include "tests/work/members/trust_search.h"

namespace holm::work::members {
namespace {

using test::Deeds;
using test::SearchOptions;
using test::SearchTally;

std::string told(const SearchTally& tally) {
  std::string out;
  for (const auto& [what, count] : tally.failures) {
    out += what + ": " + std::to_string(count) + "\n";
  }
  return out + tally.first_failure;
}

TEST_CASE("rules: no set of two free acts breaks a guarantee, in any shape of team") {
  // The numbers of sets are those of the model that the rules were searched with (TRUST.md 7).
  const std::uint64_t sets[] = {7'434, 14'859, 16'337, 3'918, 1'089};
  for (int shape = 0; shape < 5; ++shape) {
    CAPTURE(shape);
    const auto tally =
        test::search({.shape = shape, .free_acts = 2, .deeds = Deeds::roles, .deliver_every = 97});
    CHECK_MESSAGE(tally.failures.empty(), told(tally));
    CHECK(tally.sets == sets[shape]);
    CHECK(tally.finals > 0);
    CHECK(tally.contested > 0);
  }
}

TEST_CASE("rules: the same with devices that come and go, and with an invite of one use") {
  for (const auto deeds : {Deeds::devices, Deeds::invites}) {
    for (const int shape : {0, 3, 4}) {
      CAPTURE(shape);
      const auto tally =
          test::search({.shape = shape, .free_acts = 2, .deeds = deeds, .deliver_every = 97});
      CHECK_MESSAGE(tally.failures.empty(), told(tally));
      CHECK(tally.sets > 1000);
      CHECK(tally.finals > 0);
    }
  }
}

TEST_CASE("rules: who is in rooms: no set of two free acts gives what nobody gave") {
  for (const int shape : {0, 3, 4}) {
    CAPTURE(shape);
    const auto tally = test::search({.shape = shape,
                                     .free_acts = 2,
                                     .deeds = Deeds::rooms,
                                     .restores = false,
                                     .deliver_every = 97});
    CHECK_MESSAGE(tally.failures.empty(), told(tally));
    CHECK(tally.sets > 1000);
    CHECK(tally.with_void > 0);
  }
}

TEST_CASE("rules: random sets come out the same in any order, and as the definitions say") {
  holm::test::for_each_seed(6, [](holm::test::Seed seed) {
    for (const auto deeds : {Deeds::roles, Deeds::devices, Deeds::invites, Deeds::rooms}) {
      for (int shape = 0; shape < 5; ++shape) {
        const auto tally = test::search_random(
            {.shape = shape, .deeds = deeds, .restores = false, .seed = seed}, 6, 13);
        REQUIRE_MESSAGE(tally.failures.empty(), told(tally));
      }
    }
  });
}

TEST_CASE("rules: with a limit on acts within an hour nothing else changes") {
  // One act of each person in what anybody has seen, so that every second one is refused.
  for (const auto deeds : {Deeds::roles, Deeds::devices, Deeds::invites}) {
    for (const int shape : {0, 3, 4}) {
      CAPTURE(shape);
      const auto tally = test::search({.shape = shape,
                                       .free_acts = 2,
                                       .deeds = deeds,
                                       .restores = false,
                                       .deliver_every = 97,
                                       .acts_per_hour = 1});
      CHECK_MESSAGE(tally.failures.empty(), told(tally));
      CHECK(tally.finals > 0);
    }
  }
  std::uint64_t refused = 0;
  holm::test::for_each_seed(6, [&](holm::test::Seed seed) {
    for (const auto deeds : {Deeds::roles, Deeds::devices, Deeds::invites, Deeds::rooms}) {
      for (int shape = 0; shape < 5; ++shape) {
        const auto tally = test::search_random({.shape = shape,
                                                .deeds = deeds,
                                                .restores = false,
                                                .seed = seed,
                                                .acts_per_hour = 1 + seed % 3,
                                                .keeps_refused = true},
                                               6, 13);
        REQUIRE_MESSAGE(tally.failures.empty(), told(tally));
        refused += tally.with_refused;
      }
    }
  });
  CHECK(refused > 100);
}

/// A team of numbered people, each with a device of their number, written by hand.
class Story {
 public:
  explicit Story(std::uint64_t seed = 1) : rng_(seed) {
    founded = add({.kind = OpKind::create, .subject = 0}, {});
  }

  OpIndex add(Act act, std::vector<OpIndex> seen) {
    act.device = act.device != 0 ? act.device : act.author;
    rng_.fill(act.hash.bytes);
    Past past;
    for (const auto op : seen) past.add(rules.past(op));
    for (const auto op : seen) {
      if (!past.has(op)) act.parents.push_back(op);
    }
    std::sort(act.parents.begin(), act.parents.end());
    return rules.add(std::move(act));
  }
  OpIndex grant(PersonIndex by, PersonIndex who, Role role, std::vector<OpIndex> seen) {
    return add({.kind = OpKind::grant, .author = by, .target = who, .role = role, .subject = who},
               std::move(seen));
  }
  OpIndex reduce(PersonIndex by, PersonIndex who, Role role, std::vector<OpIndex> seen) {
    return add({.kind = OpKind::reduce, .author = by, .target = who, .role = role},
               std::move(seen));
  }
  OpIndex remove(PersonIndex by, PersonIndex who, std::vector<OpIndex> seen) {
    return reduce(by, who, Role::none, std::move(seen));
  }
  std::vector<OpIndex> all() const { return rules.heads(); }
  Role role(PersonIndex person) { return rules.all().standing.role(person); }
  bool counts(OpIndex op) { return rules.all().counts[op]; }
  bool waits(OpIndex op) {
    const auto& waiting = rules.all().standing.waiting();
    return std::binary_search(waiting.begin(), waiting.end(), op);
  }

  Rules rules;
  OpIndex founded = 0;

 private:
  SeededRng rng_;
};

TEST_CASE("rules: two owners remove each other apart: the older tenure stays") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto by_ana = team.remove(0, 1, {bo});
  const auto by_bo = team.remove(1, 0, {bo});
  CHECK(team.role(0) == Role::owner);
  CHECK(team.role(1) == Role::none);
  CHECK(team.rules.is_final(by_ana));
  CHECK_FALSE(team.rules.is_final(by_bo));
  CHECK_FALSE(team.counts(by_bo));
}

TEST_CASE("rules: three owners in a circle: somebody stays, the same everywhere") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto cy = team.grant(1, 2, Role::owner, {bo});
  team.remove(0, 1, {cy});
  team.remove(1, 2, {cy});
  team.remove(2, 0, {cy});
  // The first removal voids the second, so that the third leaves an owner and holds.
  CHECK(team.role(0) == Role::none);
  CHECK(team.role(1) == Role::none);
  CHECK(team.role(2) == Role::owner);
}

TEST_CASE(
    "rules: what a finally removed admin backdates has no effect, nor has it through puppets") {
  Story team;
  const auto bo = team.grant(0, 1, Role::admin, {team.founded});
  const auto cy = team.grant(0, 2, Role::member, {bo});
  const auto removal = team.remove(0, 1, {cy});
  const auto before = std::vector{team.role(0), team.role(1), team.role(2)};
  const auto everyone = team.remove(1, 2, {cy});  // a removal of everyone, backdated
  const auto puppet = team.grant(1, 3, Role::admin, {cy});
  const auto through = team.remove(3, 2, {puppet});
  CHECK(team.counts(removal));
  CHECK_FALSE(team.counts(everyone));
  CHECK_FALSE(team.counts(puppet));
  CHECK_FALSE(team.counts(through));
  CHECK(std::vector{team.role(0), team.role(1), team.role(2)} == before);
  CHECK(team.role(3) == Role::none);
}

TEST_CASE("rules: a senior returns against a contestable removal, and all agree") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto by_bo = team.remove(1, 0, {bo});
  CHECK(team.role(0) == Role::none);  // it holds at once
  CHECK(team.role(1) == Role::owner);
  const auto late = team.remove(0, 1, {bo});  // shown a year later
  CHECK(team.counts(late));
  CHECK_FALSE(team.counts(by_bo));
  CHECK(team.role(0) == Role::owner);
  CHECK(team.role(1) == Role::none);
}

TEST_CASE("rules: the weakest cannot empty a team by removing above themselves") {
  // "Every removal voids concurrent work": u2 removes u0 apart from u3's admission, and u3 who
  // outranks u2 would be out.
  Story team;
  const auto u1 = team.grant(0, 1, Role::owner, {team.founded});
  const auto u2 = team.grant(1, 2, Role::owner, {u1});
  const auto u3 = team.grant(0, 3, Role::owner, {u1});
  team.remove(2, 0, {u2});
  CHECK(team.counts(u3));
  CHECK(team.role(3) == Role::owner);
  CHECK(team.role(0) == Role::none);
}

TEST_CASE("rules: who is removed on one device and leaves on another does not empty a team") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto removal = team.remove(0, 1, {bo});
  const auto leave = team.remove(0, 0, {bo});
  CHECK(team.counts(removal));
  CHECK(team.waits(leave));
  CHECK(team.role(0) == Role::owner);
  // The leave that waits takes effect with the next owner.
  team.grant(0, 2, Role::owner, team.all());
  CHECK(team.role(0) == Role::none);
  CHECK(team.role(2) == Role::owner);
}

TEST_CASE("rules: both of two owners leave apart: the older tenure's leaving counts") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto ana_leaves = team.remove(0, 0, {bo});
  const auto bo_leaves = team.remove(1, 1, {bo});
  CHECK_FALSE(team.waits(ana_leaves));
  CHECK(team.waits(bo_leaves));
  CHECK(team.role(0) == Role::none);
  CHECK(team.role(1) == Role::owner);
}

TEST_CASE("rules: an act is judged by what its author had seen, never by what came of it") {
  // w: u2 removes u0; R: u0, having seen w, removes u1; o: u1, not having seen w, removes u2.
  Story team;
  const auto u1 = team.grant(0, 1, Role::owner, {team.founded});
  const auto u2 = team.grant(1, 2, Role::owner, {u1});
  const auto w = team.remove(2, 0, {u2});
  const auto r = team.remove(0, 1, {w});
  const auto o = team.remove(1, 2, {u2});
  CHECK_FALSE(team.rules.is_allowed(r));  // by then u0 was out
  CHECK(team.counts(o));
  CHECK_FALSE(team.counts(w));
  CHECK(team.role(0) == Role::owner);
  CHECK(team.role(1) == Role::owner);
  CHECK(team.role(2) == Role::none);
}

TEST_CASE("rules: promoted beside a removal: out; demoted beside an admission: the cap holds") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto cy = team.grant(0, 2, Role::member, {bo});
  team.grant(0, 2, Role::admin, {cy});
  team.remove(1, 2, {cy});
  CHECK(team.role(2) == Role::none);
  const auto again = team.grant(0, 2, Role::member, team.all());
  CHECK(team.counts(again));
  CHECK(team.role(2) == Role::member);
}

TEST_CASE("rules: admitted twice apart with different roles: the higher holds") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  team.grant(0, 2, Role::member, {bo});
  team.grant(1, 2, Role::admin, {bo});
  CHECK(team.role(2) == Role::admin);
}

TEST_CASE("rules: added again beside a second removal: out until added again after both") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto cy = team.grant(0, 2, Role::member, {bo});
  const auto first = team.remove(0, 2, {cy});
  team.grant(0, 2, Role::member, {first});
  team.remove(1, 2, {cy});
  CHECK(team.role(2) == Role::none);
  team.grant(1, 2, Role::member, team.all());
  CHECK(team.role(2) == Role::member);
}

TEST_CASE("rules: whoever outranks makes a contestable removal final by two acts") {
  Story team;
  const auto bo = team.grant(0, 1, Role::owner, {team.founded});
  const auto cy = team.grant(1, 2, Role::owner, {bo});
  const auto by_cy = team.remove(2, 1, {cy});  // a junior removes a senior
  CHECK_FALSE(team.rules.is_final(by_cy));
  const auto in = team.grant(0, 1, Role::member, {by_cy});
  const auto out = team.remove(0, 1, {in});
  CHECK(team.rules.is_final(out));
  const auto late = team.remove(1, 2, {cy});  // withheld since
  CHECK_FALSE(team.counts(late));
  CHECK(team.role(1) == Role::none);
  CHECK(team.role(2) == Role::owner);
}

// --- devices

TEST_CASE("rules: what a dropped device shows later does not count, nor do those it let in") {
  Story team;
  const auto bo = team.grant(0, 1, Role::admin, {team.founded});
  const auto phone = team.add({.kind = OpKind::add_device, .author = 1, .subject = 11}, {bo});
  const auto drop = team.add({.kind = OpKind::drop_device, .author = 1, .subject = 11}, {phone});
  const auto late = team.add({.kind = OpKind::grant,
                              .author = 1,
                              .device = 11,
                              .target = 2,
                              .role = Role::member,
                              .subject = 2},
                             {phone});
  const auto third =
      team.add({.kind = OpKind::add_device, .author = 1, .device = 11, .subject = 12}, {phone});
  CHECK(team.rules.is_final(drop));
  CHECK_FALSE(team.counts(late));
  const auto& standing = team.rules.all().standing;
  CHECK(standing.is_authorised(1));
  CHECK_FALSE(standing.is_authorised(11));
  CHECK_FALSE(standing.is_authorised(12));
  CHECK(team.rules.all().cut_off[third]);
}

TEST_CASE("rules: a younger device's drop of an older one holds, and can be answered") {
  Story team;
  const auto phone =
      team.add({.kind = OpKind::add_device, .author = 0, .subject = 10}, {team.founded});
  const auto drop = team.add(
      {.kind = OpKind::drop_device, .author = 0, .device = 10, .subject = 0 + 20}, {phone});
  CHECK_FALSE(team.rules.is_allowed(drop));  // there is no such device
  const auto tablet =
      team.add({.kind = OpKind::add_device, .author = 0, .device = 10, .subject = 20}, {phone});
  const auto by_tablet =
      team.add({.kind = OpKind::drop_device, .author = 0, .device = 20, .subject = 10}, {tablet});
  CHECK_FALSE(team.rules.is_final(by_tablet));
  CHECK_FALSE(team.rules.all().standing.is_authorised(10));
  const auto by_phone =
      team.add({.kind = OpKind::drop_device, .author = 0, .device = 10, .subject = 20}, {tablet});
  CHECK(team.counts(by_phone));
  CHECK_FALSE(team.counts(by_tablet));
  CHECK(team.rules.all().standing.is_authorised(10));
  CHECK_FALSE(team.rules.all().standing.is_authorised(20));
}

TEST_CASE("rules: with all devices gone the root key brings one back, not a dropped device") {
  Story team;
  const auto bo = team.grant(0, 1, Role::member, {team.founded});
  const auto drop = team.add({.kind = OpKind::drop_device, .author = 0, .subject = 1}, {bo});
  const auto by_itself =
      team.add({.kind = OpKind::add_device, .author = 1, .device = 1, .subject = 1}, {drop});
  CHECK_FALSE(team.rules.is_allowed(by_itself));
  const auto recovered = team.add(
      {.kind = OpKind::add_device, .author = 1, .device = 21, .subject = 21, .by_root = true},
      {drop});
  CHECK(team.counts(recovered));
  CHECK(team.rules.all().standing.is_authorised(21));
  CHECK_FALSE(team.rules.all().standing.is_authorised(1));
}

// --- invites

TEST_CASE("rules: a one-use invite used twice apart: the stronger granter's counts") {
  Story team;
  const auto bo = team.grant(0, 1, Role::member, {team.founded});
  const auto invite =
      team.add({.kind = OpKind::invite, .author = 1, .role = Role::member, .uses = 1}, {bo});
  const auto admit = [&](PersonIndex by, PersonIndex who) {
    return team.add({.kind = OpKind::grant,
                     .author = by,
                     .target = who,
                     .role = Role::member,
                     .subject = who,
                     .invite = invite},
                    {invite});
  };
  const auto by_bo = admit(1, 2);
  CHECK(team.counts(by_bo));
  const auto by_ana = admit(0, 3);
  CHECK(team.counts(by_ana));
  CHECK_FALSE(team.counts(by_bo));
  CHECK(team.rules.all().pending[by_bo]);
  // An admin lets the other in as well.
  team.grant(0, 2, Role::member, team.all());
  CHECK(team.role(2) == Role::member);
  const auto third = team.add({.kind = OpKind::grant,
                               .author = 1,
                               .target = 4,
                               .role = Role::member,
                               .subject = 4,
                               .invite = invite},
                              team.all());
  CHECK_FALSE(team.rules.is_allowed(third));
}

TEST_CASE("rules: a leaked invite that is closed admits nobody behind it") {
  Story team;
  const auto bo = team.grant(0, 1, Role::member, {team.founded});
  const auto invite =
      team.add({.kind = OpKind::invite, .author = 0, .role = Role::member, .uses = 100}, {bo});
  const auto close =
      team.add({.kind = OpKind::close_invite, .author = 0, .invite = invite}, {invite});
  const auto late = team.add({.kind = OpKind::grant,
                              .author = 1,
                              .target = 2,
                              .role = Role::member,
                              .subject = 2,
                              .invite = invite},
                             {invite});
  CHECK(team.counts(close));
  CHECK(team.rules.is_allowed(late));
  CHECK_FALSE(team.counts(late));
  CHECK(team.role(2) == Role::none);
}

TEST_CASE("rules: guests and members do not overstep") {
  Story team;
  const auto bo = team.grant(0, 1, Role::member, {team.founded});
  const auto gus = team.grant(0, 2, Role::guest, {bo});
  const auto invite = [&](PersonIndex by, Role role) {
    return team.add({.kind = OpKind::invite, .author = by, .role = role, .uses = 1}, {gus});
  };
  CHECK_FALSE(team.rules.is_allowed(invite(2, Role::guest)));
  CHECK_FALSE(team.rules.is_allowed(invite(1, Role::admin)));
  CHECK(team.rules.is_allowed(invite(1, Role::member)));
  CHECK_FALSE(team.rules.is_allowed(team.grant(1, 3, Role::member, {gus})));  // not without one
  CHECK_FALSE(team.rules.is_allowed(team.remove(1, 2, {gus})));
  CHECK_FALSE(team.rules.is_allowed(team.grant(1, 1, Role::admin, {gus})));
  const auto by_admin = invite(0, Role::admin);
  const auto let_in = team.add({.kind = OpKind::grant,
                                .author = 1,
                                .target = 4,
                                .role = Role::admin,
                                .subject = 4,
                                .invite = by_admin},
                               {by_admin});
  CHECK_FALSE(team.rules.is_allowed(let_in));  // a member lets nobody in above themselves
}

TEST_CASE("rules: a flood within an hour is refused from a point on, and others go on as before") {
  Story story;
  const auto bo = story.grant(0, 1, Role::admin, {story.founded});
  const auto hour = 3'600'000;
  // Bo's program goes wild: a bush in which every act has a past of its own.
  SeededRng rng(3);
  std::vector<OpIndex> wild{bo};
  std::size_t refused = 0;
  while (wild.size() < 3 * kActsPerHour) {
    std::vector<OpIndex> seen{wild.back()};
    for (int i = 0; i < 2; ++i) seen.push_back(wild[rng.below(wild.size())]);
    Act act{.kind = OpKind::rekey, .author = 1, .time = 10 * hour};
    wild.push_back(story.add(std::move(act), std::move(seen)));
    refused += story.rules.is_allowed(wild.back()) ? 0 : 1;
  }
  CHECK(refused == 2 * kActsPerHour - 1);
  // What was refused is nobody's past.
  CHECK(story.all().size() == 1);
  // Ana, within the same hour, and Bo in the next.
  const auto cy = story.add({.kind = OpKind::grant,
                             .author = 0,
                             .target = 2,
                             .role = Role::member,
                             .subject = 2,
                             .time = 10 * hour},
                            story.all());
  CHECK(story.counts(cy));
  const auto early =
      story.add({.kind = OpKind::rekey, .author = 1, .time = 10 * hour + hour / 2}, story.all());
  CHECK_FALSE(story.counts(early));
  const auto later =
      story.add({.kind = OpKind::rekey, .author = 1, .time = 11 * hour}, story.all());
  CHECK(story.counts(later));
  // One who claims to have seen none of it is not kept from removing Bo.
  CHECK(story.counts(story.remove(0, 1, {cy})));
  CHECK(story.role(1) == Role::none);
}

TEST_CASE("rules: more heads than an op may name: those of the most authority stand for all") {
  Story story;
  const auto bo = story.grant(0, 1, Role::member, {story.founded});
  const auto cy = story.grant(0, 2, Role::owner, {bo});
  for (int i = 0; i < 400; ++i) {
    (void)story.add({.kind = OpKind::rekey, .author = 1, .time = i * 36'000'000ll}, {cy});
  }
  const auto by_owner = story.add({.kind = OpKind::rekey, .author = 0}, {cy});
  CHECK(story.all().size() == 401);
  const auto named = story.rules.strongest_heads(256);
  CHECK(named.size() == 256);
  CHECK(std::is_sorted(named.begin(), named.end()));
  CHECK(std::binary_search(named.begin(), named.end(), by_owner));
  // Who names them may do all that they may, and the rest joins in with the next.
  CHECK(story.counts(story.remove(0, 1, named)));
  CHECK(story.all().size() == 401 - 256 + 1);
}

}  // namespace
}  // namespace holm::work::members
