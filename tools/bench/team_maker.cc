#include "tools/bench/team_maker.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/wire.h"
#include "crdt/author.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "node/mention.h"
#include "node/replica.h"
#include "node/runtime.h"
#include "node/verify.h"
#include "store/search.h"
#include "tools/bench/prose.h"
#include "tools/bench/team_home.h"
#include "work/members/invite_code.h"
#include "work/schema.h"

namespace holm::bench {
namespace {
namespace members = work::members;

constexpr std::size_t kTurn = 4000;          // changes
constexpr std::size_t kSession = 65;         // changes that somebody types in one go
constexpr std::size_t kConcurrentOnce = 50;  // of so many sessions one has company
constexpr std::size_t kThreadMessages = 40;
constexpr Millis kTenYears = std::chrono::hours(24 * 365 * 10);

struct OwnLog {
  LogId id;
  std::uint64_t next_seq = 1;
  std::uint64_t sealed = 0;
  Digest hash;
  std::map<LogId, std::uint64_t> named;
};

struct Device {
  node::Identity identity;
  MemberId member;
  std::map<SpaceId, OwnLog> logs;
};

struct Document {
  ObjectId id;
  std::uint64_t points = 0;
  std::size_t changes_left = 0;
};

struct Room {
  SpaceId space;
  std::string title;
  std::string board;  ///< id, as text
  std::uint64_t lamport = 0;
  std::vector<std::string> threads;
  std::vector<std::string> cards;
  std::vector<Document> open_documents;
};

/// Changes that one device makes in one go, not stored yet.
struct Session {
  Device* device = nullptr;
  Room* room = nullptr;
  OwnLog* log = nullptr;
  crdt::AuthorPosition at;
  std::set<ObjectId> salted;
  std::map<ObjectId, std::vector<crdt::OpId>> typed;  ///< frontier of the text typed in so far
  std::vector<crdt::Change> changes;
};

class TeamMaker {
 public:
  TeamMaker(const TeamScale& scale, std::uint64_t seed,
            const std::function<void(std::string_view)>& tell)
      : scale_(scale), rng_(seed), prose_(rng_), tell_(tell) {}

  Result<TeamMade> run(const std::string& dir) {
    TRY(node::init_home(
        {.home = dir, .name = "Member 0", .zone = "Europe/Lisbon", .hours = {}, .unlock = {}}));
    home_ = std::make_unique<TeamHome>(TRY(TeamHome::open(dir)));
    TRY(found());
    TRY(admit_all());
    TRY(add_second_devices());
    TRY(make_rooms());
    TRY(work_for_years());
    return made();
  }

 private:
  store::Store& store() { return replica_->store(); }

  Status found() {
    auto [team, create] = node::founding(home_->home().identity(), "Ten years", home_->rng(), now_);
    team_ = team;
    replica_ = TRY(node::Replica::found(home_->env(team_), team_, std::move(create), now_));
    return {};
  }

  Status admit_all() {
    const auto secret = rng_.id<members::InviteSecret>();
    const auto key = members::invite_signing_key(secret);
    members::Op invite;
    invite.kind = members::OpKind::invite;
    invite.role = members::Role::member;
    invite.uses = scale_.members;
    invite.expires = now_ + kTenYears;
    invite.invite_key = key.public_key();
    invite.invite_psk = to_bytes(members::invite_psk(secret).reveal());
    TRY(store().begin());
    const auto id = TRY(replica_->add_membership(std::move(invite), now_));
    for (std::size_t i = 1; i < scale_.members; ++i) {
      Device device{.identity = node::make_identity(rng_.id<node::RecoverySecret>(),
                                                    "Member " + std::to_string(i), "Europe/Lisbon",
                                                    {}, "Laptop", rng_),
                    .member = {},
                    .logs = {}};
      device.member = device.identity.member(team_);
      members::Op grant;
      grant.kind = members::OpKind::grant;
      grant.target = device.member;
      grant.role = members::Role::member;
      grant.certificate = members::encode(device.identity.certificate(team_, now_));
      grant.name = device.identity.name;
      grant.invite = id;
      members::JoinProof proof{.handshake = rng_.id<Digest>(), .signature = {}};
      proof.signature =
          crypto::sign(key, members::kJoinLabel,
                       members::join_signed_bytes(team_, grant.certificate, proof.handshake));
      grant.join_proof = members::encode(proof);
      TRY(replica_->add_membership(std::move(grant), now_));
      devices_.push_back(std::move(device));
    }
    return store().commit();
  }

