#include "node/replica.h"

#include <algorithm>

#include "base/ensure.h"
#include "base/wire.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/mend.h"
#include "node/mention.h"
#include "node/seen.h"
#include "node/verify.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr Millis kEpochLife{7LL * 24 * 3600 * 1000};  ///< of a key that seals for carriers

constexpr std::string_view kNamed = "named";  // own log -> how far its changes have named others

SpaceId space_named(std::string_view label, const TeamId& team) {
  return *SpaceId::from(shorten(crypto::hash(label, team.view())).view());
}

store::StoreOptions options_of(const ReplicaEnv& env) {
  return {env.store_path,      env.vfs,  table_specs(), search_indexer(),
          env.store_key.get(), &env.rng, env.segments};
}

}  // namespace

SpaceId trust_space(const TeamId& team) { return space_named("holm trust space v1", team); }
SpaceId commons_space(const TeamId& team) { return space_named("holm commons v1", team); }

Replica::Replica(const ReplicaEnv& env, const TeamId& team, std::unique_ptr<store::Store> store)
    : env_(env),
      team_(team),
      self_(env.identity.member(team)),
      device_(env.identity.device()),
      trust_(trust_space(team)),
      commons_(commons_space(team)),
      store_(std::move(store)),
      merger_(*store_, env.pool),
      erasures_(*store_, merger_),
      incarnation_(*store_, env.rng, env.log, env.witness),
      membership_(team),
      epochs_(team_, env_.identity, prekeys_, membership_),
      state_(std::make_unique<StoreState>(*store_, merger_, erasures_, membership_.roster(),
                                          commons_, self_, device_)) {}

Replica::~Replica() {
  store_->rollback();
  incarnation_.close();
}

Result<std::unique_ptr<Replica>> Replica::open(const ReplicaEnv& env, const TeamId& team) {
  auto store = TRY(store::Store::open(options_of(env)));
  std::unique_ptr<Replica> replica(new Replica(env, team, std::move(store)));
  TRY(replica->load_membership());
  TRY(replica->note_standings());
  TRY(replica->erasures_.load(*replica->state_));
  TRY(replica->catch_up());
  TRY(replica->incarnation_.check());
  return replica;
}

Status Replica::catch_up() {
  for (const auto& space : TRY(store_->logs().spaces())) {
    const auto logs = TRY(store_->logs().of_space(space));
    const bool waits = std::any_of(logs.begin(), logs.end(), [](const store::LogInfo& log) {
      return log.applied_seq < log.sealed_seq;
    });
    if (waits) behind_.insert(space);
  }
  while (is_behind()) {
    TRY(begin());
    auto delivered = deliver_more(Pace::at_once);
    if (!delivered) {
      rollback();
      return delivered;
    }
    TRY(commit());
  }
  changed_.clear();
  return {};
}

Status Replica::reopen(const std::function<Status()>& between) {
  auto reopened = store_->reopen(options_of(env_), between);
  incarnation_.on_rollback();
  merger_.forget();
  digests_.clear();
  keys_.clear();
  changed_.clear();
  deliveries_.clear();
  behind_.clear();
  delivered_.clear();
  membership_.clear();
  standings_.clear();
  is_unsettled_ = false;
  TRY(load_membership());
  TRY(note_standings());
  TRY(reopened);
  TRY(erasures_.load(*state_));
  TRY(catch_up());
  return incarnation_.check();
}

Result<std::unique_ptr<Replica>> Replica::found(const ReplicaEnv& env, const TeamId& team,
                                                members::Op create, WallTime now) {
  auto replica = TRY(open(env, team));
  TRY(replica->begin());
  const auto name = create.team_name;
  TRY(replica->add_membership(std::move(create), now));
  TRY(replica->write(replica->commons_,
                     {{.object = *ObjectId::from(team.view()),
                       .type = work::kTeam,
                       .field = work::field::kTitle,
                       .value = encode(Value(name))}},
                     now));
  TRY(replica->commit());
  return replica;
}

Status Replica::begin() { return store_->begin(); }

Status Replica::commit() {
  auto done = tend_at_ ? tend_keys(*tend_at_) : Status();
  tend_at_.reset();
  if (done) done = settle_late();
  if (done) done = store_->commit();
  if (!done) rollback();
  delivered_.clear();
  return done;
}

