#include "tests/support/sim_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/ensure.h"
#include "base/rng.h"
#include "store/page_memory.h"

namespace holm::test {
namespace {

constexpr std::uint64_t kSector = 512;

struct Write {
  std::uint64_t offset = 0;
  Bytes data;
};
struct Truncate {
  std::uint64_t size = 0;
};

/// A file's content, and how it came about since it was last synced. Lives on after its name is
/// deleted, as long as a connection has it open.
struct Inode {
  Bytes synced;
  Bytes content;
  std::vector<std::variant<Write, Truncate>> pending;  ///< synced + pending = content
  std::map<const void*, int> locks;                    ///< connection -> SQLITE_LOCK_ level held
};
using InodeRef = std::shared_ptr<Inode>;
using Directory = std::map<std::string, InodeRef>;

void put(Bytes& content, std::uint64_t offset, ByteView data) {
  if (content.size() < offset + data.size()) content.resize(offset + data.size());
  std::copy(data.begin(), data.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

Directory directory_of(const SimDisk::Snapshot& files) {
  Directory out;
  for (const auto& [path, content] : files) {
    auto inode = std::make_shared<Inode>();
    inode->synced = content;
    inode->content = content;
    out[path] = std::move(inode);
  }
  return out;
}

}  // namespace

struct SimDisk::State {
  std::string name;
  SeededRng rng;
  sqlite3_vfs vfs{};
  Directory files;         ///< as programs see them
  Directory synced_files;  ///< names that a power loss leaves alone
  bool powered = true;
  std::uint64_t epoch = 1;  ///< connections of an earlier one are dead
  std::optional<std::uint64_t> capacity;
  std::uint64_t changes = 0;
  std::uint64_t operations = 0;
  std::uint64_t syncs = 0;
  std::uint64_t crash_at = 0;  ///< value of `changes`; 0: never
  std::uint64_t fail_at = 0;   ///< value of `operations`; 0: never

  State(std::string its_name, std::uint64_t seed) : name(std::move(its_name)), rng(seed) {}

  std::uint64_t used() const {
    std::uint64_t out = 0;
    std::set<const Inode*> seen;  // one may have several names
    for (const auto& [path, inode] : files) {
      if (seen.insert(inode.get()).second) out += inode->content.size();
    }
    return out;
  }

  /// What a power loss leaves of a file.
  Bytes survivor(const Inode& inode) {
    Bytes out = inode.synced;
    for (const auto& change : inode.pending) {
      if (const auto* cut = std::get_if<Truncate>(&change)) {
        if (rng.chance(50)) out.resize(cut->size);
        continue;
      }
      const auto& write = std::get<Write>(change);
      enum class Fate { whole, torn, lost };
      const auto fate = static_cast<Fate>(rng.below(3));
      for (std::uint64_t done = 0; done < write.data.size();) {
        const auto offset = write.offset + done;
        const auto part =
            std::min<std::uint64_t>(kSector - offset % kSector, write.data.size() - done);
        if (fate == Fate::whole || (fate == Fate::torn && rng.chance(50))) {
          put(out, offset, ByteView(write.data).subspan(done, part));
        }
        done += part;
      }
    }
    return out;
  }

  void crash() {
    std::set<std::string> paths;
    for (const auto& [path, inode] : files) paths.insert(path);
    for (const auto& [path, inode] : synced_files) paths.insert(path);
    Snapshot after;
    for (const auto& path : paths) {
      const auto now = files.find(path);
      const auto safe = synced_files.find(path);
      const InodeRef seen = now == files.end() ? nullptr : now->second;
      InodeRef kept = safe == synced_files.end() ? nullptr : safe->second;
      if (seen != kept && rng.chance(50)) kept = seen;
      if (kept != nullptr) after[path] = survivor(*kept);
    }
    become(after);
    powered = false;
  }

  void become(const Snapshot& snapshot) {
    files = directory_of(snapshot);
    synced_files = files;
    ++epoch;
    crash_at = 0;
    fail_at = 0;
  }

  /// Counts an operation of a connection. False: it has to fail.
  bool operate(std::uint64_t connection_epoch) {
    if (!powered || connection_epoch != epoch) return false;
    ++operations;
    if (operations != fail_at) return true;
    fail_at = 0;
    return false;
  }

  /// Counts a change, and ends the power when it is the one chosen for that. False: it did.
  bool survives_change() {
    ++changes;
    if (changes != crash_at) return true;
    crash();
    return false;
  }
};

namespace {

using State = SimDisk::State;

/// What a connection needs of its open file; SQLite allocates room for the pointer.
struct Open {
  State* disk = nullptr;
  InodeRef inode;
  std::string path;  ///< empty: a temporary file without a name
  std::uint64_t epoch = 0;
  bool delete_on_close = false;
  bool syncs_names = false;  ///< the first sync is one of the folder too

  bool is_alive() const { return disk->powered && epoch == disk->epoch; }
};
struct File {
  sqlite3_file base;
  Open* open;
};

Open& opened(sqlite3_file* file) { return *reinterpret_cast<File*>(file)->open; }
State& disk_of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

int file_close(sqlite3_file* file) {
  auto* open = &opened(file);
  open->inode->locks.erase(open);
  if (open->delete_on_close && open->is_alive()) open->disk->files.erase(open->path);
  delete open;
  return SQLITE_OK;
}

int file_read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  auto& open = opened(file);
  if (!open.disk->operate(open.epoch)) return SQLITE_IOERR_READ;
  const auto& content = open.inode->content;
  const auto wanted = static_cast<std::size_t>(size);
  const auto start = std::min(static_cast<std::size_t>(offset), content.size());
  const auto there = std::min(wanted, content.size() - start);
  std::memset(into, 0, wanted);
  if (there > 0) std::memcpy(into, content.data() + start, there);
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

void write_now(Inode& inode, std::uint64_t offset, ByteView data) {
  if (data.empty()) return;
  put(inode.content, offset, data);
  inode.pending.push_back(Write{offset, to_bytes(data)});
}

int file_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  auto& open = opened(file);
  if (!open.is_alive()) return SQLITE_IOERR_WRITE;
  auto& disk = *open.disk;
  auto& inode = *open.inode;
  const auto offset = static_cast<std::uint64_t>(at);
  const ByteView data(static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(size));
  if (!disk.operate(open.epoch)) {
    write_now(inode, offset, data.first(disk.rng.below(data.size() + 1)));
    return SQLITE_IOERR_WRITE;
  }
  if (disk.capacity && !open.path.empty()) {
    const auto end = offset + data.size();
    const auto growth = end > inode.content.size() ? end - inode.content.size() : 0;
    const auto used = disk.used();
    const auto room = *disk.capacity > used ? *disk.capacity - used : 0;
    if (growth > room) {
      const auto missing = std::min<std::uint64_t>(growth - room, data.size());
      write_now(inode, offset, data.first(data.size() - missing));
      return SQLITE_FULL;
    }
  }
  write_now(inode, offset, data);
  return disk.survives_change() ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

/// What is pending is there for good. O(pending), not O(file): each turn of a store syncs.
void settle(Inode& inode) {
  for (const auto& change : inode.pending) {
    if (const auto* cut = std::get_if<Truncate>(&change)) {
      inode.synced.resize(cut->size);
    } else {
      const auto& write = std::get<Write>(change);
      put(inode.synced, write.offset, write.data);
    }
  }
  inode.pending.clear();
}

int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto& open = opened(file);
  if (!open.disk->operate(open.epoch)) return SQLITE_IOERR_TRUNCATE;
  open.inode->content.resize(static_cast<std::size_t>(size));
  open.inode->pending.push_back(Truncate{static_cast<std::uint64_t>(size)});
  return open.disk->survives_change() ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int file_sync(sqlite3_file* file, int) {
  auto& open = opened(file);
  auto& disk = *open.disk;
  if (!disk.operate(open.epoch) || !disk.survives_change()) return SQLITE_IOERR_FSYNC;
  ++disk.syncs;
  settle(*open.inode);
  if (std::exchange(open.syncs_names, false)) disk.synced_files = disk.files;
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  auto& open = opened(file);
  if (!open.disk->operate(open.epoch)) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(open.inode->content.size());
  return SQLITE_OK;
}

// Levels as in https://www.sqlite.org/lockingv3.html; pending is not told apart from exclusive,
// which a single thread cannot see.
int file_lock(sqlite3_file* file, int level) {
  auto& open = opened(file);
  if (!open.is_alive()) return SQLITE_IOERR_LOCK;
  auto& locks = open.inode->locks;
  int others = SQLITE_LOCK_NONE;
  for (const auto& [holder, held] : locks) {
    if (holder != &open) others = std::max(others, held);
  }
  const bool refused = level == SQLITE_LOCK_SHARED     ? others >= SQLITE_LOCK_EXCLUSIVE
                       : level == SQLITE_LOCK_RESERVED ? others >= SQLITE_LOCK_RESERVED
                                                       : others >= SQLITE_LOCK_SHARED;
  if (refused) return SQLITE_BUSY;
  auto& held = locks[&open];
  held = std::max(held, level);
  return SQLITE_OK;
}

int file_unlock(sqlite3_file* file, int level) {
  auto& open = opened(file);
  if (level == SQLITE_LOCK_NONE) {
    open.inode->locks.erase(&open);
  } else {
    open.inode->locks[&open] = level;
  }
  return SQLITE_OK;
}

int file_check_reserved(sqlite3_file* file, int* reserved) {
  auto& open = opened(file);
  if (!open.is_alive()) return SQLITE_IOERR_CHECKRESERVEDLOCK;
  const auto& locks = open.inode->locks;
  *reserved = std::any_of(locks.begin(), locks.end(),
                          [](const auto& entry) { return entry.second >= SQLITE_LOCK_RESERVED; });
  return SQLITE_OK;
}

int file_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int file_sector_size(sqlite3_file*) { return static_cast<int>(kSector); }
/// As the system's VFS: a torn write harms no bytes beside its own.
int file_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

sqlite3_io_methods file_methods() {
  sqlite3_io_methods out{};
  out.iVersion = 1;  // no shared memory, no mmap
  out.xClose = file_close;
  out.xRead = file_read;
  out.xWrite = file_write;
  out.xTruncate = file_truncate;
  out.xSync = file_sync;
  out.xFileSize = file_size;
  out.xLock = file_lock;
  out.xUnlock = file_unlock;
  out.xCheckReservedLock = file_check_reserved;
  out.xFileControl = file_control;
  out.xSectorSize = file_sector_size;
  out.xDeviceCharacteristics = file_characteristics;
  return out;
}

int vfs_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  static const sqlite3_io_methods kMethods = file_methods();
  auto& disk = disk_of(vfs);
  file->pMethods = nullptr;  // so that SQLite does not close what did not open
  if (!disk.operate(disk.epoch)) return SQLITE_CANTOPEN;
  auto open = std::make_unique<Open>();
  open->disk = &disk;
  open->path = path == nullptr ? "" : path;
  open->epoch = disk.epoch;
  open->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  // As the system's VFS: a journal is there for good once it has been synced, and with it every
  // other name in the folder; a database file alone is not.
  open->syncs_names = (flags & SQLITE_OPEN_CREATE) != 0 &&
                      (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
  const auto found = disk.files.find(open->path);
  if (path != nullptr && found != disk.files.end()) {
    open->inode = found->second;
  } else if ((flags & SQLITE_OPEN_CREATE) == 0) {
    return SQLITE_CANTOPEN;
  } else {
    open->inode = std::make_shared<Inode>();
    if (path != nullptr) disk.files[open->path] = open->inode;
  }
  if (out_flags != nullptr) *out_flags = flags;
  reinterpret_cast<File*>(file)->open = open.release();
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs* vfs, const char* path, int sync_directory) {
  auto& disk = disk_of(vfs);
  if (!disk.operate(disk.epoch)) return SQLITE_IOERR_DELETE;
  if (disk.files.erase(path) == 0) return SQLITE_IOERR_DELETE_NOENT;
  if (!disk.survives_change()) return SQLITE_IOERR_DELETE;
  if (sync_directory != 0) disk.synced_files.erase(path);
  return SQLITE_OK;
}

int vfs_access(sqlite3_vfs* vfs, const char* path, int, int* out) {
  auto& disk = disk_of(vfs);
  if (!disk.operate(disk.epoch)) return SQLITE_IOERR_ACCESS;
  *out = disk.files.contains(path) ? 1 : 0;
  return SQLITE_OK;
}

int vfs_full_pathname(sqlite3_vfs*, const char* path, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", path);
  return SQLITE_OK;
}

int vfs_randomness(sqlite3_vfs* vfs, int size, char* out) {
  disk_of(vfs).rng.fill({reinterpret_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)});
  return size;
}

int vfs_sleep(sqlite3_vfs*, int micros) { return micros; }

int vfs_current_time(sqlite3_vfs*, double* julian_day) {
  *julian_day = 2460676.5;  // 2025-01-01
  return SQLITE_OK;
}

int vfs_last_error(sqlite3_vfs*, int, char*) { return 0; }

/// Names are durable when a call returns, as a synced folder's are.
class Files final : public store::StoreFiles {
 public:
  explicit Files(State& disk) : disk_(disk) {}

  Result<bool> exists(const std::string& path) override {
    if (!disk_.operate(disk_.epoch)) return trouble();
    return disk_.files.contains(path);
  }
  Result<std::vector<std::string>> beginning_with(const std::string& prefix) override {
    if (!disk_.operate(disk_.epoch)) return trouble();
    std::vector<std::string> out;
    for (const auto& [path, inode] : disk_.files) {
      if (path.starts_with(prefix)) out.push_back(path);
    }
    return out;
  }
  Status keep_as(const std::string& from, const std::string& to) override {
    if (!disk_.operate(disk_.epoch)) return trouble();
    const auto found = disk_.files.find(from);
    if (found == disk_.files.end()) return trouble();
    disk_.files.try_emplace(to, found->second);
    return sync();
  }
  Status rename(const std::string& from, const std::string& to) override {
    if (!disk_.operate(disk_.epoch)) return trouble();
    const auto found = disk_.files.find(from);
    if (found == disk_.files.end()) return trouble();
    auto inode = found->second;
    disk_.files.erase(found);
    disk_.files[to] = std::move(inode);
    return sync();
  }
  Status remove(const std::string& path) override {
    if (!disk_.operate(disk_.epoch)) return trouble();
    disk_.files.erase(path);
    return sync();
  }

 private:
  static tl::unexpected<Error> trouble() { return fail(Code::failed, "the simulated disk failed"); }
  Status sync() {
    if (!disk_.survives_change()) return trouble();
    disk_.synced_files = disk_.files;
    return {};
  }

  State& disk_;
};

}  // namespace

SimDisk::SimDisk(std::string name, std::uint64_t seed)
    : state_(std::make_unique<State>(std::move(name), seed)) {
  store::page_memory();  // before SQLite is in use
  ENSURE(sqlite3_vfs_find(state_->name.c_str()) == nullptr);
  auto& vfs = state_->vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(File);
  vfs.mxPathname = 512;
  vfs.zName = state_->name.c_str();
  vfs.pAppData = state_.get();
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  vfs.xAccess = vfs_access;
  vfs.xFullPathname = vfs_full_pathname;
  vfs.xRandomness = vfs_randomness;
  vfs.xSleep = vfs_sleep;
  vfs.xCurrentTime = vfs_current_time;
  vfs.xGetLastError = vfs_last_error;
  ENSURE(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK);
  files_ = std::make_unique<Files>(*state_);
}

store::StoreFiles& SimDisk::files() { return *files_; }

SimDisk::~SimDisk() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& SimDisk::name() const { return state_->name; }

void SimDisk::crash() { state_->crash(); }
void SimDisk::crash_at_change(std::uint64_t n) { state_->crash_at = state_->changes + n; }
void SimDisk::power_on() { state_->powered = true; }
bool SimDisk::is_powered() const { return state_->powered; }

void SimDisk::set_capacity(std::optional<std::uint64_t> bytes) { state_->capacity = bytes; }
void SimDisk::fail_at_operation(std::uint64_t n) { state_->fail_at = state_->operations + n; }
void SimDisk::clear_faults() {
  state_->crash_at = 0;
  state_->fail_at = 0;
}

std::uint64_t SimDisk::changes() const { return state_->changes; }
std::uint64_t SimDisk::operations() const { return state_->operations; }
std::uint64_t SimDisk::syncs() const { return state_->syncs; }
std::uint64_t SimDisk::bytes_used() const { return state_->used(); }

std::optional<Bytes> SimDisk::file(const std::string& path) const {
  const auto found = state_->files.find(path);
  if (found == state_->files.end()) return std::nullopt;
  return found->second->content;
}

void SimDisk::set_file(const std::string& path, Bytes content) {
  auto inode = std::make_shared<Inode>();
  inode->synced = content;
  inode->content = std::move(content);
  state_->files[path] = inode;
  state_->synced_files[path] = std::move(inode);
}

void SimDisk::flip(const std::string& path, std::uint64_t offset, std::uint8_t mask) {
  auto& inode = *state_->files.at(path);
  const auto at = static_cast<std::size_t>(offset);
  inode.content.at(at) ^= mask;
  if (at < inode.synced.size()) inode.synced[at] ^= mask;
  for (auto& change : inode.pending) {
    auto* write = std::get_if<Write>(&change);
    if (write == nullptr || at < write->offset) continue;
    if (at - write->offset < write->data.size()) write->data[at - write->offset] ^= mask;
  }
}

SimDisk::Snapshot SimDisk::snapshot() const {
  Snapshot out;
  for (const auto& [path, inode] : state_->files) out[path] = inode->content;
  return out;
}

void SimDisk::restore(const Snapshot& snapshot) { state_->become(snapshot); }

}  // namespace holm::test