  /// Each from the first device of its member; the founder stays with one.
  Status add_second_devices() {
    Room trust{.space = replica_->trust(),
               .title = {},
               .board = {},
               .lamport = 0,
               .threads = {},
               .cards = {},
               .open_documents = {}};
    TRY(look_around(trust));
    const auto firsts = devices_.size();
    auto past = replica_->roster().frontier;
    for (std::size_t i = 0; i < firsts; ++i) {
      auto& first = devices_[i];
      Device second{.identity = {.recovery = first.identity.recovery.clone(),
                                 .signing = crypto::SigningKey::make(rng_),
                                 .exchange = crypto::KexKey::make(rng_),
                                 .name = first.identity.name,
                                 .zone = first.identity.zone,
                                 .hours = {},
                                 .label = "Phone"},
                    .member = first.member,
                    .logs = {}};
      members::Op add;
      add.kind = members::OpKind::add_device;
      add.team = team_;
      add.author = first.member;
      add.device = first.identity.device();
      add.past = past;
      add.time = now_;
      add.certificate = members::encode(second.identity.certificate(team_, now_));
      members::sign(add, first.identity.signing);
      const auto bytes = members::encode(add);
      const auto hash = members::op_hash(bytes);
      const auto frontier = replica_->roster().frontier;
      crdt::Write write;
      write.object = *ObjectId::from(hash.view());
      write.type = work::kMembershipOp;
      write.field = work::membership_op::kOp;
      write.value = encode(Value(bytes));
      auto session = TRY(begin(first, trust));
      TRY(author(session, {write}));
      TRY(finish(session));
      past = {hash};
      devices_.push_back(std::move(second));
    }
    TRY(end_turn(0));
    replica_.reset();
    replica_ = TRY(home_->replica(team_));
    return {};
  }

  Status make_rooms() {
    TRY(store().begin());
    for (std::size_t i = 0; i < scale_.rooms; ++i) {
      Room room;
      room.title = "Room " + std::to_string(i);
      TRY(replica_->run(work::RoomNew{.name = room.title}, now_));
      const auto board = TRY(replica_->run(
          work::BoardNew{.path = room.title + "/Board", .key = "R" + std::to_string(i)}, now_));
      room.board = std::string(board["id"].text());
      const auto place = TRY(replica_->state().locate(*ObjectId::from_text(room.board)));
      room.space = place->space;
      TRY(look_around(room));
      rooms_.push_back(std::move(room));
    }
    return store().commit();
  }

  /// What the founder's device has written so far.
  Status look_around(Room& room) {
    room.lamport = TRY(store().logs().lamport(room.space));
    return {};
  }

  // --- writing as any device

  Result<Session> begin(Device& device, Room& room) {
    auto [at, is_new] = device.logs.try_emplace(room.space);
    auto& log = at->second;
    Session out{.device = &device,
                .room = &room,
                .log = &log,
                .at = {},
                .salted = {},
                .typed = {},
                .changes = {}};
    if (is_new) {
      log.id = rng_.id<LogId>();
      log.hash = crdt::chain_start(room.space, log.id);
    }
    if (log.next_seq == 1) {
      out.at.certificate = members::encode(device.identity.certificate(team_, now_));
    }
    out.at.log = log.id;
    out.at.next_seq = log.next_seq;
    out.at.seen_lamport = room.lamport;
    out.at.membership = replica_->roster().frontier;
    out.at.deps = TRY(store().logs().unnamed(room.space, log.id));
    return out;
  }

