#include "tools/bench/search_store.h"

#include <algorithm>
#include <map>

#include "base/wire.h"
#include "crdt/author.h"
#include "crdt/chain.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "store/logs.h"
#include "store/objects.h"
#include "tools/bench/ids.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::bench {
namespace {

constexpr std::size_t kMessageBytes = 240;
constexpr std::size_t kDocumentBytes = 6'000;
constexpr std::size_t kTurn = 250;  // objects
constexpr std::size_t kMembers = 30;
constexpr std::size_t kLogsPerRoom = 4;
constexpr std::size_t kThreadMessages = 40;

crdt::Write put(const ObjectId& object, std::uint32_t type, std::uint32_t field, Value value) {
  crdt::Write out;
  out.object = object;
  out.type = type;
  out.field = field;
  out.value = encode(value);
  return out;
}

crdt::Write insert(const ObjectId& object, std::uint32_t type, std::uint32_t field,
                   std::uint64_t pos, std::string text) {
  crdt::Write out;
  out.object = object;
  out.type = type;
  out.field = field;
  out.kind = crdt::Kind::text;
  out.action = crdt::Action::insert;
  out.pos = pos;
  out.text = std::move(text);
  return out;
}

}  // namespace

SearchStore::SearchStore(std::unique_ptr<store::Store> store, std::uint64_t seed)
    : rng_(seed),
      store_(std::move(store)),
      merger_(*store_),
      erasures_(*store_, merger_),
      prose_(rng_) {
  for (std::size_t i = 0; i < kMembers; ++i) {
    work::members::Person person;
    person.id = rng_.id<MemberId>();
    person.name = "member" + std::to_string(i);
    person.role = work::members::Role::member;
    roster_.people[person.id] = person;
  }
  state_ =
      std::make_unique<node::StoreState>(*store_, merger_, erasures_, roster_, filled<SpaceId>(3),
                                         roster_.people.begin()->first, DeviceId{});
}

Result<std::unique_ptr<SearchStore>> SearchStore::open(const std::string& path, std::uint64_t seed,
                                                       bool indexed) {
  store::StoreOptions options{
      .path = path, .vfs = {}, .tables = node::table_specs(), .indexer = {}};
  if (indexed) options.indexer = node::search_indexer();
  static crypto::SystemRng nonces;  // outlives every store
  const auto key = crypto::SecretKey32::make(nonces);
  options.key = &key;
  options.rng = &nonces;
  auto store = TRY(store::Store::open(options));
  return std::unique_ptr<SearchStore>(new SearchStore(std::move(store), seed));
}

Status SearchStore::make_rooms(std::size_t count) {
  TRY(store_->begin());
  std::vector<MemberId> people;
  for (const auto& [id, person] : roster_.people) people.push_back(id);
  for (std::size_t i = 0; i < count; ++i) {
    Room room;
    room.space = rng_.id<SpaceId>();
    roster_.rooms[room.space].id = room.space;
    for (std::size_t j = 0; j < kLogsPerRoom; ++j) {
      Log log{.id = rng_.id<LogId>(), .member = people[rng_.below(people.size())], .hash = {}};
      log.hash = crdt::chain_start(room.space, log.id);
      TRY(store_->logs().create(log.id, room.space, rng_.id<DeviceId>(), log.member));
      room.logs.push_back(log);
    }
    rooms_.push_back(std::move(room));
    auto& made = rooms_.back();
    TRY(write(made, made.logs[0],
              {put(work::room_object(made.space), work::kRoom, work::field::kTitle,
                   Value("Room " + std::to_string(i)))}));
  }
  return store_->commit();
}

Status SearchStore::write(Room& room, Log& log, const std::vector<crdt::Write>& writes) {
  crdt::AuthorView view;
  view.object = [&](const ObjectId& id) -> Result<crdt::ObjectState> {
    auto found = TRY(store_->objects().find(room.space, id));
    if (found) return std::move(*found);
    crdt::ObjectState fresh;
    fresh.id = id;
    return fresh;
  };
  view.frontier = [&](const ObjectId& id, std::uint32_t field) -> Result<std::vector<crdt::OpId>> {
    return TRY(store_->objects().text(room.space, {id, field})).frontier;
  };
  view.has_salt = [&](const ObjectId& id) {
    const auto salt = store_->logs().salt(log.id, id);
    return salt && *salt;
  };
  view.self = log.member;
  crdt::AuthorPosition at;
  at.log = log.id;
  at.next_seq = log.next_seq;
  at.seen_lamport = room.lamport;
  at.wall = now_;
  const auto changes = TRY(crdt::author(writes, view, at, rng_));
  std::vector<store::StoredChange> stored;
  std::vector<crdt::Delivered> delivered;
  std::map<ObjectId, Salt> declared;
  const crdt::SaltLookup salts = [&](const LogId& of, const ObjectId& object) {
    const auto found = declared.find(object);
    if (found != declared.end()) return std::optional(found->second);
    const auto salt = store_->logs().salt(of, object);
    return salt ? *salt : std::nullopt;
  };
  for (const auto& change : changes) {
    for (const auto& salt : change.salts) declared[salt.object] = salt.salt;
    log.hash = crdt::chain_next(log.hash, TRY(crdt::change_digest(change, salts)));
    stored.push_back({change, log.hash, crdt::Mark::valid});
    delivered.push_back({change, {}, log.member});
    log.next_seq = change.last_seq() + 1;
    room.lamport = std::max(room.lamport, change.lamport + change.ops.size());
    ++changes_;
  }
  TRY(store_->logs().append(log.id, stored, now_));
  return merger_.apply(room.space, delivered);
}

