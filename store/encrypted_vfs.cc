// How SQLite 3.40 uses its files, as far as this file rests on it (pager.c, wal.c):
//
// - The database: reads of whole pages, of the first 100 bytes, and of 16 bytes at 24; writes of
//   whole pages.
// - The write-ahead log: a header of 32 bytes; then frames of 24 + page size bytes. A frame is
//   written as header, then page, either cut in two where a sync falls into it. Within a
//   transaction a frame may be written again: its page alone, later its header alone. Recovery and
//   checksums read whole frames, everything else the page of a frame.
// - The rollback journal of a new file: its header and no page.
//
// A frame's header and page go to the disk in one write, so the header waits here for its page.
// Whatever else writes a part of a frame reads the rest of it first, and seals it anew.
#include "store/encrypted_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "crypto/page_cipher.h"
#include "store/page_memory.h"

namespace holm::store {
namespace {

constexpr std::int64_t kPage = EncryptedVfs::kPageBytes;
constexpr std::int64_t kFileHeader = 100;
constexpr std::int64_t kReserveAt = 20;  // in it: bytes unused at the end of each page
constexpr std::int64_t kLogHeader = 32;
constexpr std::int64_t kFrameHeader = 24;
constexpr std::int64_t kFrame = kFrameHeader + kPage;
// Larger would let SQLite write a journal header as large as a page.
constexpr int kSectorBytes = 512;

using Page = std::array<std::uint8_t, static_cast<std::size_t>(kPage)>;
using Frame = std::array<std::uint8_t, static_cast<std::size_t>(kFrame)>;

enum class Kind : std::uint8_t { database, log, journal };

/// Content of a store in the clear, on the stack for a moment.
template <class Buffer>
struct Wiped : Buffer {
  ~Wiped() { crypto::detail::wipe(this->data(), this->size()); }
};

/// The same for longer: in the memory that SQLite keeps its own pages in (page_memory.h).
struct PlainDelete {
  template <class Buffer>
  void operator()(Buffer* buffer) const {
    if (buffer == nullptr) return;
    crypto::detail::wipe(buffer->data(), buffer->size());
    sqlite3_free(buffer);
  }
};
template <class Buffer>
using Plain = std::unique_ptr<Buffer, PlainDelete>;
/// Null when there is no memory.
template <class Buffer>
Plain<Buffer> make_plain() {
  void* memory = sqlite3_malloc64(sizeof(Buffer));
  return Plain<Buffer>(memory == nullptr ? nullptr : new (memory) Buffer);
}

std::array<std::uint8_t, 8> page_aad(std::int64_t number) {
  std::array<std::uint8_t, 8> out{};
  for (auto& byte : out) {
    byte = static_cast<std::uint8_t>(number);
    number >>= 8;
  }
  return out;
}

/// The page that a frame's header says it is of; 4 bytes, big-endian.
std::int64_t page_of(const std::uint8_t* header) {
  std::int64_t out = 0;
  for (int i = 0; i < 4; ++i) out = out << 8 | header[i];
  return out;
}

/// Pages of the log as they were written. A checkpoint reads each of them once more and writes it
/// into the database: what was sealed a moment ago need neither be opened nor be sealed again. As
/// many as a log holds between two checkpoints (Db): 32 MiB while much is written, else 8 MiB.
class WrittenPages {
 public:
  void put(std::int64_t frame, std::int64_t number, const std::uint8_t* plain,
           const std::uint8_t* sealed) {
    if (frame >= kMax) return;
    served_ = nullptr;
    const auto at = static_cast<std::size_t>(frame);
    if (at >= entries_.size()) entries_.resize(at + 1);
    reached_ = std::max(reached_, at + 1);
    auto& entry = entries_[at];
    if (!entry) entry.reset(new (std::nothrow) Entry);
    if (entry && !entry->plain) entry->plain = make_plain<Page>();
    if (!entry || !entry->plain) return entry.reset();
    entry->number = number;
    std::copy_n(plain, kPage, entry->plain->begin());
    std::copy_n(sealed, kPage, entry->sealed.begin());
    crypto::PageCipher::drop_label(entry->sealed);
  }
  /// The page of a frame; null when it is not kept.
  const Page* serve(std::int64_t frame) {
    const auto at = static_cast<std::size_t>(frame);
    if (at >= entries_.size() || !entries_[at]) return nullptr;
    served_ = entries_[at].get();
    return served_->plain.get();
  }
  /// The sealed form of the page served last, if this is it.
  const Page* sealed(std::int64_t number, const std::uint8_t* plain) const {
    if (served_ == nullptr || served_->number != number ||
        !std::equal(served_->plain->begin(), served_->plain->end(), plain)) {
      return nullptr;
    }
    return &served_->sealed;
  }
  void drop(std::int64_t frame) {
    served_ = nullptr;
    const auto at = static_cast<std::size_t>(frame);
    if (at < entries_.size()) entries_[at].reset();
  }
  void forget() {
    served_ = nullptr;
    entries_.clear();
  }
  /// After a checkpoint. The next log is written over what is kept of this one.
  void rest() {
    served_ = nullptr;
    if (std::exchange(reached_, 0) <= kKept && entries_.size() > kKept) entries_.resize(kKept);
  }