void Replica::rollback() {
  store_->rollback();
  incarnation_.on_rollback();
  merger_.forget();
  digests_.clear();
  changed_.clear();
  membership_.clear();
  standings_.clear();
  is_unsettled_ = false;
  tend_at_.reset();
  deliveries_.clear();
  keys_.clear();
  unhealed_.clear();
  healed_.clear();
  behind_.merge(delivered_);  // it waits again
  delivered_.clear();
  // What was read before can be read again; a store that cannot be read says so at the next use.
  (void)load_membership().has_value();
  (void)note_standings().has_value();
  (void)erasures_.load(*state_).has_value();
}

std::string Replica::name() const {
  auto team = state_->object({commons_, *ObjectId::from(team_.view())});
  if (team && *team) {
    const auto* title = (*team)->value(work::field::kTitle);
    auto value = title != nullptr ? decode_value(*title) : Result<Value>(Value());
    if (value && !value->text().empty()) return std::string(value->text());
  }
  return roster().team_name;
}

std::string Replica::zone() const {
  auto profile = state_->object({commons_, *ObjectId::from(self_.view())});
  if (profile && *profile) {
    const auto* zone = (*profile)->value(work::profile::kZone, self_.view());
    auto value = zone != nullptr ? decode_value(*zone) : Result<Value>(Value());
    if (value && !value->text().empty()) return std::string(value->text());
  }
  return env_.identity.zone;
}

// --- membership

Status Replica::load_membership() {
  TRY(prekeys_.load(store_->facts()));
  TRY(epochs_.load(store_->facts()));
  std::vector<ObjectId> objects;
  for (const auto& ref : TRY(state_->find({.type = work::kPrekey, .space = trust_}))) {
    objects.push_back(ref.object);
  }
  for (const auto& ref : TRY(state_->find({.type = work::kMembershipOp, .space = trust_}))) {
    objects.push_back(ref.object);
  }
  std::vector<Bytes> kept;
  for (auto& [hash, op] : TRY(store_->facts().all(kKeptMembership))) kept.push_back(std::move(op));
  if (!kept.empty() && membership_.add(std::move(kept))) membership_changed_ = is_unsettled_ = true;
  return absorb_membership(objects);
}

Status Replica::absorb_membership(const std::vector<ObjectId>& objects) {
  std::vector<Bytes> ops;
  for (const auto& object : objects) {
    const auto state = TRY(state_->object({trust_, object}));
    if (!state) continue;
    const bool is_prekey = state->type == work::kPrekey;
    const auto* content = state->value(is_prekey ? work::prekey::kKey : work::membership_op::kOp);
    if (content == nullptr) continue;
    const auto value = decode_value(*content);
    if (!value || value->as_bytes() == nullptr) continue;
    if (!is_prekey) {
      ops.push_back(*value->as_bytes());
    } else if (const auto prekey = members::decode_prekey(*value->as_bytes())) {
      epochs_.note(*prekey);
    }
  }
  if (membership_.add(std::move(ops))) membership_changed_ = is_unsettled_ = true;
  settle_self();
  return epochs_.open_new(store_->in_turn() ? &store_->facts() : nullptr);
}

Result<Epochs::Current> Replica::sealing_key(const SpaceId& space, WallTime now) {
  using Scope = members::EpochPlace::Scope;
  const members::EpochPlace place = space == trust_     ? members::EpochPlace{}
                                    : space == commons_ ? members::EpochPlace{Scope::commons, {}}
                                                        : members::EpochPlace{Scope::room, space};
  TRY(tend_keys(now));
  auto current = epochs_.current(place);
  const auto* begun = current ? membership_.op(current->epoch) : nullptr;
  // A time ahead of ours is nobody's word.
  const bool is_old = begun != nullptr && (begun->time + kEpochLife < now || begun->time > now);
  if (!current || is_old) {
    if (auto op = epochs_.begin(place, self_, env_.rng)) {
      TRY(add_membership(std::move(*op), now));
      current = epochs_.current(place);
    }
  }
  if (current) return *current;
  return fail(Code::not_found, "the key of this place has not come to this device yet",
              "nothing was sealed", "meet a teammate's device first");
}

Result<std::size_t> Replica::change_keys(WallTime now) {
  const auto places = epochs_.beginnable(self_);
  for (const auto& place : places) {
    if (auto op = epochs_.begin(place, self_, env_.rng)) {
      TRY(add_membership(std::move(*op), now));
    }
  }
  return places.size();
}