void SearchStore::add_message(Room& room, std::vector<crdt::Write>& writes) {
  if (room.threads.empty() || rng_.below(kThreadMessages) == 0) {
    room.threads.push_back(rng_.id<ObjectId>());
    const auto words = prose_.title();
    text_bytes_ += words.size();
    writes.push_back(put(room.threads.back(), work::kThread, work::field::kTitle, Value(words)));
  }
  const auto recent = std::min<std::size_t>(room.threads.size(), 8);
  const auto& thread = room.threads[room.threads.size() - 1 - rng_.below(recent)];
  const auto message = rng_.id<ObjectId>();
  writes.push_back(put(message, work::kMessage, work::field::kParent, work::id_value(thread)));
  writes.push_back(put(message, work::kMessage, work::message::kIntent, Value("update")));
  auto text = prose_.text(kMessageBytes);
  if (rng_.below(500) == 0) {  // from the second word on: words from there stand within a sentence
    const auto from = text.find(' ') + 1;
    auto to = from;
    for (int i = 0; i < 3; ++i) to = text.find(' ', to) + 1;
    phrases_.push_back(text.substr(from, to - 1 - from));
  }
  writes.push_back(insert(message, work::kMessage, work::message::kBody, 0, std::move(text)));
  text_bytes_ += kMessageBytes;
}

ObjectId SearchStore::add_document(std::vector<crdt::Write>& writes) {
  const auto document = rng_.id<ObjectId>();
  const auto words = prose_.title();
  writes.push_back(put(document, work::kDocument, work::field::kTitle, Value(words)));
  writes.push_back(
      insert(document, work::kDocument, work::document::kText, 0, prose_.text(kDocumentBytes)));
  text_bytes_ += kDocumentBytes + words.size();
  return document;
}

Status SearchStore::fill(const SearchScale& scale) {
  TRY(make_rooms(scale.rooms));
  const auto total = scale.messages + scale.documents;
  const auto every = std::max<std::size_t>(1, total / std::max<std::size_t>(1, scale.documents));
  // Each message is a change of its own, as people write them; a turn takes in many.
  const auto step = Millis(std::chrono::hours(24 * 365 * 10)) /
                    static_cast<std::int64_t>(std::max<std::size_t>(1, total));
  for (std::size_t done = 0; done < total;) {
    TRY(store_->begin());
    auto& room = rooms_[rng_.below(rooms_.size())];
    for (std::size_t i = 0; i < kTurn && done < total; ++i, ++done) {
      now_ += step;
      std::vector<crdt::Write> writes;
      if (done % every == 0 && done / every < scale.documents) {
        (void)add_document(writes);
      } else {
        add_message(room, writes);
      }
      TRY(write(room, room.logs[rng_.below(room.logs.size())], writes));
    }
    TRY(store_->commit());
  }
  return {};
}

Status SearchStore::add_documents(std::size_t count, std::size_t batch) {
  if (rooms_.empty()) TRY(make_rooms(1));
  auto& room = rooms_[0];
  for (std::size_t done = 0; done < count;) {
    TRY(store_->begin());
    for (std::size_t i = 0; i < batch && done < count; ++i, ++done) {
      std::vector<crdt::Write> writes;
      const auto id = add_document(writes);
      if (first_document_.is_nil()) first_document_ = id;
      TRY(write(room, room.logs[0], writes));
    }
    TRY(store_->commit());
  }
  return {};
}

Status SearchStore::type_letter() {
  TRY(store_->begin());
  auto& room = rooms_[0];
  TRY(write(room, room.logs[0],
            {insert(first_document_, work::kDocument, work::document::kText, rng_.below(5000),
                    std::string(1, static_cast<char>('a' + rng_.below(26))))}));
  return store_->commit();
}

}  // namespace holm::bench
