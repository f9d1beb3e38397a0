#include "tests/sim/world.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/json.h"
#include "store/logs.h"
#include "store/store.h"

namespace holm::sim {
namespace {

constexpr WallTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
constexpr std::size_t kLateMax = 200;         ///< steps of a node without a pause
constexpr std::size_t kQueuedMax = 8u << 20;  ///< bytes that one node may pile up on one stream

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t part) {
  return seed * 0x9E3779B97F4A7C15ull + part;
}

node::Identity identity_of(const std::string& name, std::uint64_t seed) {
  SeededRng rng(seed);
  const auto secret = rng.id<node::RecoverySecret>();
  return node::make_identity(secret, name, "UTC", "", name + "'s device", rng);
}

/// A file in memory.
class DeskFile final : public node::ByteSource {
 public:
  explicit DeskFile(Bytes content) : content_(std::move(content)) {}
  std::uint64_t bytes() const override { return content_.size(); }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const auto count = std::min(out.size(), content_.size() - at_);
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  Status check_unchanged() override { return {}; }

 private:
  Bytes content_;
  std::size_t at_ = 0;
};

}  // namespace

// --- one host

Time Host::HostClock::now() const { return world_.now(); }
WallTime Host::HostClock::wall() const {
  return kStart + std::chrono::duration_cast<Millis>(world_.now().time_since_epoch()) + skew;
}

Host::Host(World& world, HostId id, std::string name, std::uint64_t seed)
    : world_(world),
      id_(id),
      name_(name),
      owner_(name),
      identity_seed_(seed_of(seed, 3)),
      disk_("sim-" + name + "-" + std::to_string(reinterpret_cast<std::uintptr_t>(&world)),
            seed_of(seed, 1)),
      rng_(seed_of(seed, 2)),
      clock_(world),
      identity_(identity_of(owner_, identity_seed_)),
      store_key_(identity_.recovery.clone()) {}

std::string Host::phrase() const {
  SeededRng rng(identity_seed_);
  return node::recovery_phrase(rng.id<node::RecoverySecret>());
}

Host::Host(const Host& image, HostId id, std::string name, std::uint64_t seed)
    : Host(image.world_, id, std::move(name), seed) {
  owner_ = image.owner_;
  identity_seed_ = image.identity_seed_;
  identity_ = identity_of(owner_, identity_seed_);
  store_key_ = image.store_key_.clone();
  disk_.restore(image.disk_.snapshot());
  encrypts_ = image.encrypts_;
  witnesses_ = image.witnesses_;
  segments_ = image.segments_;
  joins_ = image.joins_;
  teams_ = image.teams_;
}

Host::~Host() = default;

net::Endpoint Host::address() const { return world_.network_.address(id_); }

Status Host::boot() {
  ENSURE(!is_up());
  if (!disk_.is_powered()) disk_.power_on();
  transport_ = world_.network_.bring_up(id_, [this] { return disk_.is_powered(); });
  env_ = std::make_unique<node::Env>(node::Env{
      .clock = clock_,
      .rng = rng_,
      .transport = *transport_,
      .log = log_,
      .vfs = disk_.name(),
      .files = &disk_.files(),
      .read_source = {},
      .open_file = [this](const std::string& path) -> Result<std::unique_ptr<node::ByteSource>> {
        const auto found = desk_.find(path);
        if (found == desk_.end()) return fail(Code::not_found, "there is no file " + path);
        return std::unique_ptr<node::ByteSource>(std::make_unique<DeskFile>(found->second));
      },
      .save_joins =
          [this](const std::vector<node::PendingJoin>& joins) {
            joins_ = joins;
            return Status{};
          },
      .save_identity = [] { return Status{}; },
      .home_parts = {},
      .lock = {},
      .store_path =
          [this](const TeamId& team) {
            teams_.insert(team);
            return team.text() + ".db";
          },
      .store_key = [this](const TeamId& team) -> std::shared_ptr<const crypto::SecretKey32> {
        if (!encrypts_) return nullptr;
        return std::make_shared<crypto::SecretKey32>(
            store_key_.derive("simulated store", team.view()));
      },
      .witness = [this](const TeamId& team) -> node::WitnessPlace {
        return {.read = [this, team]() -> Result<std::optional<Bytes>> {
                  const auto found = witnesses_.find(team);
                  if (found == witnesses_.end()) return std::optional<Bytes>();
                  return std::optional(found->second);
                },
                .write = [this, team](ByteView bytes) -> Status {
                  witnesses_[team] = to_bytes(bytes);
                  return {};
                }};
      },
      .segments = [this](const TeamId& team) -> store::SegmentDisk* {
        return &segments_.try_emplace(team, identity_seed_ + id_).first->second;
      }});
  node_ = std::make_unique<node::Node>(*env_, identity_);
  std::vector<TeamId> teams;
  for (const auto& team : teams_) {
    if (disk_.file(team.text() + ".db")) teams.push_back(team);
  }
  auto started = node_->start(teams, joins_);
  if (started) {
    auto bound = node_->serve(address());
    if (!bound) started = fail(std::move(bound).error());
  }
  if (!started) {
    crash();
    return started;
  }
  settle();
  return {};
}