 private:
  static constexpr std::size_t kKept = 1024;
  static constexpr std::int64_t kMax = 4096;
  struct Entry {
    std::int64_t number = 0;  // of the page
    Plain<Page> plain;
    Page sealed;  // without label
  };
  std::vector<std::unique_ptr<Entry>> entries_;
  std::size_t reached_ = 0;  // since the last checkpoint
  const Entry* served_ = nullptr;
};

}  // namespace

struct EncryptedVfs::State {
  State(const crypto::SecretKey32& key, Rng& rng) : cipher(key, rng) {}

  sqlite3_vfs vfs{};
  sqlite3_vfs* base = nullptr;
  std::string name;
  crypto::PageCipher cipher;
  WrittenPages written;
  std::optional<std::string> damage;

  void note_damage(std::string what) {
    if (!damage) damage = std::move(what);
  }
};

namespace {

using State = EncryptedVfs::State;

/// An open file; the base's own follows it in memory.
struct File {
  sqlite3_file base;  // what SQLite sees
  State* state;
  Kind kind;
  // The frame whose parts have come up to `filled`, and are not on the disk yet.
  std::int64_t pending;
  std::int64_t filled;
  Frame* frame;
};

File& file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* below(File& file) { return reinterpret_cast<sqlite3_file*>(&file + 1); }

int read_below(File& file, void* out, std::int64_t len, std::int64_t offset) {
  return below(file)->pMethods->xRead(below(file), out, static_cast<int>(len), offset);
}
int write_below(File& file, const void* data, std::int64_t len, std::int64_t offset) {
  return below(file)->pMethods->xWrite(below(file), data, static_cast<int>(len), offset);
}

// Database.

/// Whether a page leaves its end unused. A connection that was refused that room, say for a disk
/// error while it was set up, must not write.
bool keeps_room(const std::uint8_t* page) {
  return std::all_of(page + kPage - crypto::PageCipher::kOverhead, page + kPage,
                     [](std::uint8_t byte) { return byte == 0; });
}

int read_page(File& file, std::span<std::uint8_t, kPage> page, std::int64_t number) {
  const int code = read_below(file, page.data(), kPage, (number - 1) * kPage);
  if (code == SQLITE_IOERR_SHORT_READ) {
    // The end of the file; a part of a page is what a power cut left of it, or somebody cut it off.
    sqlite3_int64 size = 0;
    const int sized = below(file)->pMethods->xFileSize(below(file), &size);
    if (sized != SQLITE_OK) return sized;
    if (size <= (number - 1) * kPage) return code;
  } else if (code != SQLITE_OK) {
    return code;
  } else if (!crypto::PageCipher::has_label(page) &&
             file.state->cipher.open(page, page_aad(number))) {
    return SQLITE_OK;
  }
  file.state->note_damage("page " + std::to_string(number) + " is not what was written");
  return SQLITE_IOERR_DATA;
}

int read_database(File& file, std::uint8_t* out, std::int64_t len, std::int64_t offset) {
  Wiped<Page> page;
  if (offset == 0 && len == kFileHeader) {
    // Before SQLite looks for a journal that tells how to mend it. It reads the page again after.
    if (read_below(file, page.data(), kPage, 0) == SQLITE_OK &&
        file.state->cipher.open(page, page_aad(1))) {
      std::copy_n(page.begin(), len, out);
      return SQLITE_OK;
    }
    std::fill_n(out, len, std::uint8_t{0});
    return SQLITE_IOERR_SHORT_READ;
  }
  int result = SQLITE_OK;
  while (len > 0) {
    const auto in_page = offset % kPage;
    const auto count = std::min(len, kPage - in_page);
    const bool is_whole = count == kPage;
    const auto into = is_whole ? std::span<std::uint8_t, kPage>(out, kPage)
                               : std::span<std::uint8_t, kPage>(page);
    const int code = read_page(file, into, offset / kPage + 1);
    if (code == SQLITE_OK) {
      if (!is_whole) std::copy_n(page.begin() + in_page, count, out);
    } else {
      std::fill_n(out, count, std::uint8_t{0});
      if (code != SQLITE_IOERR_SHORT_READ) return code;
      result = code;
    }
    out += count;
    offset += count;
    len -= count;
  }
  return result;
}

int write_database(File& file, const std::uint8_t* data, std::int64_t len, std::int64_t offset) {
  if (len != kPage || offset % kPage != 0 || !keeps_room(data)) return SQLITE_IOERR_WRITE;
  if (offset == 0 && data[kReserveAt] != crypto::PageCipher::kOverhead) return SQLITE_IOERR_WRITE;
  if (const auto* again = file.state->written.sealed(offset / kPage + 1, data)) {
    return write_below(file, again->data(), kPage, offset);
  }
  Page sealed;
  file.state->cipher.seal({data, static_cast<std::size_t>(kPage)}, page_aad(offset / kPage + 1),
                          sealed);
  return write_below(file, sealed.data(), kPage, offset);
}

// Write-ahead log.

std::int64_t frame_offset(std::int64_t number) { return kLogHeader + number * kFrame; }

/// Opens a frame in place. False when it is no frame of this store.
bool open_frame(const File& file, Frame& frame) {
  const auto page = std::span(frame).subspan(static_cast<std::size_t>(kFrameHeader));
  const auto header = std::span(frame).first(static_cast<std::size_t>(kFrameHeader));
  const auto& cipher = file.state->cipher;
  return cipher.read_label(page, header) && cipher.open(page, page_aad(page_of(header.data())));
}

int read_frame(File& file, Frame& frame, std::int64_t number, bool& is_ours) {
  const int code = read_below(file, frame.data(), kFrame, frame_offset(number));
  is_ours = code == SQLITE_OK && open_frame(file, frame);
  return code;
}

int write_frame(File& file, const Frame& frame, std::int64_t at) {
  if (!keeps_room(frame.data() + kFrameHeader)) return SQLITE_IOERR_WRITE;
  Frame sealed;
  const auto page = std::span(sealed).subspan(static_cast<std::size_t>(kFrameHeader));
  const auto header = std::span(sealed).first(static_cast<std::size_t>(kFrameHeader));
  const auto number = page_of(frame.data());
  file.state->cipher.seal(std::span(frame).subspan(static_cast<std::size_t>(kFrameHeader)),
                          page_aad(number), page);
  std::copy_n(frame.begin(), kFrameHeader, header.begin());
  file.state->cipher.label(page, header);
  const int code = write_below(file, sealed.data(), kFrame, frame_offset(at));
  if (code == SQLITE_OK) {
    file.state->written.put(at, number, frame.data() + kFrameHeader, page.data());
  } else {
    file.state->written.drop(at);
  }
  return code;
}

/// Puts `data` into a frame that is on the disk.
int change_frame(File& file, const std::uint8_t* data, std::int64_t len, std::int64_t number,
                 std::int64_t at) {
  Wiped<Frame> frame;
  bool is_ours = false;
  const int code = read_frame(file, frame, number, is_ours);
  if (code != SQLITE_OK) return code == SQLITE_IOERR_SHORT_READ ? SQLITE_IOERR_WRITE : code;
  if (!is_ours) {
    file.state->note_damage("the write-ahead log is not what was written");
    return SQLITE_IOERR_DATA;
  }
  std::copy_n(data, len, frame.begin() + at);
  return write_frame(file, frame, number);
}

/// A header whose page did not follow was meant for the frame that is there.
int settle(File& file) {
  if (file.filled != kFrameHeader) return SQLITE_OK;
  file.filled = 0;
  return change_frame(file, file.frame->data(), kFrameHeader, file.pending, 0);
}

int write_log(File& file, const std::uint8_t* data, std::int64_t len, std::int64_t offset) {
  if (offset < kLogHeader) return write_below(file, data, len, offset);
  const auto number = (offset - kLogHeader) / kFrame;
  const auto at = (offset - kLogHeader) % kFrame;
  if (at + len > kFrame) return SQLITE_IOERR_WRITE;
  const bool goes_on = file.filled > 0 && number == file.pending && at == file.filled;
  if (!goes_on) {
    if (file.filled > kFrameHeader) return SQLITE_IOERR_WRITE;  // half a frame is lost
    if (number != file.pending || at > 0) {
      if (const int code = settle(file); code != SQLITE_OK) return code;
    }
    if (at > 0) return change_frame(file, data, len, number, at);
    file.pending = number;
    file.filled = 0;
  }
  std::copy_n(data, len, file.frame->begin() + at);
  file.filled = at + len;
  if (file.filled < kFrame) return SQLITE_OK;
  file.filled = 0;
  return write_frame(file, *file.frame, number);
}

int read_log(File& file, std::uint8_t* out, std::int64_t len, std::int64_t offset) {
  if (const int code = settle(file); code != SQLITE_OK) return code;
  if (offset < kLogHeader) return read_below(file, out, len, offset);
  const auto at = (offset - kLogHeader) % kFrame;
  if (at + len > kFrame) return SQLITE_IOERR_READ;
  const auto number = (offset - kLogHeader) / kFrame;
  if (at >= kFrameHeader) {
    if (const auto* page = file.state->written.serve(number)) {
      std::copy_n(page->begin() + (at - kFrameHeader), len, out);
      return SQLITE_OK;
    }
  }
  Wiped<Frame> frame;
  bool is_ours = false;
  const int code = read_frame(file, frame, number, is_ours);
  if (code != SQLITE_OK) {
    std::fill_n(out, len, std::uint8_t{0});
    return code;
  }
  if (!is_ours && at > 0) {
    // A page that the index of the log says is there.
    file.state->note_damage("the write-ahead log is not what was written");
    return SQLITE_IOERR_DATA;
  }
  std::copy_n(frame.begin() + at, len, out);  // zeros, which end the log, where it is not ours
  return SQLITE_OK;
}

// The methods of a file.

int x_close(sqlite3_file* raw) {
  auto& file = file_of(raw);
  int code = settle(file);
  PlainDelete()(std::exchange(file.frame, nullptr));
  if (file.kind == Kind::log) file.state->written.forget();
  if (below(file)->pMethods != nullptr) {
    const int closed = below(file)->pMethods->xClose(below(file));
    if (code == SQLITE_OK) code = closed;
  }
  return code;
}

int x_read(sqlite3_file* raw, void* out, int len, sqlite3_int64 offset) {
  auto& file = file_of(raw);
  auto* bytes = static_cast<std::uint8_t*>(out);
  switch (file.kind) {
    case Kind::database: return read_database(file, bytes, len, offset);
    case Kind::log: return read_log(file, bytes, len, offset);
    case Kind::journal: break;
  }
  return read_below(file, out, len, offset);
}

int x_write(sqlite3_file* raw, const void* data, int len, sqlite3_int64 offset) {
  auto& file = file_of(raw);
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  switch (file.kind) {
    case Kind::database: return write_database(file, bytes, len, offset);
    case Kind::log: return write_log(file, bytes, len, offset);
    case Kind::journal: break;
  }
  return len < kPage ? write_below(file, data, len, offset) : SQLITE_IOERR_WRITE;
}

int x_truncate(sqlite3_file* raw, sqlite3_int64 size) {
  auto& file = file_of(raw);
  if (const int code = settle(file); code != SQLITE_OK) return code;
  if (file.kind == Kind::log) file.state->written.forget();
  return below(file)->pMethods->xTruncate(below(file), size);
}

int x_sync(sqlite3_file* raw, int flags) {
  auto& file = file_of(raw);
  if (const int code = settle(file); code != SQLITE_OK) return code;
  if (file.kind == Kind::database) file.state->written.rest();  // the end of a checkpoint
  return below(file)->pMethods->xSync(below(file), flags);
}

int x_size(sqlite3_file* raw, sqlite3_int64* size) {
  auto& file = file_of(raw);
  return below(file)->pMethods->xFileSize(below(file), size);
}
int x_lock(sqlite3_file* raw, int level) {
  auto& file = file_of(raw);
  return below(file)->pMethods->xLock(below(file), level);
}
int x_unlock(sqlite3_file* raw, int level) {
  auto& file = file_of(raw);
  return below(file)->pMethods->xUnlock(below(file), level);
}
int x_check_lock(sqlite3_file* raw, int* held) {
  auto& file = file_of(raw);
  return below(file)->pMethods->xCheckReservedLock(below(file), held);
}
int x_control(sqlite3_file* raw, int op, void* argument) {
  auto& file = file_of(raw);
  return below(file)->pMethods->xFileControl(below(file), op, argument);
}
int x_sector(sqlite3_file*) { return kSectorBytes; }
int x_device(sqlite3_file* raw) {
  auto& file = file_of(raw);
  // What a page's write does to its neighbours is as below; that it is atomic nobody can say.
  return below(file)->pMethods->xDeviceCharacteristics(below(file)) &
         (SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SEQUENTIAL |
          SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN);
}

// Version 1: no shared memory, no memory mapping.
constexpr sqlite3_io_methods kMethods = {1,         x_close,  x_read,   x_write,  x_truncate,
                                         x_sync,    x_size,   x_lock,   x_unlock, x_check_lock,
                                         x_control, x_sector, x_device, nullptr,  nullptr,
                                         nullptr,   nullptr,  nullptr,  nullptr};

State& state_of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

int x_open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* raw, int flags, int* out_flags) {
  auto& state = state_of(vfs);
  raw->pMethods = nullptr;
  Kind kind{};
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
    kind = Kind::database;
  } else if ((flags & SQLITE_OPEN_WAL) != 0) {
    kind = Kind::log;
  } else if ((flags & SQLITE_OPEN_MAIN_JOURNAL) != 0) {
    kind = Kind::journal;
  } else {
    return SQLITE_CANTOPEN;  // what is temporary stays in memory
  }
  auto* file = new (raw) File{{nullptr}, &state, kind, 0, 0, nullptr};
  if (kind == Kind::log) {
    file->frame = make_plain<Frame>().release();
    if (file->frame == nullptr) return SQLITE_NOMEM;
  }
  below(*file)->pMethods = nullptr;
  const int code = state.base->xOpen(state.base, path, below(*file), flags, out_flags);
  // With methods SQLite closes the file even where opening has failed.
  file->base.pMethods = &kMethods;
  if (code != SQLITE_OK) {
    x_close(raw);
    file->base.pMethods = nullptr;
  }
  return code;
}

