#include "tests/sim/scenarios.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/sim/crowd.h"
#include "tests/sim/workload.h"
#include "tests/sim/world.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace {

using Names = std::vector<std::string>;
const Names kThree = {"ana", "bo", "cy"};
constexpr Millis kPatience{600'000};  ///< back-off between dials goes up to five minutes

/// A team that stands: all joined through the first, all linked to it, one room with work in it.
struct Crew {
  Crew(std::uint64_t seed, const Names& who, NetworkOptions options = {})
      : names(who), world(seed, who, options), work(world, seed ^ 0xC0FFEE) {}

  Status form() {
    TRY(world.found_team(names.front()));
    for (std::size_t i = 1; i < names.size(); ++i) TRY(world.join(names[i], names.front()));
    TRY(work.prepare(names.front()));
    return world.converge(kPatience);
  }

  /// Every pair keeps a link, from both sides or one.
  Status mesh() {
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) TRY(world.connect(names[i], names[k]));
    }
    return {};
  }

  Result<Outcome> end() {
    TRY(world.make_peace());
    TRY(world.converge(kPatience));
    Outcome out;
    out.deeds = static_cast<std::uint64_t>(work.done());
    out.events = world.trace_in_progress().count();
    out.trace = world.trace();
    return out;
  }

  Names names;
  World world;
  Workload work;
};

Millis some(Rng& rng, std::uint64_t most) {
  return Millis{static_cast<Millis::rep>(rng.below(most))};
}

Result<Outcome> partition(std::uint64_t seed) {
  Crew crew(seed, kThree);
  TRY(crew.form());
  TRY(crew.mesh());
  crew.world.split({{"ana"}, {"bo", "cy"}});
  TRY(crew.work.act_all(kThree, 14));
  crew.world.run_for(30s);
  if (crew.world.agrees()) return fail(Code::failed, "the partition did not part anyone");
  crew.world.split({{"ana", "bo"}, {"cy"}});
  TRY(crew.work.act_all(kThree, 8));
  crew.world.heal();
  return crew.end();
}

Result<Outcome> relay(std::uint64_t seed) {
  Crew crew(seed, kThree);
  crew.world.network().keep_apart(1, 2);  // both know only ana, who never meets both at once
  TRY(crew.form());
  for (int round = 0; round < 3; ++round) {
    crew.world.split({{"ana", "bo"}, {"cy"}});
    TRY(crew.work.act_all(kThree, 6));
    crew.world.split({{"ana", "cy"}, {"bo"}});
    TRY(crew.work.act_all(kThree, 6));
  }
  return crew.end();
}

/// Whose disk dies at which of the changes to come.
void doom(Host& host, Rng& rng, std::uint64_t most) {
  if (host.is_up()) host.disk().crash_at_change(1 + rng.below(most));
}

Status revive(World& world) {
  for (auto* host : world.hosts()) {
    if (!host->is_up()) TRY(host->boot());
  }
  return {};
}

Result<Outcome> crash_alone(std::uint64_t seed) {
  Crew crew(seed, {"ana", "bo"});
  TRY(crew.form());
  crew.world.split({});
  for (int round = 0; round < 6; ++round) {
    doom(crew.world["ana"], crew.world.rng(), 40);
    TRY(crew.work.act_all({"ana"}, 6));
    crew.world.run_for(some(crew.world.rng(), 500));
    TRY(revive(crew.world));
  }
  return crew.end();
}

