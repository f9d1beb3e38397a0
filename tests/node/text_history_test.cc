// Kept histories of texts: they spare reading logs again, and never say anything else than the
// logs.
#include <doctest/doctest.h>

#include <chrono>
#include <vector>

#include "base/rng.h"
#include "node/merge.h"
#include "node/store_state.h"
#include "store/facts.h"
#include "store/logs.h"
#include "tests/support/folder.h"
#include "tests/support/must.h"
#include "tests/support/seeds.h"
#include "work/schema.h"

namespace holm::node {
namespace {

using test::must;
template <class AnyId>
AnyId filled(std::uint8_t byte) {
  AnyId out;
  out.bytes.fill(byte);
  return out;
}

const SpaceId kSpace = filled<SpaceId>(1);
const ObjectId kDocument = filled<ObjectId>(2);
const store::TextKey kKey{kDocument, work::document::kText};

/// Three people who write into one document, and a store that takes it in.
class Team {
 public:
  explicit Team(std::uint64_t seed)
      : rng_(seed),
        store_(must(store::Store::open(
            {.path = (folder_.path / "team.holm").string(), .vfs = {}, .tables = table_specs()}))),
        merger_(*store_) {
    must(store_->begin());
    for (auto& writer : writers_) {
      writer.log = rng_.id<LogId>();
      must(store_->logs().create(writer.log, kSpace, {}, {}));
    }
    must(store_->commit());
  }

  /// `count` edits, taken in `batch` at a time.
  void write(int count, int batch) {
    while (count > 0) {
      std::vector<crdt::Delivered> changes;
      for (int i = 0; i < batch && count > 0; ++i, --count) changes.push_back({edit(), {}, {}});
      must(store_->begin());
      for (const auto& item : changes) append(item.change);
      must(merger_.apply(kSpace, changes));
      must(store_->commit());
    }
  }

  /// One more edit; `catches_up`: of what others wrote before it.
  crdt::Delivered edit(std::size_t writer, bool catches_up) {
    return {edit(writers_[writer], catches_up), {}, {}};
  }
  void append(const crdt::Change& change) {
    // Chains are held against what they end in whenever they are read.
    const auto before = must(store_->logs().find(change.log))->stored_hash;
    const crdt::SaltLookup salts = [&](const LogId& log, const ObjectId& object) {
      for (const auto& salt : change.salts) {
        if (salt.object == object) return std::optional(salt.salt);
      }
      return must(store_->logs().salt(log, object));
    };
    const store::StoredChange stored{
        change, crdt::chain_next(before, must(crdt::change_digest(change, salts))),
        crdt::Mark::valid};
    must(store_->logs().append(change.log, {&stored, 1}, WallTime(Millis(1))));
    crdt::Head head;
    head.log = change.log;
    head.seq = change.last_seq();
    head.hash = stored.hash;
    must(store_->logs().seal(head));
    must(store_->logs().set_applied(change.log, change.last_seq()));
  }

  /// What the logs alone say.
  crdt::Text from_logs() {
    const auto history = must(store_->logs().touching(kSpace, kDocument));
    auto rebuilt = must(crdt::rebuild(kDocument, history));
    return std::move(rebuilt.texts.at(work::document::kText));
  }
  void check() {
    const auto wanted = from_logs();
    const auto text = must(merger_.full_text(kSpace, kKey));
    CHECK(text.text() == wanted.text());
    CHECK(text.frontier() == wanted.frontier());
    CHECK(text.spans() == wanted.spans());
    const auto row = must(store_->objects().text(kSpace, kKey));
    CHECK(row.content == wanted.text());
    CHECK(row.frontier == wanted.frontier());
  }
  std::vector<std::pair<Bytes, Bytes>> kept() { return must(store_->facts().all("text_history")); }
  store::Store& store() { return *store_; }
  Merger& merger() { return merger_; }

 private:
  struct Writer {
    LogId log;
    crdt::Text text;
    std::uint64_t seq = 1;
    bool has_salt = false;
    crdt::OpId last;
    std::size_t seen = 0;
  };