int x_delete(sqlite3_vfs* vfs, const char* path, int sync) {
  auto* base = state_of(vfs).base;
  return base->xDelete(base, path, sync);
}
int x_access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
  auto* base = state_of(vfs).base;
  return base->xAccess(base, path, flags, out);
}
int x_full_path(sqlite3_vfs* vfs, const char* path, int len, char* out) {
  auto* base = state_of(vfs).base;
  return base->xFullPathname(base, path, len, out);
}
int x_randomness(sqlite3_vfs* vfs, int len, char* out) {
  auto* base = state_of(vfs).base;
  return base->xRandomness(base, len, out);
}
int x_sleep(sqlite3_vfs* vfs, int microseconds) {
  auto* base = state_of(vfs).base;
  return base->xSleep(base, microseconds);
}
int x_time(sqlite3_vfs* vfs, double* out) {
  auto* base = state_of(vfs).base;
  return base->xCurrentTime(base, out);
}
int x_last_error(sqlite3_vfs* vfs, int len, char* out) {
  auto* base = state_of(vfs).base;
  return base->xGetLastError != nullptr ? base->xGetLastError(base, len, out) : 0;
}
int x_time64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  auto* base = state_of(vfs).base;
  if (base->iVersion >= 2 && base->xCurrentTimeInt64 != nullptr) {
    return base->xCurrentTimeInt64(base, out);
  }
  double days = 0;
  const int code = base->xCurrentTime(base, &days);
  *out = static_cast<sqlite3_int64>(days * 86'400'000.0);
  return code;
}

}  // namespace