std::optional<WallTime> Replica::tend_keys_at(WallTime now) const {
  if (!roster().authorised(device_)) return std::nullopt;
  const auto keys = epochs_.due_at(device_, self_, now);
  return keys ? std::min(*keys, prekeys_.due_at()) : prekeys_.due_at();
}

Status Replica::tend_keys(WallTime now) {
  if (!roster().authorised(device_)) return {};
  const auto prekey = TRY(prekeys_.turn_over(store_->facts(), env_.identity, team_, now, env_.rng));
  if (prekey) {
    TRY(write(trust_,
              {{.object = members::prekey_object(device_),
                .type = work::kPrekey,
                .field = work::prekey::kKey,
                .value = encode(Value(members::encode(*prekey)))}},
              now));
  }
  // Each place takes a rekey at most, or a share.
  const auto most = 2 * (roster().rooms.size() + 2);
  for (std::size_t i = 0; i < most; ++i) {
    auto op = epochs_.due(device_, self_, now, env_.rng);
    if (!op) return {};
    TRY(add_membership(std::move(*op), now));
  }
  env_.log.write(Level::warn, "the keys of a team do not settle");
  return {};
}

/// A device that another one of the person let in has a phrase of its own: who it belongs to is
/// what membership says.
void Replica::settle_self() {
  const auto* device = roster().device(device_);
  self_ = device != nullptr ? device->member : env_.identity.member(team_);
  state_->set_self(self_);
}

Result<ShortHash> Replica::enter_by_root(WallTime now) {
  settle_self();
  members::Op op;
  op.kind = members::OpKind::add_device;
  op.certificate = members::encode(env_.identity.certificate(team_, now));
  op.team = team_;
  op.author = self_;
  op.device = device_;
  op.past = roster().frontier;
  op.time = possible(now);
  op.root_signature =
      crypto::sign(env_.identity.root(team_), members::kRootLabel, members::root_signed_bytes(op));
  return add_membership(std::move(op), now);
}

Result<ShortHash> Replica::add_membership(members::Op op, WallTime now,
                                          std::vector<ShortHash> past) {
  op.team = team_;
  op.author = self_;
  op.device = device_;
  if (past.empty()) past = roster().frontier;
  op.past = std::move(past);
  if (op.kind != members::OpKind::create) op.time = possible(now);
  if (membership_.is_at_limit(self_, op.time)) {
    return fail(Code::limit,
                "too many changes to who belongs, and to rooms, were made here within an hour",
                "nothing was changed", "go on in an hour");
  }
  if (op.kind != members::OpKind::rekey && op.kind != members::OpKind::share_key) tend_at_ = now;
  members::sign(op, env_.identity.signing);
  const auto bytes = members::encode(op);
  const auto hash = members::op_hash(bytes);
  TRY(write(trust_,
            {{.object = *ObjectId::from(hash.view()),
              .type = work::kMembershipOp,
              .field = work::membership_op::kOp,
              .value = encode(Value(bytes))}},
            now));
  return hash;
}

bool Replica::may_read(const MemberId& member, const SpaceId& space) const {
  if (space == trust_) return true;
  if (space == commons_) return roster().role(member) >= members::Role::member;
  return roster().level(member, space) >= members::Level::reader;
}

bool Replica::has_space(const SpaceId& space) const {
  const bool is_there = space == trust_ || space == commons_ || roster().rooms.contains(space);
  return is_there && (roster().role(self_) == members::Role::none || may_read(self_, space));
}

std::vector<SpaceId> Replica::all_spaces() const {
  std::vector<SpaceId> out{trust_, commons_};
  for (const auto& [id, room] : roster().rooms) out.push_back(id);
  return out;
}

std::vector<SpaceId> Replica::spaces() const {
  auto out = all_spaces();
  std::erase_if(out, [&](const SpaceId& space) { return !has_space(space); });
  return out;
}

std::vector<SpaceId> Replica::rooms_and_commons() const {
  auto out = spaces();
  std::erase(out, trust_);
  return out;
}

// --- writing

Status Replica::on_held(const SpaceId& space, const LogId& log, std::uint64_t seq) {
  TRY(incarnation_.on_held(space, log, seq));
  return {};
}

Result<std::map<LogId, std::uint64_t>> Replica::named_by(const LogId& log) const {
  const auto stored = TRY(store_->facts().get(kNamed, log.view()));
  if (!stored) return std::map<LogId, std::uint64_t>{};
  return decode_positions(*stored);
}