  Status author(Session& session, const std::vector<crdt::Write>& writes) {
    crdt::AuthorView view;
    const auto& space = session.room->space;
    view.object = [&](const ObjectId& id) -> Result<crdt::ObjectState> {
      auto found = TRY(store().objects().find(space, id));
      if (found) return std::move(*found);
      crdt::ObjectState fresh;
      fresh.id = id;
      return fresh;
    };
    view.frontier = [&](const ObjectId& id,
                        std::uint32_t field) -> Result<std::vector<crdt::OpId>> {
      const auto typed = session.typed.find(id);
      if (typed != session.typed.end()) return typed->second;
      return TRY(store().objects().text(space, {id, field})).frontier;
    };
    view.has_salt = [&](const ObjectId& id) {
      if (session.salted.contains(id)) return true;
      const auto salt = store().logs().salt(session.log->id, id);
      return salt && *salt;
    };
    view.self = session.device->member;
    session.at.wall = now_;
    auto made = TRY(crdt::author(writes, view, session.at, rng_));
    for (auto& change : made) {
      for (const auto& salt : change.salts) session.salted.insert(salt.object);
      auto seq = change.seq;
      for (const auto& op : change.ops) {
        seq += op.span();
        if (op.kind == crdt::Kind::text) session.typed[op.object] = {{change.log, seq - 1}};
      }
      session.at.next_seq = change.last_seq() + 1;
      session.at.seen_lamport = change.lamport;
      session.changes.push_back(std::move(change));
    }
    if (made.empty()) return {};
    session.at.deps.clear();
    session.at.certificate.clear();
    return {};
  }

  /// Chains, signs and stores what was authored; what is to be merged.
  Result<std::vector<crdt::Delivered>> append(Session& session) {
    std::vector<crdt::Delivered> out;
    if (session.changes.empty()) return out;
    auto& log = *session.log;
    TRY(node::name_mentioned(store().logs(), log.id, log.named, session.changes));
    const auto& space = session.room->space;
    TRY(store().begin());
    if (log.next_seq == 1) {
      TRY(store().logs().create(log.id, space, session.device->identity.device(),
                                session.device->member));
    }
    std::map<ObjectId, Salt> declared;
    const crdt::SaltLookup salts = [&](const LogId& of, const ObjectId& object) {
      const auto found = declared.find(object);
      if (found != declared.end()) return std::optional(found->second);
      auto salt = store().logs().salt(of, object);
      return salt ? *salt : std::nullopt;
    };
    std::vector<store::StoredChange> stored;
    std::vector<crdt::Head> heads;
    for (auto& change : session.changes) {
      for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
      log.hash = crdt::chain_next(log.hash, TRY(crdt::change_digest(change, salts)));
      const auto last = change.last_seq();
      if (&change == &session.changes.back() || crdt::is_checkpoint(log.sealed, last)) {
        crdt::Head head{.log = log.id,
                        .seq = last,
                        .hash = log.hash,
                        .membership = change.membership,
                        .time = change.time,
                        .signature = {}};
        const auto signature = crypto::sign(session.device->identity.signing, node::kHeadLabel,
                                            crdt::signed_bytes(space, head));
        head.signature = *crdt::Signature::from(signature.view());
        heads.push_back(std::move(head));
        log.sealed = last;
      }
      log.next_seq = last + 1;
      session.room->lamport = std::max(session.room->lamport, change.lamport);
      out.push_back({change, log.hash, session.device->member, crdt::Mark::valid});
      stored.push_back({std::move(change), log.hash, crdt::Mark::valid});
    }
    TRY(store().logs().append(log.id, stored, now_));
    for (const auto& head : heads) TRY(store().logs().seal(head));
    TRY(store().logs().set_applied(log.id, log.sealed));
    pending_ += stored.size();
    changes_ += stored.size();
    session.changes.clear();
    return out;
  }

  Status finish(Session& session) {
    auto delivered = TRY(append(session));
    TRY(store().logs().note_named(session.room->space, delivered));
    return replica_->merger().apply(session.room->space, delivered);
  }

  Status finish_together(Session& one, Session& other) {
    auto delivered = TRY(append(one));
    for (auto& item : TRY(append(other))) delivered.push_back(std::move(item));
    std::sort(delivered.begin(), delivered.end(), [](const auto& a, const auto& b) {
      return crdt::replays_before(a.change, b.change);
    });
    TRY(store().logs().note_named(one.room->space, delivered));
    return replica_->merger().apply(one.room->space, delivered);
  }

  Status end_turn(std::size_t at_least) {
    if (pending_ < at_least || !store().in_turn()) return {};
    pending_ = 0;
    return store().commit();
  }

  /// A command of a person at this device.
  Result<Value> command(Device& device, Room& room, const work::Command& command) {
    TRY(store().begin());
    const work::Acting acting{.member = device.member,
                              .device = device.identity.device(),
                              .now = now_,
                              .zone = "Europe/Lisbon",
                              .rng = rng_};
    auto outcome = TRY(work::apply(replica_->state(), acting, command));
    for (const auto& [space, writes] : outcome.writes) {
      if (space != room.space) return fail(Code::failed, "a command left its room");
      auto session = TRY(begin(device, room));
      TRY(author(session, writes));
      TRY(finish(session));
    }
    return std::move(outcome.answer);
  }

