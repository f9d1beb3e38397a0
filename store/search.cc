// FTS5 holds sets of object numbers per term (detail=none) and no content, so a change of a row is
// the set of terms that go, as a 'delete', and the set that come, as an insert. Each row is written
// as one of both, or only inserted when it is new, so that FTS5's count of rows stays true. Rows
// are written by ascending number: FTS5 empties its buffer whenever the number falls.
#include "store/search.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "base/ensure.h"
#include "base/wire.h"
#include "store/object_rows.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

// A text of fewer bytes is indexed in the turn that changes it.
constexpr std::size_t kLateBytes = 1024;
// So many may be late for long: what a question waits for.
constexpr std::size_t kLateMax = 8;
// A turn that touches more is part of an exchange: all of it is late, and brought up to date in
// steps, or when so many are.
constexpr std::size_t kAtOnceMax = 64;
constexpr std::size_t kLateMost = 2048;
constexpr std::size_t kStep = 64;
// Touched objects that are indexed before the turn ends, to bound memory.
constexpr std::size_t kTouchedMax = 4096;
constexpr std::size_t kTakenMax = 4096;

std::string join(const std::vector<std::string>& terms) {
  std::string out;
  std::size_t bytes = 0;
  for (const auto& term : terms) bytes += term.size() + 1;
  out.reserve(bytes);
  for (const auto& term : terms) {
    if (!out.empty()) out += ' ';
    out += term;
  }
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto cut = std::min(text.find(' '), text.size());
    if (cut > 0) out.emplace_back(text.substr(0, cut));
    text.remove_prefix(std::min(cut + 1, text.size()));
  }
  return out;
}

/// What Indexer promises of terms: bytes that FTS5's tokenizer takes for one word.
bool is_term(std::string_view term) {
  return !term.empty() && std::all_of(term.begin(), term.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '~' || c == '=';
  });
}

/// A term as a string of FTS5's query language; of what is no term, one that nothing holds.
void append_term(std::string& out, std::string_view term) {
  out.append("\"").append(is_term(term) ? term : "=_").append("\"");
}

void append_match(std::string& out, const Match& match);

void append_parts(std::string& out, const std::vector<Match>& parts, std::string_view between) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += between;
    append_match(out, parts[i]);
  }
}

void append_match(std::string& out, const Match& match) {
  switch (match.kind) {
    case Match::Kind::term: append_term(out, match.term); return;
    case Match::Kind::prefix:
      append_term(out, match.term);
      out += '*';
      return;
    case Match::Kind::any:
      out += '(';
      append_parts(out, match.parts, " OR ");
      out += ')';
      return;
    case Match::Kind::all:
      out += "((";
      append_parts(out, match.parts, " AND ");
      out += ')';
      if (!match.without.empty()) {
        out += " NOT (";
        append_parts(out, match.without, " OR ");
        out += ')';
      }
      out += ')';
      return;
  }
}

std::uint64_t mix(std::string_view term) {
  std::uint64_t out = 1469598103934665603u;  // FNV-1a
  for (const char c : term) out = (out ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return out ^ (out >> 29);
}

}  // namespace

Search::Search(Db& db, Indexer indexer)
    : db_(db), indexer_(std::move(indexer)), words_(db), rows_(std::make_unique<ObjectRows>(db)) {}
Search::~Search() = default;

Status Search::open() {
  if (!is_on()) return {};
  {
    auto rows = TRY(db_.prepare("SELECT version FROM search_spec"));
    if (TRY(rows.step()) && rows.number(0) == indexer_.version) return load_late();
  }
  return rebuild();
}

Result<std::optional<MemberId>> Search::author(const LogId& log) {
  if (const auto known = authors_.find(log); known != authors_.end()) return known->second;
  auto rows = TRY(db_.prepare("SELECT member FROM log WHERE id = ?"));
  rows.bind(log);
  // Names of seed ops are no logs, and a log that is unknown may come yet.
  if (!TRY(rows.step())) return std::nullopt;
  std::optional<MemberId> out = TRY(rows.id<MemberId>(0));
  authors_[log] = out;
  return out;
}