void Host::shut_down() {
  node_->stop();
  world_.run_for(Millis{1'000});
  if (!is_up()) return;
  world_.network_.take_down(id_);
  node_.reset();
  env_.reset();
  transport_.reset();
}

void Host::crash() {
  disk_.crash();
  for (auto& segments : segments_) segments.second.crash();
  world_.network_.take_down(id_);
  node_.reset();
  env_.reset();
  transport_.reset();
  disk_.clear_faults();
}

void Host::settle() {
  if (!is_up()) return;
  if (disk_.is_powered()) node_->end_turn();
  if (!disk_.is_powered()) crash();
}

node::RequestId Host::ask(const Value& request, std::function<void(Result<Value>)> on_done) {
  const auto id = node_->ask(request, {.on_done = std::move(on_done)});
  settle();
  return id;
}

Result<Value> Host::run(const Value& request, Millis patience) {
  if (!is_up()) return fail(Code::failed, name_ + " is down");
  // Shared with the node, which may answer after this call gave up.
  auto answer = std::make_shared<std::optional<Result<Value>>>();
  const auto id = ask(request, [answer, this](Result<Value> outcome) {
    if (disk_.is_powered()) *answer = std::move(outcome);
  });
  world_.run_until([&] { return answer->has_value() || !is_up(); }, patience);
  if (answer->has_value()) return std::move(**answer);
  if (!is_up()) return fail(Code::failed, name_ + " died over it");
  node_->cancel(id);
  return fail(Code::timeout, std::string(request["do"].text()) + " was not answered");
}

Result<Value> Host::tell(const Value& request) {
  auto answer = TRY(run(request));
  const auto id = answer["id"].text();
  if (!id.empty()) world_.promises_.push_back({name_, std::string(id), {}});
  if (request["do"].text() == "doc.append") {
    world_.promises_.push_back(
        {name_, std::string(request["doc"].text()), std::string(request["text"].text())});
  }
  return answer;
}

// --- the world

World::World(std::uint64_t seed, const std::vector<std::string>& names, NetworkOptions options)
    : seed_(seed), rng_(seed_of(seed, 11)), network_(seed_of(seed, 12), options, trace_) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto id = network_.add_host(names[i]);
    hosts_.push_back(std::make_unique<Host>(*this, id, names[i], seed_of(seed, 100 + i)));
  }
  for (auto& host : hosts_) ENSURE(host->boot().has_value());
}

World::~World() {
  for (auto& host : hosts_) {
    if (host->is_up()) host->crash();
  }
}

Host& World::operator[](const std::string& name) {
  for (auto& host : hosts_) {
    if (host->name() == name) return *host;
  }
  ENSURE(false);
  return *hosts_.front();
}

std::vector<Host*> World::hosts() {
  std::vector<Host*> out;
  for (auto& host : hosts_) out.push_back(host.get());
  return out;
}

Status World::clone(const std::string& image, const std::string& name) {
  const auto id = network_.add_host(name);
  hosts_.push_back(std::make_unique<Host>((*this)[image], id, name, seed_of(seed_, 100 + id)));
  return hosts_.back()->boot();
}

std::size_t World::forks(const std::string& name) {
  std::size_t out = 0;
  for (const auto& [team, replica] : (*this)[name].node().teams().all()) {
    for (const auto& space : replica->spaces()) {
      const auto logs = replica->store().logs().of_space(space);
      if (!logs) continue;
      out += static_cast<std::size_t>(std::count_if(
          logs->begin(), logs->end(),
          [](const store::LogInfo& log) { return log.is_forked() && !log.is_branch(); }));
    }
  }
  return out;
}

