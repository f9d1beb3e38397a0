#include "tests/sim/crowd.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "base/ensure.h"
#include "work/members/invite_code.h"

namespace holm::sim {

using namespace std::chrono_literals;
namespace members = work::members;
namespace {

constexpr std::uint64_t kVariants = 4;
constexpr WallTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr std::size_t kInside = 10;  ///< people who are in when a life begins
constexpr std::size_t kLinked = 28;  ///< stations below are devices of theirs by then

struct Likely {
  Deed deed;
  const char* name;
  unsigned weight;  ///< among honest deeds, or among lies
};
constexpr std::array<Likely, 25> kDeeds = {{
    {Deed::part, "part", 8},
    {Deed::reach, "reach", 2},
    {Deed::gossip, "gossip", 60},
    {Deed::write, "write", 26},
    {Deed::set_role, "set role", 12},
    {Deed::remove, "remove", 7},
    {Deed::leave, "leave", 2},
    {Deed::admit, "admit", 4},
    {Deed::add_device, "add device", 3},
    {Deed::drop_device, "drop device", 3},
    {Deed::invite, "invite", 2},
    {Deed::cancel_invite, "cancel invite", 1},
    {Deed::open_room, "open room", 3},
    {Deed::set_level, "set level", 9},
    {Deed::make_private, "make private", 2},
    {Deed::sort_tray, "sort tray", 4},
    {Deed::lie, "lie", 14},
    {Deed::forge, "forge", 4},
    {Deed::replay, "replay", 3},
    {Deed::miscut, "miscut", 4},
    {Deed::intrude, "intrude", 4},
    {Deed::hide, "hide", 4},
    {Deed::lie_late, "lie late", 6},
    {Deed::reveal, "reveal", 3},
    {Deed::thrust, "thrust", 3},
}};

bool is_lie(Deed deed) { return deed >= Deed::lie; }

Deed draw(Rng& rng, bool lies) {
  unsigned sum = 0;
  for (const auto& likely : kDeeds) {
    if (is_lie(likely.deed) == lies) sum += likely.weight;
  }
  auto at = rng.below(sum);
  for (const auto& likely : kDeeds) {
    if (is_lie(likely.deed) != lies) continue;
    if (at < likely.weight) return likely.deed;
    at -= likely.weight;
  }
  return Deed::gossip;
}

Value request_of(std::string_view what) { return Value::object().set("do", what); }

}  // namespace

std::string_view deed_name(Deed deed) { return kDeeds[static_cast<std::size_t>(deed)].name; }

std::string Plan::text() const {
  std::string out = "variant " + std::to_string(variant) + ", liars";
  for (const auto liar : liars) out += " " + std::to_string(liar);
  for (const auto& step : steps) {
    out += "\n  " + std::string(deed_name(step.deed)) + " " + std::to_string(step.seed);
  }
  return out;
}

Plan plan_of(std::uint64_t seed) {
  SeededRng rng(seed * 0x9E3779B97F4A7C15ull + 77);
  Plan plan;
  plan.variant = rng.below(kVariants);
  for (auto liars = rng.below(5); liars > 0; --liars) plan.liars.insert(rng.below(kPeople));
  const auto steps = 60 + rng.below(60);
  for (std::size_t i = 0; i < steps; ++i) {
    const bool lies = !plan.liars.empty() && rng.chance(22);
    plan.steps.push_back({draw(rng, lies), rng.next()});
  }
  return plan;
}

Result<Life> live(const Plan& plan) { return TRY(Crowd::of(plan.variant))->live(plan); }

std::string story(const Plan& plan) {
  const auto crowd = Crowd::of(plan.variant);
  if (!crowd) return crowd.error().what;
  (void)(*crowd)->live(plan).has_value();
  return (*crowd)->story();
}

Plan shrink(Plan plan) {
  const auto kind_of = [](const Plan& tried) -> std::string {
    const auto life = live(tried);
    if (life) return {};
    // Without the names, which have digits in them.
    std::istringstream words(life.error().what.substr(0, life.error().what.find('\n')));
    std::string out = " ";
    for (std::string word; words >> word;) {
      if (word.find_first_of("0123456789") == std::string::npos) out += word + " ";
    }
    return out;
  };
  const auto kind = kind_of(plan);
  const auto fails = [&](const Plan& tried) { return kind_of(tried) == kind; };
  for (const auto liar : std::set<std::size_t>(plan.liars)) {
    auto tried = plan;
    tried.liars.erase(liar);
    if (fails(tried)) plan = std::move(tried);
  }
  // Ever smaller pieces, each left out where it fails without (Zeller, Hildebrandt, 2002).
  for (auto piece = plan.steps.size() / 2; piece > 0;) {
    bool is_smaller = false;
    for (std::size_t at = 0; at < plan.steps.size();) {
      auto tried = plan;
      const auto from = tried.steps.begin() + static_cast<std::ptrdiff_t>(at);
      tried.steps.erase(
          from, from + static_cast<std::ptrdiff_t>(std::min(piece, plan.steps.size() - at)));
      if (fails(tried)) {
        plan = std::move(tried);
        is_smaller = true;
      } else {
        at += piece;
      }
    }
    if (!is_smaller || piece > plan.steps.size()) piece /= 2;
  }
  return plan;
}

Result<Crowd*> Crowd::of(std::uint64_t variant) {
  static std::map<std::uint64_t, std::unique_ptr<Crowd>> known;
  // One runs at a time: a store each for thirty devices is much.
  for (auto& [other, resting] : known) {
    if (other == variant || !resting) continue;
    for (auto& station : resting->stations_) station->stop();
  }
  auto& crowd = known[variant];
  if (!crowd) {
    std::unique_ptr<Crowd> made(new Crowd(variant));
    TRY(made->found());
    crowd = std::move(made);
  }
  return crowd.get();
}

Crowd::Crowd(std::uint64_t variant) : variant_(variant) {
  clock_.set(kStart);
  for (std::size_t i = 0; i < kStations; ++i) {
    stations_.push_back(std::make_unique<Station>(
        "p" + std::to_string(person_of(i)) + (i < kPeople ? "" : "+" + std::to_string(i)),
        variant * 1000 + i + 1, clock_));
  }
}

/// Everybody has two devices, the first six a third.
std::size_t Crowd::person_of(std::size_t station) { return station % kPeople; }
std::size_t Crowd::number_of(const Station& station) const {
  return static_cast<std::size_t>(station.seed() - variant_ * 1000 - 1);
}
bool Crowd::is_liar(const Station& station) const {
  return liars_.contains(person_of(number_of(station)));
}
MemberId Crowd::member(std::size_t person) const {
  return stations_[person]->identity().member(team_);
}
bool Crowd::reaches(const Station& one, const Station& other) const {
  return islands_[number_of(one)] == islands_[number_of(other)];
}

std::vector<Station*> Crowd::entered() const {
  std::vector<Station*> out;
  for (const auto& station : stations_) {
    if (station->replica().has_entered()) out.push_back(station.get());
  }
  return out;
}
Station* Crowd::any_entered(Rng& rng) const {
  const auto all = entered();
  return all.empty() ? nullptr : all[rng.below(all.size())];
}
Station* Crowd::any_liar(Rng& rng) const {
  auto all = entered();
  std::erase_if(all, [&](const Station* station) { return !is_liar(*station); });
  return all.empty() ? nullptr : all[rng.below(all.size())];
}

Status Crowd::meet(Station& one, Station& other) {
  if (&one == &other) return {};
  ++life_.meetings;
  Meeting meeting(one.replica(), other.replica(), clock_.wall());
  if (auto done = meeting.run(); !done) {
    auto why = std::move(done).error();
    why.what = one.name() + " and " + other.name() + ": " + why.what;
    return fail(std::move(why));
  }
  TRY(check_step(one));
  return check_step(other);
}

Status Crowd::meet_all(const std::vector<Station*>& stations) {
  for (int round = 0; round < 2; ++round) {
    for (auto* station : stations) TRY(meet(*stations.front(), *station));
  }
  return {};
}

/// As a link lets somebody in (node/admission.cc).
Status Crowd::let_in(Station& host, Station& joiner, members::Role role) {
  auto request = request_of("invite.create").set("role", members::role_name(role));
  const auto invite = TRY(host.ask(request));
  const auto secret = TRY(members::parse_invite_code(invite["code"].text()));
  secrets_.push_back(secret);
  const auto certificate = members::encode(joiner.identity().certificate(team_, clock_.wall()));
  const auto handshake = crypto::hash("holm simulated handshake v1", certificate);
  members::Op op;
  op.kind = members::OpKind::grant;
  op.target = joiner.identity().member(team_);
  op.role = role;
  op.certificate = certificate;
  op.name = joiner.name();
  op.invite = *ShortHash::from_text(invite["id"].text());
  op.join_proof = members::encode(members::JoinProof{
      handshake, crypto::sign(members::invite_signing_key(secret), members::kJoinLabel,
                              members::join_signed_bytes(team_, certificate, handshake))});
  return host.write([&](node::Replica& replica) -> Status {
    TRY(replica.add_membership(std::move(op), clock_.wall()));
    return {};
  });
}

/// As a link certifies a device (node/admission.cc).
Status Crowd::add_device(Station& host, Station& device) {
  const auto root = host.identity().root(team_);
  members::DeviceCertificate certificate;
  certificate.signing = device.identity().signing.public_key();
  certificate.exchange = device.identity().exchange.public_key();
  certificate.label = device.name();
  certificate.made = clock_.wall();
  certificate.possession = members::possess(device.identity().signing, root.public_key(), team_,
                                            device.identity().exchange.public_key());
  members::Op op;
  op.kind = members::OpKind::add_device;
  op.certificate = members::encode(members::certify(root, team_, std::move(certificate)));
  return host.write([&](node::Replica& replica) -> Status {
    TRY(replica.add_membership(std::move(op), clock_.wall()));
    return {};
  });
}

Status Crowd::found() {
  SeededRng rng(variant_ + 500);
  auto& founder = *stations_[0];
  {
    auto [team, create] = node::founding(founder.identity(), "Crew", rng, clock_.wall());
    team_ = team;
    for (auto& station : stations_) TRY(station->start(team, {}));
    blank_ = founder.disk();
    TRY(founder.write([&, &op = create](node::Replica& replica) -> Status {
      TRY(replica.add_membership(std::move(op), clock_.wall()));
      return {};
    }));
  }
  std::vector<Station*> in{&founder};
  for (std::size_t i = 1; i < kInside; ++i) {
    clock_.advance(1h);
    auto& host = *in[rng.below(in.size())];
    TRY(let_in(host, *stations_[i], members::Role::member));
    TRY(meet(host, *stations_[i]));
    in.push_back(stations_[i].get());
    if (rng.chance(60)) TRY(meet(host, founder));
  }
  TRY(meet_all(in));
  for (std::size_t i = kPeople; i < kLinked; ++i) {
    if (person_of(i) >= kInside) continue;
    TRY(add_device(*stations_[person_of(i)], *stations_[i]));
    TRY(meet(*stations_[person_of(i)], *stations_[i]));
    in.push_back(stations_[i].get());
  }
  TRY(meet_all(in));
  for (const auto* role : {"owner", "owner", "admin", "admin", "admin", "guest"}) {
    if (rng.chance(20)) continue;
    clock_.advance(1h);
    const auto whom = member(1 + rng.below(kInside - 1)).text();
    const auto done = founder.ask(request_of("member.role").set("member", whom).set("role", role));
    if (!done && done.error().code != Code::usage) return fail(done.error());
  }
  TRY(meet_all(in));
  for (const auto* kind : {"project", "private", "private", "project"}) {
    auto* other = stations_[rng.below(3)].get();
    const bool is_guest =
        founder.replica().roster().role(other->replica().self()) == members::Role::guest;
    auto& maker = is_guest ? founder : *other;
    auto request = request_of("room.new").set("name", "R" + std::to_string(places_.size()));
    if (std::string_view(kind) == "private") {
      Value some = Value::array();
      for (int i = 0; i < 4; ++i) some.push(member(rng.below(kInside)).text());
      request.set("kind", kind).set("members", std::move(some));
    }
    const auto room = TRY(maker.ask(request));
    const auto doc = TRY(maker.ask(request_of("doc.new")
                                       .set("path", "R" + std::to_string(places_.size()) + "/Log")
                                       .set("text", "Log:\n")));
    const auto object = *ObjectId::from_text(doc["id"].text());
    const auto ref = TRY(maker.replica().state().locate(object));
    if (!ref) return fail(Code::failed, "a document that was made is nowhere");
    places_.push_back({ref->space, std::string(room["id"].text()), object.text()});
  }
  islands_.assign(kStations, 0);
  TRY(gather());
  for (const auto& station : stations_) disks_.push_back(station->disk());
  begin_ = clock_.wall();
  first_places_ = places_;
  return {};
}

Result<Life> Crowd::live(const Plan& plan) {
  clock_.set(begin_);
  life_ = {};
  liars_ = plan.liars;
  places_ = first_places_;
  promises_.clear();
  intrusions_.clear();
  hidden_.clear();
  frontiers_.clear();
  secrets_.clear();
  islands_.assign(kStations, 0);
  for (std::size_t i = 0; i < kStations; ++i) {
    stations_[i]->reseed(i + 1);
    TRY(stations_[i]->start(team_, disks_[i]));
  }
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    clock_.advance(7min);
    TRY(act(plan.steps[i], i));
  }
  TRY(gather());
  return check();
}

}  // namespace holm::sim