Result<Search::Now> Search::terms_now(std::int64_t object_no) {
  Now out;
  auto rows =
      TRY(db_.prepare("SELECT space.id, object.id, object.state FROM object JOIN space "
                      "ON space.no = object.space_no WHERE object.no = ? AND state IS NOT NULL"));
  rows.bind(object_no);
  if (!TRY(rows.step())) return out;
  const auto space = TRY(rows.id<SpaceId>(0));
  const auto state = TRY(rows_->unpack(TRY(rows.id<ObjectId>(1)), rows.blob(2)));
  std::map<std::uint32_t, std::string> texts;
  auto fields = TRY(db_.prepare("SELECT field, content FROM text WHERE object_no = ?"));
  fields.bind(object_no);
  while (TRY(fields.step())) {
    auto& text = texts[static_cast<std::uint32_t>(fields.number(0))];
    text = TRY(read_content(fields, 1));
    out.text_bytes += text.size();
  }
  out.terms = indexer_.terms_of({space, state, texts, TRY(author(state.born.stamp.id.log))});
  return out;
}

Status Search::load_late() {
  if (is_late_loaded_) return {};
  auto rows = TRY(db_.prepare("SELECT object_no FROM search_late"));
  while (TRY(rows.step())) late_.insert(rows.number(0));
  is_late_loaded_ = true;
  return {};
}

Status Search::touch(std::int64_t object_no) {
  if (!is_on() || touched_.contains(object_no)) return {};
  ENSURE(db_.in_transaction());
  TRY(load_late());
  if (late_.contains(object_no)) return {};
  if (touched_.size() >= kTouchedMax) TRY(end_turn());
  auto before = TRY(terms_now(object_no));
  touched_[object_no] = {std::move(before.terms), before.text_bytes, false};
  return {};
}

Status Search::touch_now(std::int64_t object_no) {
  if (!is_on()) return {};
  TRY(touch(object_no));
  if (!touched_.contains(object_no)) {  // late: what is noted is what the index has
    auto rows = TRY(db_.prepare("SELECT terms FROM search_late WHERE object_no = ?"));
    rows.bind(object_no);
    Touched noted;
    if (TRY(rows.step())) noted.before = split(rows.text(0));
    touched_[object_no] = std::move(noted);
    auto remove = TRY(db_.prepare("DELETE FROM search_late WHERE object_no = ?"));
    TRY(remove.bind(object_no).run());
    late_.erase(object_no);
  }
  touched_[object_no].now = true;
  return {};
}

Status Search::write(std::int64_t object_no, const Terms& before, const Terms& after) {
  Terms gone;
  Terms differing;
  if (!before.empty()) {
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(gone));
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(differing));
  }
  const auto& fresh = before.empty() ? after : differing;
  if (gone.empty() && fresh.empty()) return {};
  if (!before.empty()) {
    auto remove =
        TRY(db_.prepare("INSERT INTO search (search, rowid, terms) VALUES ('delete', ?, ?)"));
    TRY(remove.bind(object_no).bind(std::string_view(join(gone))).run());
  }
  if (!after.empty()) {
    auto insert = TRY(db_.prepare("INSERT INTO search (rowid, terms) VALUES (?, ?)"));
    TRY(insert.bind(object_no).bind(std::string_view(join(fresh))).run());
  }
  for (const auto& term : fresh) {
    if (SearchWords::is_word(term)) TRY(words_.add(term));
  }
  for (auto& term : gone) {
    if (SearchWords::is_word(term)) taken_.insert(std::move(term));
  }
  return {};
}

