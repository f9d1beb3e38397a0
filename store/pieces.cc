// A segment holds sealed pieces one after the other, without marks between them: nobody without the
// store's key sees where one ends. Its end is what the database says; what lies beyond it was left
// by a crash. A file whose sync failed is never written again, since the system may have dropped
// what it could not write and still call the next sync a success.
#include "store/pieces.h"

#include <algorithm>

#include "base/ensure.h"
#include "crypto/seal.h"
#include "store/facts.h"
#include "store/numbers.h"
#include "store/sqlite.h"

namespace holm::store {
namespace {

constexpr std::string_view kGroup = "files";
constexpr std::string_view kKey = "key";
/// A segment is rewritten when at least one in so many of its bytes is garbage.
constexpr std::uint64_t kGarbageShare = 16;

std::uint64_t sealed_bytes(std::uint64_t content) { return content + crypto::kSealOverhead; }

}  // namespace

Pieces::Pieces(Db& db, Facts& facts, SegmentDisk& disk) : db_(db), facts_(facts), disk_(disk) {}

Result<const crypto::SecretKey32*> Pieces::key() const {
  if (!key_) {
    const auto stored = TRY(facts_.get(kGroup, as_bytes(kKey)));
    if (!stored) return fail(Code::not_found, "this device holds no files");
    auto key = crypto::SecretKey32::from(*stored);
    if (!key) return fail(damaged("the key of its files has the wrong length"));
    key_ = std::move(*key);
  }
  return &*key_;
}

Status Pieces::prepare(Rng& rng) {
  ENSURE(db_.in_transaction());
  if (!TRY(facts_.get(kGroup, as_bytes(kKey)))) {
    TRY(facts_.put(kGroup, as_bytes(kKey), crypto::SecretKey32::make(rng).reveal()));
    key_.reset();
  }
  return tidy();
}

Status Pieces::tidy() {
  if (is_tidy_) return {};
  segment_ = 1;
  end_ = 0;
  for (const auto& [number, bytes] : TRY(disk_.list())) {
    auto last =
        TRY(db_.prepare("SELECT at, bytes FROM piece WHERE segment = ? ORDER BY at DESC LIMIT 1"));
    last.bind(number);
    if (!TRY(last.step())) {
      TRY(disk_.remove(number));
      continue;
    }
    segment_ = number;
    end_ = last.count(0) + sealed_bytes(last.count(1));
    if (bytes > end_) TRY(disk_.truncate(number, end_));
  }
  // A segment that the disk lost must not be begun anew under the numbers of its pieces.
  const auto last = TRY(db_.number("SELECT max(segment) FROM piece"));
  if (static_cast<SegmentNo>(last) > segment_) {
    segment_ = static_cast<SegmentNo>(last) + 1;
    end_ = 0;
  }
  if (segment_ < least_) {
    segment_ = least_;
    end_ = 0;
  }
  tick_ = TRY(db_.number("SELECT max(touched) FROM piece"));
  is_tidy_ = true;
  return {};
}

Result<std::int64_t> Pieces::begin_add() {
  ENSURE(is_tidy_);
  return ++tick_;
}

void Pieces::use_new_segment() {
  least_ = ++segment_;
  end_ = 0;
}

Result<std::optional<Pieces::Place>> Pieces::place(const PieceId& id) const {
  if (const auto found = put_.find(id); found != put_.end()) return found->second;
  auto rows =
      TRY(db_.prepare("SELECT p.kind, s.id, p.bytes, p.touched, p.segment, p.at FROM piece p "
                      "JOIN space s ON s.no = p.space_no WHERE p.id = ?"));
  rows.bind(id);
  if (!TRY(rows.step())) return std::optional<Place>();
  Place out;
  out.info.kind = static_cast<std::uint8_t>(rows.number(0));
  out.info.space = TRY(rows.id<SpaceId>(1));
  out.info.bytes = static_cast<std::uint32_t>(rows.number(2));
  out.info.touched = rows.number(3);
  out.segment = rows.count(4);
  out.at = rows.count(5);
  return out;
}

Result<bool> Pieces::has(const PieceId& id) const {
  if (put_.contains(id)) return true;
  auto rows = TRY(db_.prepare("SELECT 1 FROM piece WHERE id = ?"));
  rows.bind(id);
  return rows.step();
}

Result<std::optional<Pieces::Info>> Pieces::find(const PieceId& id) const {
  const auto found = TRY(place(id));
  return found ? std::optional(found->info) : std::nullopt;
}

Status Pieces::put(const SpaceId& space, const PieceId& id, std::uint8_t kind, ByteView content,
                   Rng& rng) {
  ENSURE(is_tidy_);
  if (TRY(has(id))) return touch(id);
  if (end_ >= kSegmentBytes) use_new_segment();
  const auto sealed = crypto::seal(*TRY(key()), id.view(), content, rng);
  dirty_.insert(segment_);
  if (auto written = disk_.write(segment_, end_, sealed); !written) {
    forget();
    return written;
  }
  put_[id] = {{kind, space, static_cast<std::uint32_t>(content.size()), tick_}, segment_, end_};
  end_ += sealed.size();
  unflushed_ += content.size();
  return {};
}

Status Pieces::touch(const PieceId& id) {
  if (put_.contains(id)) return {};
  touched_.insert(id);
  return {};
}

void Pieces::forget() {
  // Where the bytes of a failed write ended is not known.
  if (!dirty_.empty()) use_new_segment();
  put_.clear();
  touched_.clear();
  dirty_.clear();
  unflushed_ = 0;
}

Status Pieces::flush() {
  ENSURE(db_.in_transaction());
  for (const auto number : dirty_) {
    if (auto synced = disk_.sync(number); !synced) {
      forget();
      return synced;
    }
  }
  dirty_.clear();
  auto written = write_rows();
  put_.clear();
  touched_.clear();
  unflushed_ = 0;
  return written;
}

Status Pieces::write_rows() {
  auto add =
      TRY(db_.prepare("INSERT INTO piece (id, kind, space_no, bytes, segment, at, touched) VALUES "
                      "(?,?,?,?,?,?,?)"));
  std::map<SpaceId, std::int64_t> spaces;
  for (const auto& [id, place] : put_) {
    auto& space = spaces[place.info.space];
    if (space == 0) space = TRY(space_no(db_, place.info.space));
    add.bind(id).bind(place.info.kind).bind(space).bind(place.info.bytes);
    TRY(add.bind(place.segment).bind(place.at).bind(place.info.touched).run());
  }
  auto note = TRY(db_.prepare("UPDATE piece SET touched = ? WHERE id = ?"));
  for (const auto& id : touched_) TRY(note.bind(tick_).bind(id).run());
  return {};
}

Result<Bytes> Pieces::open_sealed(const PieceId& id, const Place& place) const {
  const auto sealed = TRY(disk_.read(place.segment, place.at, sealed_bytes(place.info.bytes)));
  auto content = crypto::open(*TRY(key()), id.view(), sealed);
  if (content) return content;
  return fail(Code::corrupt, "a piece of a file is damaged on this device's disk",
              "the rest is untouched", "add the file again, or get it from a teammate");
}

Result<Bytes> Pieces::get(const PieceId& id) {
  const auto found = TRY(place(id));
  if (!found) return fail(Code::not_found, "a piece of the file is not on this device");
  return open_sealed(id, *found);
}

Result<Pieces::Count> Pieces::count() const {
  auto rows = TRY(db_.prepare("SELECT count(*), total(bytes) FROM piece"));
  TRY(rows.step());
  return Count{rows.count(0), static_cast<std::uint64_t>(rows.real(1))};
}

Status Pieces::each(const std::function<Result<bool>(const PieceId&, const Info&)>& visit) const {
  auto rows =
      TRY(db_.prepare("SELECT p.id, p.kind, s.id, p.bytes, p.touched FROM piece p "
                      "JOIN space s ON s.no = p.space_no ORDER BY p.segment, p.at"));
  while (TRY(rows.step())) {
    Info info;
    info.kind = static_cast<std::uint8_t>(rows.number(1));
    info.space = TRY(rows.id<SpaceId>(2));
    info.bytes = static_cast<std::uint32_t>(rows.number(3));
    info.touched = rows.number(4);
    if (!TRY(visit(TRY(rows.id<PieceId>(0)), info))) return {};
  }
  return {};
}

Result<Pieces::Freed> Pieces::sweep(const std::function<bool(const PieceId&)>& is_needed,
                                    std::int64_t since) {
  ENSURE(db_.in_transaction());
  Freed out;
  out.disk_before = TRY(disk_bytes());
  std::vector<PieceId> drop;
  TRY(each([&](const PieceId& id, const Info& info) -> Result<bool> {
    const bool is_kept = is_needed(id) || info.touched >= since || touched_.contains(id);
    auto& count = is_kept ? out.kept : out.freed;
    ++count.pieces;
    count.bytes += info.bytes;
    if (!is_kept) drop.push_back(id);
    return true;
  }));
  auto remove = TRY(db_.prepare("DELETE FROM piece WHERE id = ?"));
  for (const auto& id : drop) TRY(remove.bind(id).run());
  out.disk_after = out.disk_before;
  return out;
}

Status Pieces::wipe_between(SegmentNo number, std::uint64_t from, std::uint64_t to) {
  static constexpr std::size_t kAtOnce = 1u << 20;
  static const Bytes kZeros(kAtOnce);
  for (auto at = from; at < to;) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(to - at, kAtOnce));
    const auto zeros = ByteView(kZeros).first(count);
    const auto here = TRY(disk_.read(number, at, count));
    // What was wiped before is left alone.
    if (!std::equal(here.begin(), here.end(), zeros.begin())) {
      TRY(disk_.write(number, at, zeros));
      dirty_.insert(number);
    }
    at += count;
  }
  return {};
}

