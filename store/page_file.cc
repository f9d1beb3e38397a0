#include "store/page_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "crypto/page_cipher.h"
#include "store/page_memory.h"

namespace holm::store {
namespace {

constexpr std::int64_t kPage = EncryptedVfs::kPageBytes;
constexpr std::int64_t kLogHeader = 32;
constexpr std::int64_t kFrameHeader = 24;
constexpr std::uint32_t kLogMagic = 0x377f0682;  // the lowest bit: words of the checksum big-endian

std::uint32_t big(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}
std::uint32_t little(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(bytes[3]) << 24 | static_cast<std::uint32_t>(bytes[2]) << 16 |
         static_cast<std::uint32_t>(bytes[1]) << 8 | bytes[0];
}

/// The running checksum of a write-ahead log.
struct Checksum {
  bool is_big = false;
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  void add(std::span<const std::uint8_t> bytes) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      const auto word = [&](std::size_t at) {
        return is_big ? big(bytes.subspan(at, 4)) : little(bytes.subspan(at, 4));
      };
      first += word(i) + second;
      second += word(i + 4) + first;
    }
  }
  bool is(std::span<const std::uint8_t> bytes) const {
    return big(bytes) == first && big(bytes.subspan(4)) == second;
  }
};

Error disk_error(int code) {
  return {Code::failed, "the disk reported an error (" + std::string(sqlite3_errstr(code)) + ")",
          "what was saved before is safe", "try again; if it stays, check the disk"};
}

/// An open file of a VFS.
class File {
 public:
  explicit File(sqlite3_vfs* vfs)
      : vfs_(vfs),
        room_((static_cast<std::size_t>(vfs->szOsFile) + sizeof(std::max_align_t) - 1) /
              sizeof(std::max_align_t)) {}
  ~File() {
    if (handle()->pMethods != nullptr) handle()->pMethods->xClose(handle());
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int open(const char* name, int flags) {
    return vfs_->xOpen(vfs_, name, handle(), flags, nullptr);
  }
  Result<std::int64_t> size() {
    sqlite3_int64 out = 0;
    const int code = handle()->pMethods->xFileSize(handle(), &out);
    if (code != SQLITE_OK) return fail(disk_error(code));
    return static_cast<std::int64_t>(out);
  }
  int read(std::span<std::uint8_t> out, std::int64_t at) {
    return handle()->pMethods->xRead(handle(), out.data(), static_cast<int>(out.size()), at);
  }

 private:
  sqlite3_file* handle() { return reinterpret_cast<sqlite3_file*>(room_.data()); }

  sqlite3_vfs* vfs_;
  std::vector<std::max_align_t> room_;
};

/// Whether a read failed since the bytes are not what was written, rather than for the disk.
bool is_damage(int code) {
  return code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_SHORT_READ ||
         (code & 0xff) == SQLITE_CORRUPT;
}

}  // namespace

struct PageFile::State {
  std::unique_ptr<EncryptedVfs> encrypted;
  sqlite3_filename name = nullptr;  ///< as VFSes take it
  std::unique_ptr<File> main;
  std::unique_ptr<File> log;
  std::map<std::uint32_t, std::int64_t> in_log;  ///< page -> where its newest version begins
  std::uint32_t count = 0;
  std::size_t usable = kPage;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    log.reset();
    main.reset();
    sqlite3_free_filename(name);
  }

  Status read_log();
};

/// Takes up what is committed in the log, as SQLite would.
Status PageFile::State::read_log() {
  std::array<std::uint8_t, kLogHeader> header{};
  const int code = log->read(header, 0);
  if (code == SQLITE_IOERR_SHORT_READ) return {};
  if (code != SQLITE_OK) return fail(disk_error(code));
  const std::span<const std::uint8_t> bytes(header);
  Checksum sum;
  sum.is_big = (big(bytes) & 1U) != 0;
  sum.add(bytes.first(24));
  if ((big(bytes) & ~1U) != kLogMagic || big(bytes.subspan(8)) != kPage ||
      !sum.is(bytes.subspan(24))) {
    return {};
  }
  std::map<std::uint32_t, std::int64_t> pending;
  Page page;
  for (std::int64_t at = kLogHeader;; at += kFrameHeader + kPage) {
    std::array<std::uint8_t, kFrameHeader> frame{};
    int read = log->read(frame, at);
    if (read == SQLITE_OK) read = log->read(page, at + kFrameHeader);
    if (is_damage(read)) return {};
    if (read != SQLITE_OK) return fail(disk_error(read));
    const std::span<const std::uint8_t> head(frame);
    if (!std::equal(head.begin() + 8, head.begin() + 16, bytes.begin() + 16)) return {};
    sum.add(head.first(8));
    sum.add(page);
    if (!sum.is(head.subspan(16)) || big(head) == 0) return {};
    pending[big(head)] = at + kFrameHeader;
    const auto pages = big(head.subspan(4));
    if (pages == 0) continue;
    for (const auto& [number, place] : pending) in_log[number] = place;
    pending.clear();
    count = pages;
  }
}

PageFile::PageFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
PageFile::~PageFile() = default;

Result<std::unique_ptr<PageFile>> PageFile::open(const std::string& path, const std::string& vfs,
                                                 const crypto::SecretKey32* key, Rng* rng) {
  auto state = std::make_unique<State>();
  state->encrypted = TRY(EncryptedVfs::make(vfs, key, rng));
  const auto through = state->encrypted ? state->encrypted->name() : vfs;
  if (state->encrypted) {
    state->usable = static_cast<std::size_t>(kPage) - crypto::PageCipher::kOverhead;
  }
  page_memory();
  auto* at = sqlite3_vfs_find(through.empty() ? nullptr : through.c_str());
  if (at == nullptr) return fail(Code::failed, "there is no SQLite VFS named " + through);
  state->name = sqlite3_create_filename(path.c_str(), (path + "-journal").c_str(),
                                        (path + "-wal").c_str(), 0, nullptr);
  int found = 0;
  if (at->xAccess(at, path.c_str(), SQLITE_ACCESS_EXISTS, &found) != SQLITE_OK || found == 0) {
    return fail(Code::not_found, "there is no store at " + path);
  }
  state->main = std::make_unique<File>(at);
  int code = state->main->open(state->name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB);
  if (code != SQLITE_OK) return fail(disk_error(code));
  state->count = static_cast<std::uint32_t>((TRY(state->main->size()) + kPage - 1) / kPage);
  code = at->xAccess(at, sqlite3_filename_wal(state->name), SQLITE_ACCESS_EXISTS, &found);
  if (code != SQLITE_OK) return fail(disk_error(code));
  if (found != 0) {
    state->log = std::make_unique<File>(at);
    code = state->log->open(sqlite3_filename_wal(state->name),
                            SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL);
    if (code != SQLITE_OK) return fail(disk_error(code));
    TRY(state->read_log());
  }
  return std::unique_ptr<PageFile>(new PageFile(std::move(state)));
}

std::uint32_t PageFile::count() const { return state_->count; }
std::size_t PageFile::usable() const { return state_->usable; }

Result<std::optional<PageFile::Page>> PageFile::page(std::uint32_t number) {
  Page out;
  const auto newer = state_->in_log.find(number);
  const int code = newer != state_->in_log.end()
                       ? state_->log->read(out, newer->second)
                       : state_->main->read(out, (std::int64_t{number} - 1) * kPage);
  if (code == SQLITE_OK) return std::optional(out);
  if (is_damage(code)) return std::optional<Page>();
  return fail(disk_error(code));
}

}  // namespace holm::store