Result<std::unique_ptr<EncryptedVfs>> EncryptedVfs::make(const std::string& base,
                                                         const crypto::SecretKey32* key, Rng* rng) {
  if (key == nullptr) return std::unique_ptr<EncryptedVfs>();
  page_memory();
  auto state = std::make_unique<State>(*key, *rng);
  state->base = sqlite3_vfs_find(base.empty() ? nullptr : base.c_str());
  if (state->base == nullptr) return fail(Code::failed, "there is no SQLite VFS named " + base);
  // Unique among all that are registered.
  state->name = "holm-encrypted-" + std::to_string(reinterpret_cast<std::uintptr_t>(state.get()));
  auto& vfs = state->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + state->base->szOsFile;
  vfs.mxPathname = state->base->mxPathname;
  vfs.zName = state->name.c_str();
  vfs.pAppData = state.get();
  vfs.xOpen = x_open;
  vfs.xDelete = x_delete;
  vfs.xAccess = x_access;
  vfs.xFullPathname = x_full_path;
  vfs.xRandomness = x_randomness;
  vfs.xSleep = x_sleep;
  vfs.xCurrentTime = x_time;
  vfs.xGetLastError = x_last_error;
  vfs.xCurrentTimeInt64 = x_time64;
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
    return fail(Code::failed, "SQLite takes no further VFS");
  }
  return std::unique_ptr<EncryptedVfs>(new EncryptedVfs(std::move(state)));
}

EncryptedVfs::EncryptedVfs(std::unique_ptr<State> state) : state_(std::move(state)) {}
EncryptedVfs::~EncryptedVfs() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& EncryptedVfs::name() const { return state_->name; }

void EncryptedVfs::reserve_bytes(sqlite3* connection) {
  int count = static_cast<int>(crypto::PageCipher::kOverhead);
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &count);
}

std::optional<std::string> EncryptedVfs::take_damage() {
  return std::exchange(state_->damage, std::nullopt);
}

}  // namespace holm::store