Status Pieces::wipe_garbage() {
  if (!put_.empty()) return fail(Code::busy, "a file is being added", "nothing was wiped");
  const auto wipe = [&]() -> Status {
    for (const auto& [number, bytes] : TRY(disk_.list())) {
      auto rows = TRY(db_.prepare("SELECT at, bytes FROM piece WHERE segment = ? ORDER BY at"));
      rows.bind(number);
      std::uint64_t at = 0;
      while (TRY(rows.step())) {
        if (rows.count(0) > at) {
          TRY(wipe_between(number, at, std::min<std::uint64_t>(rows.count(0), bytes)));
        }
        at = std::max(at, rows.count(0) + sealed_bytes(rows.count(1)));
      }
      if (bytes > at) TRY(wipe_between(number, at, bytes));
    }
    for (const auto number : dirty_) TRY(disk_.sync(number));
    return {};
  };
  auto wiped = wipe();
  if (!wiped) {
    forget();
    return wiped;
  }
  dirty_.clear();
  return {};
}

Result<std::uint64_t> Pieces::clean_disk(const InTurn& in_turn, Rng& rng) {
  if (!put_.empty()) return disk_bytes();  // an add is under way; its own end cleans up nothing
  is_tidy_ = false;                        // pieces were dropped: ends are found again
  TRY(in_turn([&] { return prepare(rng); }));
  for (const auto& [number, bytes] : TRY(disk_.list())) {
    std::vector<std::pair<PieceId, Place>> live;
    std::uint64_t live_bytes = 0;
    {
      auto rows = TRY(db_.prepare("SELECT id, at, bytes FROM piece WHERE segment = ? ORDER BY at"));
      rows.bind(number);
      while (TRY(rows.step())) {
        Place place;
        place.segment = number;
        place.at = rows.count(1);
        place.info.bytes = static_cast<std::uint32_t>(rows.number(2));
        live_bytes += sealed_bytes(place.info.bytes);
        live.emplace_back(TRY(rows.id<PieceId>(0)), place);
      }
    }
    if (bytes <= live_bytes || (bytes - live_bytes) * kGarbageShare < bytes) continue;
    if (number == segment_) use_new_segment();
    bool is_whole = true;
    for (auto& [id, place] : live) {
      if (end_ >= kSegmentBytes) use_new_segment();
      const auto sealed = disk_.read(number, place.at, sealed_bytes(place.info.bytes));
      is_whole = sealed.has_value();
      if (!is_whole) break;  // damaged: left for verify to name
      dirty_.insert(segment_);
      TRY(disk_.write(segment_, end_, *sealed));
      place.segment = segment_;
      place.at = end_;
      end_ += sealed->size();
    }
    if (!is_whole) {
      forget();
      continue;
    }
    for (const auto written : std::exchange(dirty_, {})) TRY(disk_.sync(written));
    TRY(in_turn([&]() -> Status {
      auto move = TRY(db_.prepare("UPDATE piece SET segment = ?, at = ? WHERE id = ?"));
      for (const auto& [id, place] : live) {
        TRY(move.bind(place.segment).bind(place.at).bind(id).run());
      }
      return {};
    }));
    TRY(disk_.remove(number));
  }
  return disk_bytes();
}

Result<std::uint64_t> Pieces::disk_bytes() const {
  std::uint64_t out = 0;
  for (const auto& segment : TRY(disk_.list())) out += segment.bytes;
  return out;
}

}  // namespace holm::store