/// Words that nothing holds any more leave the list of words, so that it says nothing of what was
/// erased.
Status Search::drop_unused() {
  for (const auto& word : taken_) {
    auto rows = TRY(db_.prepare("SELECT 1 FROM search WHERE search MATCH ? LIMIT 1"));
    std::string match;
    append_term(match, word);
    rows.bind(std::string_view(match));
    const bool is_used = TRY(rows.step());
    rows.reset();
    if (!is_used) TRY(words_.remove(word));
  }
  taken_.clear();
  return {};
}

Status Search::end_turn() {
  if (!is_on() || touched_.empty()) return {};
  auto touched = std::move(touched_);
  touched_.clear();
  const bool is_exchange = touched.size() > kAtOnceMax;
  for (auto& [no, was] : touched) {
    if (is_exchange && !was.now) {
      TRY(note_late(no, was.before));
      continue;
    }
    auto now = TRY(terms_now(no));
    const bool is_long = was.text_bytes > kLateBytes || now.text_bytes > kLateBytes;
    if (!was.now && !was.before.empty() && is_long && was.before != now.terms) {
      TRY(note_late(no, was.before));
      continue;
    }
    TRY(write(no, was.before, now.terms));
    if (taken_.size() > kTakenMax) TRY(drop_unused());
  }
  TRY(drop_unused());
  if (late_.size() > kLateMost) return settle();
  if (!is_exchange && has_backlog()) TRY(settle_first(kLateMax + 1));
  return {};
}

/// `terms`: what the index has of it.
Status Search::note_late(std::int64_t object_no, const Terms& terms) {
  auto note =
      TRY(db_.prepare("INSERT OR REPLACE INTO search_late (object_no, terms) VALUES (?, ?)"));
  TRY(note.bind(object_no).bind(std::string_view(join(terms))).run());
  late_.insert(object_no);
  return {};
}

Status Search::index_late(std::int64_t object_no) {
  Terms before;
  {
    auto rows = TRY(db_.prepare("SELECT terms FROM search_late WHERE object_no = ?"));
    rows.bind(object_no);
    if (TRY(rows.step())) before = split(rows.text(0));
  }
  TRY(write(object_no, before, TRY(terms_now(object_no)).terms));
  auto remove = TRY(db_.prepare("DELETE FROM search_late WHERE object_no = ?"));
  return remove.bind(object_no).run();
}

void Search::rolled_back() {
  touched_.clear();
  late_.clear();
  taken_.clear();
  authors_.clear();
  is_late_loaded_ = false;
  words_.forget();
}

Result<bool> Search::is_settled() {
  if (!is_on()) return true;
  TRY(load_late());
  return touched_.empty() && late_.empty();
}

Status Search::settle() {
  if (!is_on()) return {};
  ENSURE(db_.in_transaction());
  TRY(end_turn());
  TRY(load_late());
  return settle_first(late_.size());
}

bool Search::has_backlog() const { return late_.size() > kLateMax; }

Status Search::settle_some() {
  if (!is_on()) return {};
  ENSURE(db_.in_transaction());
  return settle_first(kStep);
}

/// Those of the lowest numbers.
Status Search::settle_first(std::size_t count) {
  for (; count > 0 && !late_.empty(); --count) {
    const auto no = *late_.begin();
    late_.erase(late_.begin());
    TRY(index_late(no));
    if (taken_.size() > kTakenMax) TRY(drop_unused());
  }
  return drop_unused();
}

Result<std::vector<Search::Row>> Search::matching(const Match& match, std::uint64_t before,
                                                  std::size_t limit) {
  ENSURE(TRY(is_settled()));
  std::string question;
  append_match(question, match);
  auto rows = TRY(
      db_.prepare("SELECT search.rowid, space.id, object.id, object.type FROM search "
                  "CROSS JOIN object ON object.no = search.rowid "
                  "CROSS JOIN space ON space.no = object.space_no "
                  "WHERE search MATCH ? AND search.rowid < ? ORDER BY search.rowid DESC LIMIT ?"));
  constexpr std::uint64_t kLast = INT64_MAX;
  rows.bind(std::string_view(question));
  rows.bind(std::min(before, kLast)).bind(std::min<std::uint64_t>(limit, kLast));
  std::vector<Row> out;
  while (TRY(rows.step())) {
    const auto no = rows.count(0);
    const auto space = TRY(rows.id<SpaceId>(1));
    const auto object = TRY(rows.id<ObjectId>(2));
    out.push_back({space, object, static_cast<std::uint32_t>(rows.number(3)), no});
  }
  return out;
}

