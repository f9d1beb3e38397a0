// What encryption at rest costs: the same statements on a plain file and on an encrypted one,
// taking turns, and a durable commit beside the disk's own fsync.
#include <fcntl.h>

#include <string>

#include "crypto/random.h"
#include "store/sqlite.h"
#include "tools/bench/benches.h"
#include "tools/bench/folder.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kDocuments = 10'000;
constexpr int kReads = 20'000;
constexpr int kCommits = 200;

/// About a kilobyte of words from a vocabulary of 4,000, as ../lab's probe has them.
std::string words(Rng& rng) {
  std::string out;
  for (int i = 0; i < 150; ++i) out += "wd" + std::to_string(rng.below(4000)) + " ";
  return out;
}

struct Times {
  double insert = 0;
  double read = 0;    // point reads all over a file larger than the cache
  double cached = 0;  // of few rows
  double scan = 0;
  double search = 0;
  double commit = 0;  // of a small row, durable
};

Status run(store::Db& db, std::string_view sql, std::int64_t a, std::string_view b) {
  auto statement = TRY(db.prepare(sql));
  statement.bind(a);
  if (!b.empty()) statement.bind(b);
  return statement.run();
}

Result<double> reads(store::Db& db, SeededRng rng, std::uint64_t rows) {
  const auto began = Clock::now();
  for (int i = 0; i < kReads; ++i) {
    auto statement = TRY(db.prepare("SELECT body FROM doc WHERE id = ?"));
    statement.bind(rng.below(rows));
    if (!TRY(statement.step())) return fail(Code::corrupt, "a row is not there");
  }
  return ms_since(began);
}

Result<Times> measure(const std::string& path, bool is_encrypted, std::uint64_t seed) {
  crypto::SystemRng nonces;
  const auto key = crypto::SecretKey32::make(nonces);
  auto db = TRY(store::Db::open(path, {}, is_encrypted ? &key : nullptr, &nonces));
  TRY(db->make_durable());
  TRY(
      db->run_script("CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT);"
                     "CREATE TABLE small (id INTEGER PRIMARY KEY, body TEXT);"
                     "CREATE VIRTUAL TABLE ft USING fts5(body, content='')"));
  SeededRng rng(seed);
  Times out;
  auto began = Clock::now();
  for (int i = 0; i < kDocuments;) {
    auto transaction = TRY(store::Transaction::begin(*db));
    for (int end = i + 500; i < end; ++i) {
      const auto text = words(rng);
      TRY(run(*db, "INSERT INTO doc VALUES (?, ?)", i, text));
      TRY(run(*db, "INSERT INTO ft (rowid, body) VALUES (?, ?)", i, text));
    }
    TRY(transaction.commit());
  }
  out.insert = ms_since(began);
  out.read = TRY(reads(*db, SeededRng(seed), kDocuments));
  out.cached = TRY(reads(*db, SeededRng(seed), 1000));
  began = Clock::now();
  TRY(db->number("SELECT sum(length(body)) FROM doc"));
  out.scan = ms_since(began);
  began = Clock::now();
  for (int i = 0; i < 300; ++i) {
    TRY(db->number("SELECT count(*) FROM ft WHERE ft MATCH 'wd" + std::to_string(i * 7 % 4000) +
                   " wd" + std::to_string(i * 13 % 4000) + "'"));
  }
  out.search = ms_since(began);
  began = Clock::now();
  for (int i = 0; i < kCommits; ++i) {
    auto transaction = TRY(store::Transaction::begin(*db));
    TRY(run(*db, "INSERT INTO small VALUES (?, ?)", i, "a keystroke"));
    TRY(transaction.commit());
  }
  out.commit = ms_since(began) / kCommits;
  return out;
}

/// One write of a page at the end of a file, and its fsync, in ms.
Result<double> fsync_ms(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return fail(Code::failed, "no file could be made");
  const std::string page(4120, 'x');
  bool ok = true;
  const auto began = Clock::now();
  for (int i = 0; i < kCommits; ++i) {
    ok = ok && ::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()) &&
         ::fdatasync(file) == 0;
  }
  const auto took = ms_since(began) / kCommits;
  ::close(file);
  if (!ok) return fail(Code::failed, "the disk reported an error");
  return took;
}

}  // namespace

/// Per kind of statement {"ms", "plain_ms", "ratio"}, encrypted and plain by turns; for a commit
/// also {"fsync_ms"}, and "ratio" is to that.
Status bench_cipher(const Options& options, const Report& report) {
  const auto folder = TRY(Folder::make());
  std::vector<Times> plain, encrypted;
  std::vector<double> syncs;
  for (int i = 0; i < options.runs; ++i) {
    const auto path = folder.path() + "/" + std::to_string(i);
    plain.push_back(TRY(measure(path + "p", false, options.seed)));
    encrypted.push_back(TRY(measure(path + "e", true, options.seed)));
    syncs.push_back(TRY(fsync_ms(path + "s")));
  }
  const auto take = [&](const std::vector<Times>& all, double Times::*part) {
    std::vector<double> out;
    for (const auto& one : all) out.push_back(one.*part);
    return median(out);
  };
  const auto add = [&](const char* what, double Times::*part) {
    std::vector<double> ratios;  // of neighbours, so that a busy machine slows both
    for (std::size_t i = 0; i < plain.size(); ++i) {
      ratios.push_back(encrypted[i].*part / plain[i].*part);
    }
    report.add(Value::object()
                   .set("bench", "cipher")
                   .set("case", what)
                   .set("ms", take(encrypted, part))
                   .set("plain_ms", take(plain, part))
                   .set("ratio", median(std::move(ratios))));
  };
  add("insert 10,000 documents with their index", &Times::insert);
  add("20,000 point reads all over", &Times::read);
  add("20,000 point reads among 1,000 rows", &Times::cached);
  add("scan", &Times::scan);
  add("300 searches", &Times::search);
  report.add(Value::object()
                 .set("bench", "cipher")
                 .set("case", "commit of a small row")
                 .set("ms", take(encrypted, &Times::commit))
                 .set("plain_ms", take(plain, &Times::commit))
                 .set("fsync_ms", median(syncs))
                 .set("ratio", take(encrypted, &Times::commit) / median(syncs)));
  return {};
}

}  // namespace holm::bench