  // --- ten years

  Status work_for_years() {
    // What is left to do, in kinds drawn by their number.
    auto messages = scale_.messages;
    auto cards = scale_.cards;
    auto edits = scale_.cards * (scale_.card_changes - 1);
    auto documents = scale_.documents;
    auto sessions = scale_.documents * ((scale_.document_changes + kSession - 1) / kSession);
    const auto total = messages + cards + edits + documents + sessions;
    const auto step = kTenYears / static_cast<std::int64_t>(std::max<std::size_t>(1, total));
    for (std::size_t done = 0, told = 0; done < total; ++done) {
      now_ = std::max(now_ + Millis(1), kStart + step * static_cast<std::int64_t>(done));
      auto& room = rooms_[rng_.below(rooms_.size())];
      auto& device = devices_[rng_.below(devices_.size())];
      auto draw = rng_.below(messages + cards + edits + documents + sessions);
      if (draw < messages) {
        --messages;
        TRY(say(device, room));
      } else if ((draw -= messages) < cards) {
        --cards;
        TRY(add_card(device, room));
      } else if ((draw -= cards) < edits) {
        --edits;
        TRY(edit_card(device, room));
      } else if ((draw -= edits) < documents) {
        --documents;
        TRY(new_document(device, room));
      } else {
        --sessions;
        TRY(type(device, room));
      }
      TRY(end_turn(kTurn));
      if (done * 20 / total != told) {
        told = done * 20 / total;
        tell_(std::to_string(told * 5) + " %, " + std::to_string(changes_) + " changes, " +
              std::to_string(store().bytes_on_disk() >> 20) + " MiB");
      }
    }
    // What is still open is typed to its end.
    for (auto& room : rooms_) {
      while (!room.open_documents.empty()) {
        now_ += std::chrono::minutes(1);
        TRY(type(devices_[rng_.below(devices_.size())], room));
        TRY(end_turn(kTurn));
      }
    }
    return end_turn(0);
  }

  Status say(Device& device, Room& room) {
    if (room.threads.empty() || rng_.below(kThreadMessages) == 0) {
      const auto title = prose_.title();
      const auto made =
          TRY(command(device, room, work::ThreadNew{.room = room.title, .title = title}));
      room.threads.emplace_back(made["id"].text());
      text_bytes_ += title.size();
    }
    const auto recent = std::min<std::size_t>(room.threads.size(), 8);
    const auto& thread = room.threads[room.threads.size() - 1 - rng_.below(recent)];
    auto text = prose_.text(scale_.message_bytes / 2 + rng_.below(scale_.message_bytes + 1));
    text_bytes_ += text.size();
    TRY(command(device, room, work::Say{.thread = thread, .text = std::move(text)}));
    return {};
  }

  Status add_card(Device& device, Room& room) {
    auto title = prose_.title();
    auto text = prose_.text(120);
    text_bytes_ += title.size() + text.size();
    const auto made = TRY(command(
        device, room,
        work::CardAdd{.board = room.board, .title = std::move(title), .text = std::move(text)}));
    room.cards.emplace_back(made["id"].text());
    return {};
  }

  Status edit_card(Device& device, Room& room) {
    if (room.cards.empty()) return {};
    const auto recent = std::min<std::size_t>(room.cards.size(), 40);
    const auto& card = room.cards[room.cards.size() - 1 - rng_.below(recent)];
    static constexpr const char* kColumns[] = {"Next", "Doing", "Waiting", "Done"};
    static constexpr const char* kPriorities[] = {"urgent", "high", "normal", "low"};
    switch (rng_.below(4)) {
      case 0:
        TRY(command(
            device, room,
            work::CardSet{.card = card, .values = {{"priority", kPriorities[rng_.below(4)]}}}));
        break;
      case 1:
        TRY(command(
            device, room,
            work::CardSet{.card = card, .values = {{"assignees", "+" + device.member.text()}}}));
        break;
      default:
        TRY(command(device, room, work::CardMove{.card = card, .column = kColumns[rng_.below(4)]}));
        break;
    }
    return {};
  }