Result<Outcome> crash_in_sync(std::uint64_t seed) {
  Crew crew(seed, kThree);
  TRY(crew.form());
  TRY(crew.mesh());
  for (int round = 0; round < 4; ++round) {
    crew.world.split({{"ana"}, {"bo", "cy"}});
    TRY(crew.work.act_all(kThree, 6));
    const auto& victim = kThree[crew.world.rng().below(kThree.size())];
    doom(crew.world[victim], crew.world.rng(), 60);
    crew.world.heal();
    crew.world.run_for(5s + some(crew.world.rng(), 3'000));
    TRY(revive(crew.world));
  }
  return crew.end();
}

/// More than a device delivers in one turn of its loop (node/receive.cc) arrives at once.
Result<Outcome> backlog(std::uint64_t seed) {
  Crew crew(seed, kThree);
  TRY(crew.form());
  TRY(crew.mesh());
  auto& world = crew.world;
  world.split({{"ana"}, {"bo", "cy"}});
  for (int i = 0; i < 600; ++i) (void)TRY(crew.work.note("ana"));
  TRY(crew.work.act_all(kThree, 6));
  if (world.rng().chance(60)) doom(world["bo"], world.rng(), 40);
  world.heal();
  // People go on while it is taken in.
  for (int i = 0; i < 6; ++i) {
    world.run_for(some(world.rng(), 40));
    TRY(crew.work.act_all({"bo", "cy"}, 1));
  }
  world.run_for(5s);
  TRY(revive(world));
  return crew.end();
}

Result<Outcome> crash_in_join(std::uint64_t seed) {
  Crew crew(seed, kThree);
  auto& world = crew.world;
  TRY(world.found_team("ana"));
  TRY(crew.work.prepare("ana"));
  for (const auto* name : {"bo", "cy"}) {
    auto& joiner = world[name];
    doom(world.rng().chance(70) ? joiner : world["ana"], world.rng(), 60);
    auto entered = world.join(name, "ana");
    for (int tries = 0; !entered && tries < 5; ++tries) {
      TRY(revive(world));
      // A person whose device died does it again, with the same team and a new invite.
      entered = world.join(name, "ana");
    }
    TRY(entered);
    TRY(revive(world));
    for (auto* host : world.hosts()) host->disk().clear_faults();
    TRY(crew.work.act_all({"ana", name}, 5));
  }
  return crew.end();
}

Result<Outcome> disk_full(std::uint64_t seed) {
  Crew crew(seed, kThree);
  TRY(crew.form());
  TRY(crew.mesh());
  auto& full = crew.world["bo"];
  for (int round = 0; round < 3; ++round) {
    full.disk().set_capacity(full.disk().bytes_used() + crew.world.rng().below(24'000));
    TRY(crew.work.act_all(kThree, 10));
    crew.world.run_for(5s);
    if (!full.is_up()) return fail(Code::failed, "a full disk ended a node");
    full.disk().set_capacity(std::nullopt);
    TRY(crew.work.act_all(kThree, 2));
  }
  return crew.end();
}

Result<Outcome> twins(std::uint64_t seed) {
  Crew crew(seed, kThree, {.latency_max = Millis{80}});
  TRY(crew.form());
  TRY(crew.mesh());
  auto& world = crew.world;
  for (int round = 0; round < 8; ++round) {
    const auto from = world.rng().below(3);
    TRY(world.dial(kThree[from], kThree[(from + 1 + world.rng().below(2)) % 3]));
    TRY(crew.work.act_all(kThree, 3));
  }
  return crew.end();
}

Result<Outcome> cuts(std::uint64_t seed) {
  Crew crew(seed, kThree);
  TRY(crew.form());
  TRY(crew.mesh());
  auto& world = crew.world;
  world.network().options() = {
      .fragment_max = 600, .cuts_per_10k = 150, .failed_dials_percent = 20};
  for (int round = 0; round < 6; ++round) {
    TRY(crew.work.act_all(kThree, 4));
    world.run_for(some(world.rng(), 2'000));
    world.network().cut_all();
  }
  return crew.end();
}

Result<Outcome> push(std::uint64_t seed) {
  Crew crew(seed, {"ana", "bo"}, {.latency_min = Millis{1}, .latency_max = Millis{8}});
  TRY(crew.form());
  auto& world = crew.world;
  for (int round = 0; round < 12; ++round) {
    const auto* who = round % 2 == 0 ? "ana" : "bo";
    const auto before = world.now();
    TRY(crew.work.act(who));
    if (!world.run_until([&] { return world.agrees(); }, before + Millis{100} - world.now())) {
      return fail(Code::timeout, "what " + std::string(who) + " wrote took over 100 ms to arrive");
    }
    world.run_for(some(world.rng(), 1'500));
  }
  return crew.end();
}

Result<Outcome> quiet(std::uint64_t seed) {
  Crew crew(seed, kThree);
  TRY(crew.form());
  TRY(crew.mesh());
  crew.world.run_for(60s);
  const auto before = crew.world.network().bytes_carried();
  crew.world.run_for(600s);
  const auto carried = crew.world.network().bytes_carried() - before;
  // Keep-alives alone: a few hundred bytes per link and minute.
  if (carried > 60'000) {
    return fail(Code::limit,
                "idle peers said " + std::to_string(carried) + " bytes in ten minutes");
  }
  return crew.end();
}

Result<Outcome> storm(std::uint64_t seed) {
  const Names four = {"ana", "bo", "cy", "di"};
  Crew crew(seed, four);
  TRY(crew.form());
  TRY(crew.mesh());
  auto& world = crew.world;
  auto& rng = world.rng();
  world.network().options().cuts_per_10k = 20;
  world.network().options().failed_dials_percent = 10;
  for (int round = 0; round < 8; ++round) {
    const auto& who = four[rng.below(four.size())];
    switch (rng.below(6)) {
      case 0: world.split({{"ana", four[1 + rng.below(3)]}, {"bo", "cy"}}); break;
      case 1: doom(world[who], rng, 80); break;
      case 2: world[who].set_skew(some(rng, 172'800'000) - Millis{86'400'000}); break;
      case 3:
        if (world[who].is_up()) world[who].crash();
        break;
      case 4: TRY(world.dial(who, "ana")); break;
      default: world.heal();
    }
    TRY(crew.work.act_all(four, 5));
    world.run_for(some(rng, 4'000));
    if (rng.chance(60)) TRY(revive(world));
  }
  return crew.end();
}

/// What a program that obeys no rule of its own may write: an op of any kind about anybody, that
/// claims to have seen no more than its author had at some time before.
void lie(World& world, const std::string& liar, const Names& all, Rng& rng,
         std::vector<std::vector<ShortHash>>& seen) {
  auto& host = world[liar];
  if (!host.is_up() || host.node().teams().all().empty()) return;
  auto& replica = *host.node().teams().all().begin()->second;
  seen.push_back(replica.roster().frontier);
  const auto& whom = *world[all[rng.below(all.size())]].node().teams().all().begin()->second;
  using work::members::OpKind;
  static const OpKind kKinds[] = {OpKind::grant,       OpKind::reduce, OpKind::reduce,
                                  OpKind::drop_device, OpKind::rekey,  OpKind::open_room};
  work::members::Op op;
  op.kind = kKinds[rng.below(6)];
  op.target = whom.self();
  op.role = static_cast<work::members::Role>(rng.below(5));
  op.dropped = whom.self_device();
  const auto key = crypto::SecretKey32::make(rng);
  op.keys.commitment = work::members::commitment_of(key);
  work::members::box_for(op.keys, replica.team(), {}, key, rng);
  op.room = rng.id<SpaceId>();
  if (!replica.begin()) return;
  const auto written =
      replica.add_membership(std::move(op), WallTime{}, seen[rng.below(seen.size())]);
  if (!written || !replica.commit()) return replica.rollback();
  host.node().links().on_written(replica, false);
}

/// One deed of membership, or some work, by whoever it may be. What is refused counts as nothing.
void decide(World& world, const std::string& who, const Names& all, Rng& rng,
            const std::string& log, std::map<std::string, std::vector<std::string>>& told) {
  auto& host = world[who];
  if (!host.is_up()) return;
  const auto& whom = all[rng.below(all.size())];
  static const std::vector<std::string> kRoles = {"guest", "member", "member", "admin", "owner"};
  const auto role = [&](const std::string& word) {
    (void)host.run(request_of("member.role").set("member", whom).set("role", word)).has_value();
  };
  switch (rng.below(10)) {
    case 0: role("none"); break;
    case 1:
    case 2: role(kRoles[rng.below(kRoles.size())]); break;
    case 3: (void)host.run(request_of("invite.create").set("uses", 1)).has_value(); break;
    case 4: (void)host.run(request_of("tray.accept").set("ref", whom)).has_value(); break;
    case 5:
      (void)host.run(request_of("room.new").set("name", "Room " + std::to_string(rng.next())))
          .has_value();
      break;
    default: {
      const auto token = who + std::to_string(rng.next());
      const auto done =
          host.run(request_of("doc.append").set("doc", log).set("text", token + "\n"));
      if (done) told[who].push_back(token);
    }
  }
}

/// People raise, lower, remove and let each other back in, apart from each other.
Result<Outcome> trust(std::uint64_t seed) {
  const Names five = {"ana", "bo", "cy", "di", "eve"};
  Crew crew(seed, five);
  TRY(crew.form());
  TRY(crew.mesh());
  auto& world = crew.world;
  auto& rng = world.rng();
  for (const auto* name : {"bo", "cy"}) {
    TRY(world["ana"].run(request_of("member.role")
                             .set("member", name)
                             .set("role", rng.chance(50) ? "owner" : "admin")));
  }
  TRY(world.converge(kPatience));
  std::map<std::string, std::vector<std::string>> told;
  std::vector<std::vector<ShortHash>> seen;  // by Eve
  for (int round = 0; round < 5; ++round) {
    std::vector<std::set<std::string>> groups(1 + rng.below(3));
    for (const auto& name : five) groups[rng.below(groups.size())].insert(name);
    world.split(groups);
    for (int i = 0; i < 6; ++i) {
      if (rng.chance(25)) lie(world, "eve", five, rng, seen);
      decide(world, five[rng.below(five.size())], five, rng, crew.work.log(), told);
      world.run_for(some(rng, 2'000));
    }
    if (rng.chance(40)) world.heal();
    world.run_for(some(rng, 20'000));
  }
  TRY(world.make_peace());
  world.run_for(600s);  // everybody meets, those who were removed as well
  TRY(world.leave_out_removed());
  TRY(world.converge(kPatience));
  // Work of those whom nobody ever removed is there.
  std::set<std::string> removed;
  const auto inside = world.insiders();
  if (inside.empty()) return fail(Code::failed, "nobody is left in the team");
  auto& seer = world[inside.front()];
  const auto shown = TRY(seer.run(request_of("doc.show").set("doc", crew.work.log())));
  const auto history = TRY(seer.run(request_of("team.log")));
  for (const auto& entry : history["entries"].items()) {
    // Who was only ever raised has lost nothing.
    if (entry["target"].is_null() || entry["text"].text().find("made") != std::string_view::npos) {
      continue;
    }
    removed.emplace(entry["target"].text());
  }
  for (const auto& [who, tokens] : told) {
    const auto& replica = *world[who].node().teams().all().begin()->second;
    if (removed.contains(replica.self().text())) continue;
    if (std::find(inside.begin(), inside.end(), who) == inside.end()) continue;
    for (const auto& token : tokens) {
      if (shown["text"].text().find(token) == std::string_view::npos) {
        return fail(Code::failed, "work of " + who + ", whom nobody removed, is gone: " + token);
      }
    }
  }
  Outcome out;
  out.deeds = static_cast<std::uint64_t>(crew.work.done());
  out.events = world.trace_in_progress().count();
  out.trace = world.trace();
  return out;
}

/// Machines copied and rolled back, witness and all, in the middle of everything else.
Result<Outcome> forks(std::uint64_t seed) {
  Crew crew(seed, kThree);
  TRY(crew.form());
  TRY(crew.mesh());
  auto& world = crew.world;
  auto& rng = world.rng();
  auto all = kThree;
  const auto any = [&] { return all[rng.below(all.size())]; };
  const auto copy = [&](const std::string& image) -> Status {
    const auto name = image + std::to_string(all.size());
    TRY(world.clone(image, name));
    all.push_back(name);
    for (const auto& other : kThree) {
      if (other != image) TRY(world.connect(name, other));
    }
    return {};
  };
  // Two homes that are one write apart: a fork for certain.
  TRY(copy("ana"));
  world.split({{"ana", "bo"}, {all.back(), "cy"}});
  if (rng.chance(50)) world.split({{"ana"}, {all.back()}, {"bo", "cy"}});
  for (int i = 0; i < 2; ++i) {
    TRY(crew.work.note("ana"));
    TRY(crew.work.note(all[3]));
  }
  if (rng.chance(50)) {  // in the trust space and the commons as well
    for (const auto& host : {std::string("ana"), all[3]}) {
      TRY(world[host].tell(Value::object().set("do", "room.new").set("name", "Room of " + host)));
      TRY(world[host].run(Value::object().set("do", "invite.create").set("uses", 1)));
    }
  }
  struct Image {
    std::string of;
    test::SimDisk::Snapshot disk;
    std::map<TeamId, Bytes> witnesses;
  };
  std::optional<Image> image;
  for (int round = 0; round < 10; ++round) {
    const auto who = any();
    switch (rng.below(9)) {
      case 0:
        if (all.size() < 6 && world[who].is_up()) TRY(copy(who));
        break;
      case 1: doom(world[who], rng, 200); break;
      case 2: world.heal(); break;
      case 3: world.split({{"ana", any()}, {"bo", any()}, {"cy"}}); break;
      case 4: world[who].set_skew(some(rng, 2) * -31'536'000'000 + some(rng, 60'000)); break;
      case 5:
        if (world[who].is_up()) world[who].crash();
        break;
      case 6:
        if (world[who].is_up()) {
          image = Image{who, world[who].disk().snapshot(), world[who].witnesses()};
        }
        break;
      case 7:
        if (!image) break;
        // What only that disk had goes with it, so others have it first.
        TRY(world.make_peace());
        TRY(world.converge(kPatience));
        world[image->of].shut_down();
        world[image->of].disk().restore(image->disk);
        world[image->of].witnesses() = image->witnesses;
        TRY(world[image->of].boot());
        if (rng.chance(70)) {
          world.split({{image->of}});
          TRY(crew.work.act_all({image->of}, 2));
        }
        image.reset();
        break;
      default: world[who].witnesses().clear();
    }
    TRY(crew.work.act_all(all, 5));
    world.run_for(some(rng, 3'000));
    if (rng.chance(70)) TRY(revive(world));
  }
  auto out = crew.end();
  if (out && world.forks("bo") == 0) return fail(Code::failed, "nothing was forked");
  return out;
}

/// A team at its full size, and liars in it (crowd.h).
Result<Outcome> membership(std::uint64_t seed) {
  const auto life = TRY(live(plan_of(seed)));
  Outcome out;
  out.trace = life.digest;
  out.deeds = life.done;
  out.events = life.meetings;
  return out;
}

std::string shrink_membership(std::uint64_t seed) {
  const auto plan = shrink(plan_of(seed));
  const auto life = live(plan);
  return plan.text() + story(plan) + "\n" + (life ? "held" : life.error().text());
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"partition", "what is written on both sides of a partition meets after it heals", partition,
       nullptr},
      {"relay", "two that never meet agree through a third", relay},
      {"crash-alone", "a power cut at any write loses nothing that was acknowledged", crash_alone,
       nullptr},
      {"crash-in-sync", "a power cut at any write of an exchange costs only time", crash_in_sync,
       nullptr},
      {"backlog", "a long backlog is taken in slice by slice, whatever happens meanwhile", backlog,
       nullptr},
      {"crash-in-join", "a join interrupted at any write can be done again", crash_in_join,
       nullptr},
      {"disk-full", "a full disk refuses and forgets nothing, and its device catches up", disk_full,
       nullptr},
      {"twins", "several links between two devices repeat and reorder without harm", twins,
       nullptr},
      {"cuts", "links that are cut again and again still carry everything over", cuts},
      {"push", "a change is on a linked device within 100 ms", push},
      {"quiet", "devices that agree keep silent", quiet},
      {"forks", "homes that are copied, rolled back and used on both sides lose nothing", forks,
       nullptr},
      {"trust", "people remove each other apart, and all who remain agree on who that is", trust,
       nullptr},
      {"membership",
       "twelve people with thirty devices, some of whom lie, agree on who belongs and what is "
       "there",
       membership, shrink_membership},
      {"storm", "all of it at once", storm},
  };
  return all;
}

}  // namespace holm::sim
