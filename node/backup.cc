#include "node/backup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/wire.h"
#include "crypto/seal.h"
#include "node/home.h"
#include "node/home_key.h"
#include "store/sqlite.h"

namespace holm::node {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kMagic = "holm backup 1\n\r\n";  // 16 bytes
constexpr std::string_view kListAad = "holm backup list v1";
constexpr std::string_view kSectionLabel = "holm backup section v1";
constexpr std::size_t kKeyMax = 1024;
constexpr std::size_t kListMax = 4u << 20;
constexpr std::size_t kPiece = 2u << 20;
constexpr int kStepPages = 256;

tl::unexpected<Error> system_error(const std::string& what, const char* safe) {
  const int number = errno;
  if (number == ENOSPC || number == EDQUOT) {
    return fail(Code::failed, what + ": the disk is full", safe, "free some space and try again");
  }
  return fail(number == EACCES || number == EPERM || number == EROFS ? Code::denied : Code::failed,
              what + ": " + std::strerror(number), safe);
}

constexpr const char* kHomeSafe = "the home is untouched";

Status write_all(int file, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto put = ::write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error("cannot write " + path, kHomeSafe);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

void put_u64(Bytes& out, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}
std::uint64_t get_u64(ByteView raw) {
  std::uint64_t out = 0;
  for (std::size_t i = 8; i-- > 0;) out = out << 8 | raw[i];
  return out;
}

Status sync_parent(const std::string& path) {
  auto folder = fs::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return {};
  ::fsync(handle);
  ::close(handle);
  return {};
}

}  // namespace

Backup::Backup(std::string path, HomeParts parts, WallTime now, Rng& rng)
    : path_(std::move(path)), parts_(std::move(parts)), now_(now), rng_(rng) {}

Backup::~Backup() {
  discard_copy();
  if (file_ >= 0) ::close(file_);
  if (!is_done_) ::unlink((path_ + ".new").c_str());
}

void Backup::discard_copy() {
  copy_.reset();
  if (copy_file_ >= 0) ::close(std::exchange(copy_file_, -1));
  for (const auto* suffix : {".copy", ".copy-journal", ".copy-wal"}) {
    ::unlink((path_ + suffix).c_str());
  }
}

Result<std::unique_ptr<Backup>> Backup::begin(
    const std::string& path, HomeParts parts,
    const std::vector<std::pair<TeamId, store::Store*>>& stores, WallTime now, Rng& rng) {
  if (::access(path.c_str(), F_OK) == 0) {
    return fail(Code::failed, "there is a file " + path + " already", "it was left untouched",
                "name a new one");
  }
  std::unique_ptr<Backup> out(new Backup(path, std::move(parts), now, rng));
  const auto temporary = path + ".new";
  ::unlink(temporary.c_str());
  out->file_ =
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (out->file_ < 0) return system_error("cannot write " + path, kHomeSafe);
  out->discard_copy();
  out->left_.assign(stores.begin(), stores.end());
  Bytes front = to_bytes(kMagic);
  put_u64(front, out->parts_.key.size());
  append(front, out->parts_.key);
  TRY(out->put(front));
  return out;
}

Status Backup::put(ByteView bytes) {
  TRY(write_all(file_, bytes, path_));
  at_ += bytes.size();
  return {};
}

Backup::Section Backup::begin_section() {
  hasher_ = std::make_unique<crypto::Hasher>(kSectionLabel);
  return {.offset = at_, .size = 0, .digest = {}};
}

Status Backup::start_next() {
  const auto [team, store] = left_.front();
  copy_ = std::make_unique<store::DbCopy>(TRY(store->copy_to(path_ + ".copy")));
  entries_.push_back({.team = team, .store = begin_section(), .segments = {}});
  return {};
}

Result<bool> Backup::take_piece() {
  Bytes piece(kPiece);
  ssize_t got = 0;
  do {
    got = ::read(copy_file_, piece.data(), piece.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return system_error("cannot read " + path_ + ".copy", kHomeSafe);
  piece.resize(static_cast<std::size_t>(got));
  TRY(put(piece));
  entries_.back().store.size += piece.size();
  hasher_->update(piece);
  return got == 0;
}

Status Backup::take_segment_piece() {
  auto& disk = left_.front().second->segments();
  const auto& segment = segments_.front();
  auto& held = entries_.back().segments;
  if (held.empty() || held.back().first != segment.number) {
    held.emplace_back(segment.number, begin_section());
  }
  auto& section = held.back().second;
  const auto len = std::min<std::uint64_t>(kPiece, segment.bytes - section.size);
  if (len > 0) {
    const auto piece = TRY(disk.read(segment.number, section.size, len));
    TRY(put(piece));
    section.size += len;
    hasher_->update(piece);
  }
  if (section.size < segment.bytes) return {};
  section.digest = hasher_->finish();
  segments_.pop_front();
  if (segments_.empty()) left_.pop_front();
  return {};
}

Result<bool> Backup::step() {
  if (copy_file_ >= 0) {
    if (!TRY(take_piece())) return false;
    entries_.back().store.digest = hasher_->finish();
    discard_copy();
    const auto segments = TRY(left_.front().second->segments().list());
    segments_.assign(segments.begin(), segments.end());
    if (segments_.empty()) left_.pop_front();
    return false;
  }
  if (!segments_.empty()) {
    TRY(take_segment_piece());
    return false;
  }
  if (copy_) {
    if (!TRY(copy_->step(kStepPages))) return false;
    copy_.reset();
    copy_file_ = ::open((path_ + ".copy").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (copy_file_ < 0) return system_error("cannot read " + path_ + ".copy", kHomeSafe);
    return false;
  }
  if (!left_.empty()) {
    TRY(start_next());
    return false;
  }
  TRY(finish());
  return true;
}

Status Backup::finish() {
  Writer list;
  list.array(4).uint(1).sint(now_.time_since_epoch().count()).bytes(parts_.identity);
  list.array(entries_.size());
  const auto put_section = [&](const Section& section) {
    list.array(3).uint(section.offset).uint(section.size).id(section.digest);
  };
  for (const auto& entry : entries_) {
    put_section((list.array(3).id(entry.team), entry.store));
    list.array(entry.segments.size());
    for (const auto& [number, section] : entry.segments) {
      put_section((list.array(2).uint(number), section));
    }
  }
  auto sealed = crypto::seal(parts_.seal, as_bytes(kListAad), list.view(), rng_);
  put_u64(sealed, sealed.size());
  TRY(put(sealed));
  if (::fsync(file_) != 0) return system_error("cannot write " + path_, kHomeSafe);
  ::close(std::exchange(file_, -1));
  // Never over a file that came meanwhile.
  if (::link((path_ + ".new").c_str(), path_.c_str()) != 0) {
    if (errno == EEXIST) {
      return fail(Code::failed, "there is a file " + path_ + " already", "it was left untouched",
                  "name a new one");
    }
    if (::rename((path_ + ".new").c_str(), path_.c_str()) != 0) {
      return system_error("cannot write " + path_, kHomeSafe);
    }
  }
  ::unlink((path_ + ".new").c_str());
  is_done_ = true;
  return sync_parent(path_);
}

namespace {

/// A file that is read here and there.
class Source {
 public:
  static Result<Source> open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
      if (errno == ENOENT)
        return fail(Code::not_found, "there is no file " + path, "nothing was made");
      return system_error("cannot read " + path, "nothing was made");
    }
    struct stat about {};
    if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
      ::close(file);
      return fail(Code::corrupt, path + " is no backup", "nothing was made");
    }
    return Source(file, static_cast<std::uint64_t>(about.st_size));
  }
  Source(Source&& other) noexcept : file_(std::exchange(other.file_, -1)), size_(other.size_) {}
  Source& operator=(Source&&) = delete;
  ~Source() {
    if (file_ >= 0) ::close(file_);
  }

  std::uint64_t size() const { return size_; }
  /// Errors: corrupt beyond the end.
  Result<Bytes> read(std::uint64_t offset, std::size_t len) const {
    if (offset > size_ || len > size_ - offset) return cut_short();
    Bytes out(len);
    for (std::size_t done = 0; done < len;) {
      const auto got =
          ::pread(file_, out.data() + done, len - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("cannot read the backup", "nothing was made");
      if (got == 0) return cut_short();
      done += static_cast<std::size_t>(got);
    }
    return out;
  }
  static tl::unexpected<Error> cut_short() {
    return fail(Code::corrupt, "the backup is damaged or cut short", "nothing was made",
                "try another copy of it");
  }

 private:
  Source(int file, std::uint64_t size) : file_(file), size_(size) {}
  int file_;
  std::uint64_t size_;
};

/// Part of a backup, and the file of the home that it becomes.
struct Section {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  Digest digest;
  std::string path;  // in teams/
};

Result<Section> take_section(Reader& in, std::string path) {
  Section out;
  TRY(in.array(3));
  out.offset = TRY(in.uint());
  out.size = TRY(in.uint());
  out.digest = TRY(in.id<Digest>());
  out.path = std::move(path);
  return out;
}

Status copy_section(const Source& source, const Section& section, const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return system_error("cannot write " + path, "nothing was made");
  const auto copy = [&]() -> Status {
    crypto::Hasher hasher(kSectionLabel);
    for (std::uint64_t done = 0; done < section.size;) {
      const auto len = std::min<std::uint64_t>(kPiece, section.size - done);
      const auto piece = TRY(source.read(section.offset + done, len));
      hasher.update(piece);
      TRY(write_all(file, piece, path));
      done += len;
    }
    if (hasher.finish() != section.digest) return Source::cut_short();
    if (::fsync(file) != 0) return system_error("cannot write " + path, "nothing was made");
    return {};
  };
  auto done = copy();
  ::close(file);
  return done;
}

}  // namespace

Result<Value> restore_home(const std::string& file, const std::string& dir, const Unlock& unlock) {
  std::error_code error;
  if (fs::exists(dir, error) && !fs::is_empty(dir, error)) {
    return fail(Code::failed, "there is something in " + dir + " already", "it was left untouched",
                "name a new folder with --home");
  }
  const auto source = TRY(Source::open(file));
  const auto front = source.read(0, kMagic.size() + 8);
  if (!front || as_text(ByteView(*front).first(kMagic.size())) != kMagic) {
    return fail(Code::corrupt, file + " is no backup of a home", "nothing was made");
  }
  const auto key_len = get_u64(ByteView(*front).subspan(kMagic.size()));
  if (key_len > kKeyMax || source.size() < kMagic.size() + 16) return Source::cut_short();
  const auto key_record = TRY(source.read(kMagic.size() + 8, key_len));
  const auto key = TRY(read_key_record(key_record, unlock));
  const auto list_len = get_u64(TRY(source.read(source.size() - 8, 8)));
  if (list_len > kListMax || list_len > source.size() - 8) return Source::cut_short();
  const auto sealed = TRY(source.read(source.size() - 8 - list_len, list_len));
  auto list = crypto::open(key.derive(kBackupKey), as_bytes(kListAad), sealed);
  if (!list) return Source::cut_short();
  Bytes identity;
  std::vector<Section> sections;
  std::vector<std::string> folders;
  std::size_t teams = 0;
  std::int64_t made_at = 0;
  const auto parse = [&]() -> Status {
    auto in = TRY(Reader::open(*list));
    TRY(in.array(4));
    if (TRY(in.uint()) != 1) return fail(Code::unsupported, "made by a newer Holm");
    made_at = TRY(in.sint());
    identity = to_bytes(TRY(in.bytes()));
    for (auto n = TRY(in.array()); n > 0; --n) {
      TRY(in.array(3));
      const auto team = TRY(in.id<TeamId>()).text();
      sections.push_back(TRY(take_section(in, team + ".db")));
      ++teams;
      auto segments = TRY(in.array());
      if (segments > 0) folders.push_back(team + ".files");
      for (; segments > 0; --segments) {
        TRY(in.array(2));
        const auto name = store::segment_name(TRY(in.uint()));
        sections.push_back(TRY(take_section(in, folders.back() + "/" + name)));
      }
    }
    return in.end();
  };
  if (auto parsed = parse(); !parsed) {
    if (parsed.error().code == Code::unsupported) return fail(std::move(parsed).error());
    return Source::cut_short();
  }
  const bool was_there = fs::exists(dir, error);
  const auto make = [&]() -> Status {
    fs::create_directories(dir + "/teams", error);
    if (error) {
      errno = error.value();
      return system_error("cannot make the folder " + dir, "nothing was made");
    }
    if (::chmod(dir.c_str(), 0700) != 0 || ::chmod((dir + "/teams").c_str(), 0700) != 0) {
      return system_error("cannot protect the folder " + dir, "nothing was made");
    }
    for (const auto& folder : folders) {
      if (::mkdir((dir + "/teams/" + folder).c_str(), 0700) != 0) {
        return system_error("cannot make the folder " + folder, "nothing was made");
      }
    }
    for (const auto& section : sections) {
      TRY(copy_section(source, section, dir + "/teams/" + section.path));
    }
    TRY(write_file(dir + "/key", key_record, 0600));
    return write_file(dir + "/identity", identity, 0600);  // last: without it, it is no home
  };
  if (auto made = make(); !made) {
    fs::remove_all(was_there ? fs::path(dir) / "teams" : fs::path(dir), error);
    if (was_there) ::unlink((dir + "/key").c_str());
    return fail(std::move(made).error());
  }
  return Value::object()
      .set("teams", teams)
      .set("made_at", made_at)
      .set("bytes", source.size())
      .set("home", dir);
}

}  // namespace holm::node