Status World::found_team(const std::string& founder) {
  TRY((*this)[founder].run(request_of("team.create").set("name", "Crew")));
  return {};
}

Status World::join(const std::string& name, const std::string& via) {
  const auto invite = TRY((*this)[via].run(request_of("invite.create").set("uses", 1)));
  TRY((*this)[name].run(request_of("join")
                            .set("code", invite["code"].text())
                            .set("at", (*this)[via].address().text())
                            .set("timeout_ms", 600'000),
                        Millis{600'000}));
  return {};
}

Status World::connect(const std::string& from, const std::string& to) {
  TRY((*this)[from].run(request_of("peers.add").set("at", (*this)[to].address().text())));
  return {};
}

Status World::dial(const std::string& from, const std::string& to) {
  auto& host = (*this)[from];
  if (!host.is_up()) return {};
  for (const auto& [team, replica] : host.node().teams().all()) {
    TRY(host.node().links().dial(team, (*this)[to].address()));
  }
  host.settle();
  return {};
}

void World::split(const std::vector<std::set<std::string>>& groups) {
  std::vector<std::set<HostId>> ids;
  for (const auto& group : groups) {
    ids.emplace_back();
    for (const auto& name : group) ids.back().insert((*this)[name].id());
  }
  network_.split(ids);
}

Status World::make_peace() {
  network_.options().cuts_per_10k = 0;
  network_.options().failed_dials_percent = 0;
  network_.heal();
  for (auto& host : hosts_) {
    host->disk().clear_faults();
    host->disk().set_capacity(std::nullopt);
    if (!host->is_up()) TRY(host->boot());
  }
  return {};
}

bool World::step(Time until) {
  if (network_.most_queued() > kQueuedMax && !broken_) {
    broken_ = Error{Code::limit, "a stream was given more than it may hold", {}, {}};
  }
  auto due = network_.next();
  Host* waiting = nullptr;
  for (auto& host : hosts_) {
    if (!host->is_up()) continue;
    const auto deadline = host->node().deadline();
    if (deadline && (!due || *deadline < *due)) {
      due = *deadline;
      waiting = host.get();
    }
  }
  if (!due || *due > until) return false;
  network_.advance(std::max(*due, network_.now()));
  if (waiting == nullptr) {
    if (const auto host = network_.step()) hosts_[*host]->settle();
    return true;
  }
  trace_.add(0xDEAD + waiting->id());
  waiting->node().on_deadline(network_.now());
  waiting->settle();
  const auto next = waiting->is_up() ? waiting->node().deadline() : std::nullopt;
  const bool is_late = next && *next <= network_.now() && *next == *due;
  late_ = is_late ? late_ + 1 : 0;
  if (is_late) {
    // A node that asks to be woken at a time that has passed would spin a real loop; but a file
    // comes in by as many steps as it takes.
    if (late_ > kLateMax && !broken_) {
      broken_ = Error{Code::failed, waiting->name() + " has a deadline that never passes", {}, {}};
    }
    network_.advance(network_.now() + Millis{1});
  }
  return true;
}

void World::run_for(Millis span) {
  const auto until = network_.now() + span;
  while (step(until)) {
  }
  if (network_.now() < until) network_.advance(until);
}

bool World::run_until(const std::function<bool()>& done, Millis patience) {
  const auto until = network_.now() + patience;
  while (!done()) {
    if (step(until)) continue;
    if (network_.now() < until) network_.advance(until);
    return done();
  }
  return true;
}

bool World::agrees() const { return difference().empty(); }

std::string World::difference() const {
  std::map<std::pair<TeamId, SpaceId>, std::pair<Digest, std::string>> first;
  std::optional<std::pair<std::vector<SpaceId>, std::string>> spaces;
  for (const auto& host : hosts_) {
    if (left_out_.contains(host->name())) continue;
    if (!host->is_up()) return host->name() + " is down";
    const auto& teams = host->node().teams().all();
    if (teams.empty()) return host->name() + " has no team";
    for (const auto& [team, replica] : teams) {
      const auto tended = replica->tend_keys_at(host->clock_.wall());
      if (tended && *tended <= host->clock_.wall()) return host->name() + " has keys to see to";
      const auto list = replica->all_spaces();
      if (!spaces) spaces = std::pair(list, host->name());
      if (spaces->first != list) return host->name() + " knows other rooms than " + spaces->second;
      for (const auto& space : replica->spaces()) {  // all that this member may read
        const auto digest = replica->digest(space);
        if (!digest) return host->name() + ": " + digest.error().text();
        const auto [at, is_new] = first.try_emplace({team, space}, *digest, host->name());
        if (!is_new && at->second.first != *digest) {
          return host->name() + " holds another " +
                 (space == replica->trust()     ? std::string("trust space")
                  : space == replica->commons() ? "commons"
                                                : "room " + space.text().substr(0, 8)) +
                 " than " + at->second.second;
        }
      }
    }
  }
  return {};
}

Status World::leave_out_removed() {
  left_out_.clear();
  std::vector<Bytes> ops;
  std::optional<TeamId> team;
  for (auto& host : hosts_) {
    if (!host->is_up()) return fail(Code::failed, host->name() + " is down");
    for (const auto& [id, replica] : host->node().teams().all()) {
      team = id;
      for (const auto& judged : replica->membership().history()) {
        ops.push_back(work::members::encode(*judged.op));
      }
    }
  }
  if (!team) return fail(Code::failed, "nobody has a team");
  const auto roster = work::members::resolve(*team, ops);
  for (auto& host : hosts_) {
    if (!roster.authorised(host->node().teams().all().begin()->second->self_device())) {
      left_out_.insert(host->name());
    }
  }
  return {};
}

std::vector<std::string> World::insiders() const {
  std::vector<std::string> out;
  for (const auto& host : hosts_) {
    if (!left_out_.contains(host->name())) out.push_back(host->name());
  }
  return out;
}

Status World::converge(Millis patience) {
  const auto until = network_.now() + patience;
  while (!agrees()) {
    if (network_.now() >= until) {
      std::string links;
      for (auto& host : hosts_) {
        if (!host->is_up()) continue;
        std::size_t open = 0;
        std::size_t late = 0;
        for (const auto& link : host->node().links().links()) {
          open += link.stage == node::LinkStage::open ? 1 : 0;
          late += link.stage == node::LinkStage::late ? 1 : 0;
        }
        links += ", " + host->name() + (left_out_.contains(host->name()) ? " (left out)" : "") +
                 " has " + std::to_string(open) + " open links and " + std::to_string(late) +
                 " late ones";
      }
      return fail(Code::timeout, "no agreement in time: " + difference() + links);
    }
    run_for(Millis{50});
  }
  run_for(Millis{500});  // acknowledgements, and whatever should not follow
  if (!agrees()) return fail(Code::failed, "agreement did not last: " + difference());
  return check();
}

Status World::check() {
  if (broken_) return fail(*broken_);
  std::map<std::vector<SpaceId>, std::string> digests;  // of those who read the same rooms
  std::set<std::string> objects;
  std::map<std::pair<std::string, std::string>, std::string> texts;
  for (auto& host : hosts_) {
    if (left_out_.contains(host->name())) continue;
    const auto audit = TRY(host->run(request_of("audit")));
    const auto& replica = *host->node().teams().all().begin()->second;
    const auto [digest, is_new] =
        digests.try_emplace(replica.spaces(), std::string(audit["digest"].text()));
    if (!is_new && digest->second != audit["digest"].text()) {
      return fail(Code::failed, host->name() + " merged the same changes into something else");
    }
    objects.clear();
    for (const auto& item : audit["objects"].items()) objects.emplace(item["id"].text());
    for (const auto& promise : promises_) {
      if (promise.token.empty()) {
        if (!objects.contains(promise.object)) {
          return fail(Code::failed, host->name() + " lacks " + promise.object + ", which " +
                                        promise.by + " was told is done");
        }
        continue;
      }
      auto& text = texts[{host->name(), promise.object}];
      if (text.empty()) {
        const auto shown = TRY(host->run(request_of("doc.show").set("doc", promise.object)));
        text = shown["text"].text();
      }
      if (text.find(promise.token) == std::string::npos) {
        return fail(Code::failed, host->name() + " lacks \"" + promise.token + "\", which " +
                                      promise.by + " was told is written");
      }
    }
    const auto verified = TRY(host->run(request_of("verify").set("deep", true)));
    if (!verified["ok"].flag()) {
      return fail(Code::corrupt, host->name() + " found damage: " + to_json(verified));
    }
  }
  return {};
}

Digest World::trace() {
  trace_.add(static_cast<std::uint64_t>(now().time_since_epoch().count()));
  return trace_.finish();
}

}  // namespace holm::sim