  crdt::Change edit() {
    auto& writer = writers_[rng_.below(rng_.chance(80) ? 1 : writers_.size())];
    return edit(writer, rng_.chance(50));
  }
  crdt::Change edit(Writer& writer, bool catches_up) {
    if (catches_up) {
      for (; writer.seen < all_.size(); ++writer.seen) {
        must(writer.text.merge({&all_[writer.seen], 1}));
      }
    }
    crdt::TextRun run;
    run.id = {writer.log, writer.seq};
    run.parents = writer.text.frontier();
    const auto size = writer.text.size();
    run.insert = size < 50 || rng_.chance(70);
    run.pos = rng_.below(run.insert ? size + 1 : size);
    run.len =
        run.insert ? 1 + rng_.below(4) : 1 + rng_.below(std::min<std::uint64_t>(4, size - run.pos));
    if (run.insert) run.text = std::string(run.len, static_cast<char>('a' + rng_.below(26)));
    crdt::Change change;
    change.log = writer.log;
    change.seq = writer.seq;
    change.lamport = ++lamport_;
    crdt::Op op;
    op.object = kDocument;
    op.type = work::kDocument;
    op.field = work::document::kText;
    op.kind = crdt::Kind::text;
    op.action = run.insert ? crdt::Action::insert : crdt::Action::erase;
    op.pos = run.pos;
    op.len = run.len;
    op.content = to_bytes(std::string_view(run.text));
    op.content_bytes = op.content.size();
    op.follows_own = run.parents.size() == 1 && run.parents[0] == writer.last;
    if (!op.follows_own) op.refs = run.parents;
    if (run.insert && !writer.has_salt) {
      change.salts.push_back({kDocument, rng_.id<Salt>()});
      writer.has_salt = true;
    }
    change.ops.push_back(op);
    must(writer.text.merge({&run, 1}));
    writer.seq += run.len;
    writer.last = {writer.log, writer.seq - 1};
    all_.push_back(run);
    return change;
  }

  test::Folder folder_;
  SeededRng rng_;
  std::unique_ptr<store::Store> store_;
  Merger merger_;
  std::array<Writer, 3> writers_;
  std::vector<crdt::TextRun> all_;
  std::uint64_t lamport_ = 0;
};

TEST_CASE("text history: what is kept of a long text and what came since is what the logs say") {
  test::for_each_seed(2, [](test::Seed seed) {
    Team team(seed);
    team.write(3000, 100);
    CHECK(team.kept().empty());
    team.check();
    team.write(2000, 500);
    CHECK(team.kept().size() == 1);
    team.check();
    team.write(300, 1);
    team.check();
    const auto first = team.kept().at(0).second;
    team.write(4000, 1000);
    CHECK(team.kept().at(0).second != first);
    team.check();
  });
}

TEST_CASE("text history: damaged, it is made again; dropped, it stays away until it pays") {
  Team team(7);
  team.write(5000, 1000);
  REQUIRE(team.kept().size() == 1);
  auto [key, value] = team.kept()[0];
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{3}, value.size() / 2, value.size() - 1}) {
    auto damaged = value;
    damaged[at] ^= 0x55;
    must(team.store().begin());
    must(team.store().facts().put("text_history", key, damaged));
    must(team.store().commit());
    team.check();
  }
  must(team.store().begin());
  must(team.merger().rebuild(kSpace, kDocument));
  must(team.store().commit());
  CHECK(team.kept().empty());
  team.check();
  team.write(100, 10);
  team.check();
}

TEST_CASE("text history: a long text is opened elsewhere, and what is written meanwhile is in it") {
  for (const auto pool : {Pool::threads, Pool::takers}) {
    CAPTURE(pool == Pool::threads);
    Team team(11);
    team.write(10000, 1000);
    Merger merger(team.store(), pool);
    // Two that go on from what there was, one of which has not heard of the other.
    auto meanwhile = team.edit(0, true);
    auto late = team.edit(1, false);
    const auto texts = must(merger.touched_texts(kSpace, {&late, 1}));
    REQUIRE(texts.size() == 1);
    CHECK(texts[0].straight == 0);
    CHECK(!must(merger.is_ready(kSpace, texts)));
    must(team.store().begin());
    team.append(meanwhile.change);
    must(merger.apply(kSpace, {&meanwhile, 1}));
    must(team.store().commit());
    const auto before = must(team.store().objects().text(kSpace, kKey));
    for (const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
         !must(merger.is_ready(kSpace, must(merger.touched_texts(kSpace, {&late, 1}))));) {
      REQUIRE(std::chrono::steady_clock::now() < patience);
    }
    CHECK(must(team.store().objects().text(kSpace, kKey)).frontier == before.frontier);
    must(team.store().begin());
    team.append(late.change);
    must(merger.apply(kSpace, {&late, 1}));
    must(team.store().commit());
    team.check();
    // It is at hand now.
    auto next = team.edit(2, false);
    CHECK(must(merger.is_ready(kSpace, must(merger.touched_texts(kSpace, {&next, 1})))));
    // What nobody waits for any more is let go.
    merger.forget();
    CHECK(!must(merger.is_ready(kSpace, must(merger.touched_texts(kSpace, {&next, 1})))));
    CHECK(must(merger.is_ready(kSpace, {})));
    CHECK(!must(merger.is_ready(kSpace, must(merger.touched_texts(kSpace, {&next, 1})))));
  }
}

}  // namespace
}  // namespace holm::node