Result<crdt::AuthorPosition> Replica::own_position(const SpaceId& space, const LogId& log,
                                                   WallTime now) {
  crdt::AuthorPosition at;
  at.log = log;
  at.wall = possible(now);
  at.seen_lamport = TRY(store_->logs().lamport(space));
  at.membership = roster().frontier;
  if (!at.membership.empty()) {
    const auto newest = membership_.newest(at.membership).time_since_epoch().count();
    at.start_lamport = static_cast<std::uint64_t>(newest);
  }
  at.deps = TRY(store_->logs().unnamed(space, log));
  const auto info = TRY(store_->logs().find(log));
  at.next_seq = info ? info->stored_seq + 1 : 1;
  if (at.next_seq == 1) {
    const auto* device = roster().device(device_);
    at.certificate = device != nullptr ? device->certificate
                                       : members::encode(env_.identity.certificate(team_, now));
  }
  return at;
}

Result<std::vector<crdt::OpId>> Replica::write(const SpaceId& space,
                                               const std::vector<crdt::Write>& writes,
                                               WallTime now) {
  std::vector<crdt::OpId> names;
  if (writes.empty()) return names;
  const auto log = TRY(incarnation_.log_of(space));
  std::map<store::TextKey, crdt::Text> marked;  // asked for while authoring; few
  const crdt::AuthorView view{
      .object = [&](const ObjectId& id) -> Result<crdt::ObjectState> {
        auto state = TRY(store_->objects().find(space, id));
        if (state) return std::move(*state);
        crdt::ObjectState fresh;
        fresh.id = id;
        return fresh;
      },
      .frontier = [&](const ObjectId& id, std::uint32_t field) -> Result<std::vector<crdt::OpId>> {
        return TRY(store_->objects().text(space, {id, field})).frontier;
      },
      .has_salt =
          [&](const ObjectId& id) {
            auto salt = store_->logs().salt(log, id);
            return salt && salt->has_value();
          },
      .self = self_,
      .marked_text = [&](const ObjectId& id, std::uint32_t field) -> Result<const crdt::Text*> {
        const store::TextKey key{id, field};
        const auto known = marked.find(key);
        if (known != marked.end()) return &known->second;
        if (!TRY(merger_.is_marked(space, key))) return nullptr;
        return &marked.emplace(key, TRY(merger_.full_text(space, key))).first->second;
      },
  };
  auto changes = TRY(crdt::author(writes, view, TRY(own_position(space, log, now)), env_.rng));
  for (const auto& change : changes) names.push_back({log, change.seq});
  TRY(append_own(space, log, std::move(changes), now));
  return names;
}

Status Replica::append_own(const SpaceId& space, const LogId& log,
                           std::vector<crdt::Change> changes, WallTime now) {
  if (changes.empty()) return {};
  const auto named_before = TRY(named_by(log));
  auto named = named_before;
  TRY(name_mentioned(store_->logs(), log, named, changes));
  if (named != named_before) {
    TRY(store_->facts().put(kNamed, log.view(), encode_positions(named)));
  }
  TRY(incarnation_.on_write(space, log));
  auto info = TRY(store_->logs().find(log));
  if (!info) {
    TRY(store_->logs().create(log, space, device_, self_));
    info = TRY(store_->logs().find(log));
  }
  ENSURE(info.has_value());
  const auto last_head = TRY(store_->logs().newest_head(log));
  std::uint64_t sealed = last_head ? last_head->seq : 0;
  Digest hash = info->stored_hash;
  const crdt::SaltLookup salts = [&](const LogId& of, const ObjectId& object) {
    auto salt = store_->logs().salt(of, object);
    return salt ? *salt : std::nullopt;
  };
  std::vector<crdt::Delivered> delivered;
  std::map<ObjectId, Salt> declared;
  const crdt::SaltLookup with_declared = [&](const LogId& of, const ObjectId& object) {
    const auto found = declared.find(object);
    return found != declared.end() ? std::optional(found->second) : salts(of, object);
  };
  std::vector<store::StoredChange> stored;
  std::vector<crdt::Head> heads;
  for (auto& change : changes) {
    for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
    hash = crdt::chain_next(hash, TRY(crdt::change_digest(change, with_declared)));
    const auto last = change.last_seq();
    if (&change == &changes.back() || crdt::is_checkpoint(sealed, last)) {
      crdt::Head head{.log = log,
                      .seq = last,
                      .hash = hash,
                      .membership = change.membership,
                      .time = change.time,
                      .signature = {}};
      const auto signature =
          crypto::sign(env_.identity.signing, kHeadLabel, crdt::signed_bytes(space, head));
      head.signature = *crdt::Signature::from(signature.view());
      heads.push_back(std::move(head));
      sealed = last;
    }
    delivered.push_back({change, hash, self_, crdt::Mark::valid});
    stored.push_back({std::move(change), hash, crdt::Mark::valid});
  }
  TRY(store_->logs().append(log, std::move(stored), now));
  for (const auto& head : heads) TRY(store_->logs().seal(head));
  TRY(store_->logs().set_applied(log, sealed));
  const bool has_forks = TRY(store_->logs().has_forks());
  for (auto& item : delivered) {
    if (!has_forks) break;
    TRY(store_->logs().note_deps(log, item.change));
    item = TRY(store_->logs().named(log, {std::move(item.change), item.mark, item.hash}));
  }
  TRY(store_->logs().note_named(space, delivered));
  TRY(merger_.apply(space, delivered));
  note(space, delivered, true);
  if (!unraised_.empty()) delivered_.insert(space);
  if (TRY(erase(space, delivered))) deliveries_.erase(space);
  if (space != trust_) return {};
  std::vector<ObjectId> objects;
  for (const auto& item : delivered) {
    for (const auto& op : item.change.ops) objects.push_back(op.object);
  }
  return absorb_membership(objects);
}

