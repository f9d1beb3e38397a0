// Encryption at rest: nothing to read on the disk, nothing that can be changed or moved unnoticed,
// and otherwise the SQLite that a plain file gives.
#include "store/encrypted_vfs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/store/fixtures.h"
#include "tests/support/seeds.h"

namespace holm::store::test {
namespace {

constexpr std::size_t kPage = EncryptedVfs::kPageBytes;
constexpr std::size_t kFrame = 24 + kPage;
constexpr std::size_t kLogHeader = 32;

const std::string kMarker = "the plain words of a team";

bool finds(const Bytes& content, std::string_view words) {
  return as_text(content).find(words) != std::string_view::npos;
}

/// A database of a few tables with an index, and rows that hold the marker.
std::unique_ptr<Db> filled(Bench& bench, int rows) {
  auto db = bench.db();
  must(db->make_durable());
  auto transaction = must(Transaction::begin(*db));
  must(
      db->run_script("CREATE TABLE note (id INTEGER PRIMARY KEY, title TEXT, body TEXT);"
                     "CREATE INDEX note_by_title ON note (title);"
                     "CREATE VIRTUAL TABLE words USING fts5(body)"));
  for (int i = 0; i < rows; ++i) {
    auto insert = must(db->prepare("INSERT INTO note (title, body) VALUES (?, ?)"));
    const auto title = kMarker + " " + std::to_string(i);
    insert.bind(title).bind(std::string(200 + i % 5000, 'x') + kMarker);
    must(insert.run());
    auto index = must(db->prepare("INSERT INTO words (body) VALUES (?)"));
    index.bind(title);
    must(index.run());
  }
  must(transaction.commit());
  return db;
}

TEST_CASE("encrypted vfs: no file ever holds a word of what was written") {
  Bench bench;
  const auto look = [&] {
    for (const auto& file : bench.disk.snapshot()) {
      CAPTURE(file.first);
      for (const auto& words :
           {kMarker, std::string("SQLite format 3"), std::string("CREATE TABLE"),
            std::string("note_by_title"), std::string("xxxxxxxx")}) {
        REQUIRE_FALSE(finds(file.second, words));
      }
    }
  };
  auto db = filled(bench, 300);
  look();
  {
    // More than the cache holds, so that pages reach the log before the commit and again at it.
    must(db->run_script("PRAGMA cache_size=20"));
    auto transaction = must(Transaction::begin(*db));
    must(db->run_script("UPDATE note SET body = body || title"));
    look();
    must(db->run_script("SAVEPOINT s; UPDATE note SET body = title; ROLLBACK TO s; RELEASE s"));
    must(db->run_script("UPDATE note SET title = title || '" + kMarker + "'"));
    look();
    must(transaction.commit());
  }
  look();
  must(db->run_script("CREATE TABLE sorted AS SELECT * FROM note ORDER BY body DESC"));
  must(db->run_script("VACUUM"));
  look();
  CHECK(must(db->number("SELECT count(*) FROM words WHERE words MATCH 'plain'")) == 300);
  db.reset();
  look();
  db = bench.db();
  CHECK(must(db->number("SELECT count(*) FROM note WHERE title LIKE '" + kMarker + "%'")) == 300);
}

TEST_CASE("encrypted vfs: any changed byte of the file is found by whoever reads it") {
  Bench bench;
  filled(bench, 400).reset();
  const auto whole = bench.disk.snapshot();
  const auto size = whole.at("team.holm").size();
  REQUIRE(size % kPage == 0);
  std::set<std::string> words;
  for (std::size_t page = 0; page < size / kPage; ++page) {
    auto files = whole;
    // Each in its turn in the content, and in what follows it.
    const auto at = page % 2 == 0 ? page * 131 % kPage : kPage - 1 - page % 56;
    files.at("team.holm")[page * kPage + at] ^= 1;
    bench.disk.restore(files);
    const auto db = Db::open("team.holm", bench.disk.name(), &bench.key, &bench.nonces);
    const auto error = db ? error_of((*db)->check()) : db.error();
    CAPTURE(page);
    CHECK(error.code == Code::corrupt);
    words.insert(error.what);
  }
  CHECK(words.contains("the store is damaged (page 3 is not what was written)"));
}

TEST_CASE("encrypted vfs: pages that changed places, or came from another store, are found") {
  Bench bench;
  filled(bench, 400).reset();
  const auto whole = bench.disk.snapshot();
  Bench other(2);
  other.key = crypto::SecretKey32::make(other.nonces);
  filled(other, 400).reset();
  const auto foreign = *other.disk.file("team.holm");
  const auto check = [&](std::size_t to, const Bytes& from, std::size_t page) {
    auto files = whole;
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(page * kPage), kPage,
                files.at("team.holm").begin() + static_cast<std::ptrdiff_t>(to * kPage));
    bench.disk.restore(files);
    auto db = bench.db();
    CHECK(error_of(db->check()).code == Code::corrupt);
  };
  const auto db_pages = whole.at("team.holm").size() / kPage;
  REQUIRE(db_pages > 30);
  for (std::size_t page = 20; page < 24; ++page) {
    check(page, whole.at("team.holm"), page + 1);
    check(page, foreign, page);
  }
}

TEST_CASE("encrypted vfs: with another key it is no store, and stays as it is") {
  Bench bench;
  filled(bench, 10).reset();
  const auto before = bench.disk.snapshot();
  const auto right = bench.key.clone();
  bench.key = crypto::SecretKey32::make(bench.nonces);
  const auto error = error_of(Db::open("team.holm", bench.disk.name(), &bench.key, &bench.nonces));
  CHECK(error.code == Code::corrupt);
  CHECK(error.what == "the file is no store of this home, or its beginning is damaged");
  CHECK(error_of(bench.try_open()).code == Code::corrupt);
  CHECK(bench.disk.file("team.holm") == before.at("team.holm"));
  bench.key = right.clone();
  CHECK(must(bench.db()->number("SELECT count(*) FROM note")) == 10);
}

TEST_CASE("encrypted vfs: a damaged log keeps the commits before the damage, whole") {
  Bench bench;
  auto db = filled(bench, 1);
  must(db->run_script("PRAGMA wal_autocheckpoint=0"));
  std::vector<std::size_t> frames;  // after each commit
  for (int i = 0; i < 20; ++i) {
    auto transaction = must(Transaction::begin(*db));
    must(db->run_script("INSERT INTO note (title, body) VALUES ('t', '" + kMarker + "')"));
    must(transaction.commit());
    frames.push_back((bench.disk.file("team.holm-wal")->size() - kLogHeader) / kFrame);
  }
  const auto whole = bench.disk.snapshot();
  bench.disk.restore(whole);
  db.reset();
  SeededRng rng(4);
  for (std::size_t frame = frames.front(); frame < frames.back(); ++frame) {
    auto files = whole;
    auto& log = files.at("team.holm-wal");
    log[kLogHeader + frame * kFrame + rng.below(kFrame)] ^= 0x10;
    bench.disk.restore(files);
    db = bench.db();
    const auto rows = must(db->number("SELECT count(*) FROM note")) - 1;
    const auto commits = std::upper_bound(frames.begin(), frames.end(), frame) - frames.begin();
    CAPTURE(frame);
    CHECK(rows == commits);
    db.reset();
  }
}

TEST_CASE("encrypted vfs: a key seldom writes one page twice alike") {
  // Same content, same place, same seed of everything but the nonces: no byte stands still.
  Bench bench;
  auto db = filled(bench, 5);
  db.reset();
  const auto first = *bench.disk.file("team.holm");
  db = bench.db();
  must(db->make_durable());
  must(db->run_script("VACUUM"));
  must(db->run_script("VACUUM"));
  db.reset();
  const auto second = *bench.disk.file("team.holm");
  for (std::size_t page = 0; page < std::min(first.size(), second.size()) / kPage; ++page) {
    std::size_t equal = 0;
    for (std::size_t i = page * kPage; i < (page + 1) * kPage; ++i) equal += first[i] == second[i];
    CHECK(equal < kPage / 64);
  }
}

TEST_CASE("encrypted vfs: a copy made in steps has what was written while it was made") {
  Bench bench;
  auto db = filled(bench, 2000);
  auto copy = must(DbCopy::begin(*db, "copy.holm", bench.disk.name(), &bench.key, &bench.nonces));
  int steps = 0;
  while (!must(copy.step(20))) {
    auto transaction = must(Transaction::begin(*db));
    must(db->run_script("UPDATE note SET body = 'step " + std::to_string(steps) +
                        "' WHERE id % 50 = " + std::to_string(steps % 50)));
    must(db->run_script("INSERT INTO note (title, body) VALUES ('new', '" + kMarker + "')"));
    must(transaction.commit());
    REQUIRE(++steps < 10'000);
  }
  CHECK(steps > 10);
  const auto sums = "SELECT sum(id * 31 + length(body) * 7 + length(title)) FROM note";
  const auto other = must(Db::open("copy.holm", bench.disk.name(), &bench.key, &bench.nonces));
  CHECK(must(other->number(sums)) == must(db->number(sums)));
  must(other->check());
  CHECK_FALSE(finds(*bench.disk.file("copy.holm"), kMarker));
}

/// Runs one list of statements and tells everything that came of it.
class Runner {
 public:
  explicit Runner(bool is_encrypted) { bench_.is_encrypted = is_encrypted; }

  /// `spills`: pages of a transaction reach the log before it ends.
  void reopen(bool spills) {
    db_.reset();
    db_ = must(Db::open("team.holm", bench_.disk.name(),
                        bench_.is_encrypted ? &bench_.key : nullptr, &bench_.nonces));
    must(db_->make_durable());
    must(db_->run_script(std::string("PRAGMA wal_autocheckpoint=40; PRAGMA cache_size=") +
                         (spills ? "30" : "100000")));
  }
  /// The power goes with all that is synced on the disk.
  void cut(bool spills) {
    const auto files = bench_.disk.snapshot();
    bench_.disk.restore(files);
    reopen(spills);
  }
  std::string run(const std::string& sql) {
    std::string out;
    auto statement = db_->prepare(sql);
    if (!statement) return "error";
    for (;;) {
      const auto row = statement->step();
      if (!row) return out + "error";
      if (!*row) return out;
      for (int i = 0; i < 2; ++i) out += std::string(statement->text(i)) + "|";
      out += "\n";
    }
  }

 private:
  Bench bench_;
  std::unique_ptr<Db> db_;
};

TEST_CASE("encrypted vfs: every statement gives what it gives on a plain file") {
  constexpr int kCount = 100'000;
  SeededRng rng(5);
  Runner plain(false), encrypted(true);
  std::size_t checkpoints = 0;
  bool in_transaction = false;
  const auto both = [&](const std::string& sql) {
    const auto a = plain.run(sql);
    const auto b = encrypted.run(sql);
    CAPTURE(sql);
    REQUIRE(a == b);
  };
  // Not both at once: where a savepoint is rolled back after its pages were spilled and written
  // over, SQLite 3.40 leaves frames without checksums in the log (wal.c keeps iReCksum), and a
  // power cut takes what was committed in them. No code of ours rolls back less than a transaction.
  bool spills = true;
  for (auto* runner : {&plain, &encrypted}) runner->reopen(spills);
  both("CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, body TEXT)");
  both("CREATE INDEX t_by_k ON t (k)");
  both("CREATE TABLE u (k INTEGER PRIMARY KEY, body BLOB) WITHOUT ROWID");
  both("CREATE VIRTUAL TABLE f USING fts5(body)");
  for (int i = 0; i < kCount; ++i) {
    const auto id = std::to_string(rng.below(400));
    const auto key = std::to_string(rng.below(50));
    const auto len = std::to_string(rng.chance(5) ? rng.below(60'000) : rng.below(600));
    switch (rng.below(16)) {
      case 0:
      case 1:
        both("INSERT OR REPLACE INTO t VALUES (" + id + "," + key + ",hex(zeroblob(" + len + ")))");
        break;
      case 2: both("INSERT OR REPLACE INTO u VALUES (" + key + ",zeroblob(" + len + "))"); break;
      case 3: both("UPDATE t SET body = body || '" + id + "' WHERE k = " + key); break;
      case 4: both("DELETE FROM t WHERE id = " + id); break;
      case 5: both("DELETE FROM t WHERE k = " + key); break;
      case 6:
        both("INSERT OR REPLACE INTO f (rowid, body) VALUES (" + id + ",'w" + key + " w" + id +
             "')");
        break;
      case 7: both("SELECT rowid, body FROM f WHERE f MATCH 'w" + key + "' ORDER BY rowid"); break;
      case 8: both("SELECT count(*), sum(length(body)) FROM t WHERE k >= " + key); break;
      case 9:
        both("SELECT id, substr(body, 1, 40) FROM t WHERE id > " + id +
             " ORDER BY body, id LIMIT 5");
        break;
      case 10: both("SELECT k, length(body) FROM u ORDER BY k"); break;
      case 11:
        if (!in_transaction) {
          both("BEGIN IMMEDIATE");
        } else {
          both(rng.chance(70) ? "COMMIT" : "ROLLBACK");
        }
        in_transaction = !in_transaction;
        break;
      case 12: both("SAVEPOINT s" + std::to_string(rng.below(3))); break;
      case 13:
        both((!spills && rng.chance(50) ? "ROLLBACK TO s" : "RELEASE s") +
             std::to_string(rng.below(3)));
        break;
      case 14:
        if (rng.chance(10)) {
          // Gives a row for each page, and pages hold less where they are encrypted.
          const bool failed = plain.run("PRAGMA incremental_vacuum(3)").ends_with("error");
          REQUIRE(encrypted.run("PRAGMA incremental_vacuum(3)").ends_with("error") == failed);
        }
        if (rng.chance(2)) both("VACUUM");
        break;
      default:
        if (!rng.chance(6)) break;
        ++checkpoints;
        in_transaction = false;
        plain.run("ROLLBACK");
        encrypted.run("ROLLBACK");
        both("PRAGMA integrity_check");
        spills = rng.chance(50);
        for (auto* runner : {&plain, &encrypted}) {
          rng.chance(50) ? runner->reopen(spills) : runner->cut(spills);
        }
        both("SELECT count(*), sum(length(body)) FROM t");
    }
  }
  CHECK(checkpoints > 20);
  plain.run("ROLLBACK");
  encrypted.run("ROLLBACK");
  both("PRAGMA integrity_check");
}

}  // namespace
}  // namespace holm::store::test