  Status new_document(Device& device, Room& room) {
    auto title = prose_.title() + " " + std::to_string(++document_count_);
    text_bytes_ += title.size();
    const auto made = TRY(command(device, room, work::DocNew{.path = room.title + "/" + title}));
    room.open_documents.push_back(
        {*ObjectId::from_text(made["id"].text()), 0, scale_.document_changes});
    return {};
  }

  Status type(Device& device, Room& room) {
    if (room.open_documents.empty()) return {};
    const auto at = rng_.below(room.open_documents.size());
    auto& document = room.open_documents[at];
    const auto began = now_;
    auto session = TRY(begin(device, room));
    if (document.points > 100 && rng_.below(kConcurrentOnce) == 0) {
      // Somebody else is at it, apart, at the same time.
      auto& company = devices_[rng_.below(devices_.size())];
      if (&company != &device) {
        auto other = TRY(begin(company, room));
        auto theirs = document;
        TRY(type_into(other, theirs));
        const auto more = theirs.points - document.points;
        now_ = began;
        TRY(type_into(session, document));
        document.points += more;
        document.changes_left = std::min(document.changes_left, theirs.changes_left);
        TRY(finish_together(session, other));
        if (document.changes_left == 0)
          room.open_documents.erase(room.open_documents.begin() + static_cast<std::ptrdiff_t>(at));
        return {};
      }
    }
    TRY(type_into(session, document));
    TRY(finish(session));
    if (document.changes_left == 0)
      room.open_documents.erase(room.open_documents.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
  }

  Status type_into(Session& session, Document& document) {
    // An edit of a twentieth takes back a few letters; the rest makes up for it.
    const auto bytes = scale_.document_bytes * 21 / 20 / scale_.document_changes + 1;
    const auto count = std::min(kSession, document.changes_left);
    const auto text = prose_.text(count * bytes);
    auto caret = rng_.below(3) == 0 ? rng_.below(document.points + 1) : document.points;
    for (std::size_t i = 0; i < count; ++i) {
      now_ += Millis(900 + static_cast<std::int64_t>(rng_.below(400)));
      crdt::Write write;
      write.object = document.id;
      write.type = work::kDocument;
      write.field = work::document::kText;
      write.kind = crdt::Kind::text;
      if (caret > 10 && rng_.below(20) == 0) {
        write.action = crdt::Action::erase;
        write.len = 1 + rng_.below(8);
        write.pos = caret -= write.len;
        document.points -= write.len;
        text_bytes_ -= write.len;
      } else {
        write.action = crdt::Action::insert;
        write.pos = caret;
        write.text = text.substr(i * bytes, bytes);
        caret += bytes;
        document.points += bytes;
        text_bytes_ += bytes;
      }
      TRY(author(session, {write}));
    }
    document.changes_left -= count;
    return {};
  }

  Result<TeamMade> made() {
    // The index of long texts waits for the next question.
    TRY(store().begin());
    TRY(store().search().settle());
    TRY(store().commit());
    std::uint64_t changes = 0;
    for (const auto& space : replica_->spaces()) changes += TRY(store().logs().change_count(space));
    TeamMade out{.team = team_,
                 .store_path = home_->home().store_path(team_),
                 .changes = changes,
                 .text_bytes = text_bytes_};
    replica_.reset();
    home_.reset();
    return out;
  }

  static constexpr WallTime kStart{Millis(1'480'000'000'000)};  // November 2016

  TeamScale scale_;
  SeededRng rng_;
  Prose prose_;
  const std::function<void(std::string_view)>& tell_;
  std::unique_ptr<TeamHome> home_;
  TeamId team_;
  std::unique_ptr<node::Replica> replica_;
  std::vector<Device> devices_;
  std::vector<Room> rooms_;
  WallTime now_ = kStart;
  std::size_t pending_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t text_bytes_ = 0;
  std::uint64_t document_count_ = 0;
};

}  // namespace

TeamScale TeamScale::times(double share) const {
  const auto part = [&](std::size_t all) {
    return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(all) * share));
  };
  auto out = *this;
  out.messages = part(messages);
  out.cards = part(cards);
  out.documents = part(documents);
  return out;
}

Result<TeamMade> make_team(const std::string& dir, const TeamScale& scale, std::uint64_t seed,
                           const std::function<void(std::string_view)>& tell) {
  TRY(crypto::init());
  return TeamMaker(scale, seed, tell).run(dir);
}

}  // namespace holm::bench