Result<std::uint64_t> Search::bytes() {
  auto bytes = TRY(db_.number("SELECT sum(length(block)) FROM search_data"));
  bytes += TRY(db_.number("SELECT sum(length(term) + 8) FROM search_idx"));
  bytes += TRY(db_.number("SELECT sum(length(word) + 3) FROM search_word"));
  return static_cast<std::uint64_t>(bytes);
}

Status Search::scrub() {
  TRY(settle());
  db_.scrub_wal();
  return db_.run_script("INSERT INTO search (search) VALUES ('optimize')");
}

Status Search::rebuild() {
  ENSURE(db_.in_transaction());
  touched_.clear();
  taken_.clear();
  late_.clear();
  is_late_loaded_ = true;
  TRY(db_.run_script("DELETE FROM search_late"));
  TRY(words_.clear());
  TRY(db_.run_script("INSERT INTO search (search) VALUES ('delete-all')"));
  if (is_on()) {
    std::int64_t last = 0;
    for (;;) {
      std::int64_t no = 0;
      {
        auto next = TRY(db_.prepare(
            "SELECT no FROM object WHERE no > ? AND state IS NOT NULL ORDER BY no LIMIT 1"));
        next.bind(last);
        if (!TRY(next.step())) break;
        no = next.number(0);
      }
      TRY(write(no, {}, TRY(terms_now(no)).terms));
      last = no;
    }
  }
  TRY(db_.run_script("DELETE FROM search_spec"));
  auto note = TRY(db_.prepare("INSERT INTO search_spec (version) VALUES (?)"));
  return note.bind(indexer_.version).run();
}

Result<std::vector<std::string>> Search::check(std::size_t limit) {
  std::vector<std::string> out;
  if (!is_on()) return out;
  ENSURE(TRY(is_settled()));
  // Per object the sum over its terms: in the index, less what merged state says.
  std::unordered_map<std::int64_t, std::uint64_t> sums;
  std::unordered_set<std::string> words;
  {
    auto rows = TRY(db_.prepare("SELECT term, doc FROM search_posting"));
    while (TRY(rows.step())) {
      sums[rows.number(1)] += mix(rows.text(0));
      if (SearchWords::is_word(rows.text(0))) words.emplace(rows.text(0));
    }
  }
  auto rows = TRY(db_.prepare("SELECT no, id FROM object WHERE state IS NOT NULL"));
  while (TRY(rows.step())) {
    const auto no = rows.number(0);
    auto sum = sums.find(no);
    std::uint64_t found = 0;
    if (sum != sums.end()) {
      found = sum->second;
      sums.erase(sum);
    }
    for (const auto& term : TRY(terms_now(no)).terms) found -= mix(term);
    if (found != 0 && out.size() < limit) {
      out.push_back("search does not find the object " + hex(rows.blob(1)).substr(0, 12) +
                    " by what it says");
    }
  }
  if (!sums.empty() && out.size() < limit) out.emplace_back("search finds what is not there");
  std::uint64_t listed = 0;
  auto list = TRY(db_.prepare("SELECT word FROM search_word"));
  while (TRY(list.step())) listed += words.erase(std::string(list.text(0))) > 0 ? 1 : UINT32_MAX;
  if ((!words.empty() || listed >= UINT32_MAX) && out.size() < limit) {
    out.emplace_back("the list of words in use is not what search finds by");
  }
  return out;
}

}  // namespace holm::store