Result<bool> Replica::erase(const SpaceId& space, std::span<const crdt::Delivered> changes) {
  const auto gone = TRY(erasures_.on_merged(*state_, space, changes));
  if (gone.empty()) return false;
  for (const auto& ref : gone) {
    const auto& last = changes.back().change;
    changed_.push_back({ref.space, ref.object, last.log, last.seq, false});
  }
  TRY(drop_damaged(env_));
  return true;
}

Status Replica::erase_again() {
  TRY(erasures_.load(*state_));
  TRY(erasures_.wipe_all());
  deliveries_.clear();
  return {};
}

Result<Value> Replica::run(const work::Command& command, WallTime now) {
  const work::Acting acting{
      .member = self_, .device = device_, .now = now, .zone = zone(), .rng = env_.rng};
  auto outcome = TRY(work::apply(*state_, acting, command));
  if (outcome.open_room) {
    members::Op op;
    op.kind = members::OpKind::open_room;
    op.room = outcome.open_room->space;
    op.is_private = outcome.open_room->is_private;
    op.nonce = outcome.open_room->nonce;
    op.members = outcome.open_room->members;
    TRY(add_membership(std::move(op), now));
  }
  for (const auto& [space, writes] : outcome.writes) {
    const auto written = TRY(write(space, writes, now));
    (void)written;
  }
  if (!outcome.notices.empty()) {
    Value notices = Value::array();
    for (auto& notice : outcome.notices) notices.push(std::move(notice));
    outcome.answer.set("notices", std::move(notices));
  }
  return std::move(outcome.answer);
}

// --- what peers may be told

Result<Digest> Replica::digest(const SpaceId& space) const {
  const auto known = digests_.find(space);
  if (known != digests_.end()) return known->second;
  const auto digest = crdt::space_digest(TRY(store_->logs().positions(space)));
  if (!store_->in_turn()) digests_[space] = digest;
  return digest;
}

void Replica::note(const SpaceId& space, const std::vector<crdt::Delivered>& delivered,
                   bool is_own) {
  digests_.erase(space);
  for (const auto& item : delivered) {
    const auto known = healed_.find(item.change.log);
    if (known != healed_.end() && item.change.seq <= known->second) continue;  // no news
    std::set<ObjectId> objects;
    for (const auto& op : item.change.ops) objects.insert(op.object);
    for (const auto& object : objects) {
      changed_.push_back({space, object, item.change.log, item.change.seq, is_own});
    }
  }
}

std::vector<Changed> Replica::take_changed() { return std::exchange(changed_, {}); }
bool Replica::take_membership_changed() { return std::exchange(membership_changed_, false); }
std::optional<Millis> Replica::take_retry() { return quotas_.take_retry(); }
std::vector<LogId> Replica::take_forked() { return std::exchange(forked_, {}); }

}  // namespace holm::node
