// A disk in memory that fails on request, as a SQLite VFS: what has not been synced may be lost,
// torn or reordered when the power goes, space runs out, and single operations report I/O errors.
// Same seed and same calls, same disk.
//
// Stands in for the system's VFS behind StoreOptions::vfs. Locks work between connections on one
// disk; there is no shared memory, so WAL needs exclusive locking mode, as stores have it.
// Threads: one. Must outlive every connection on it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "store/store_files.h"

namespace holm::test {

class SimDisk {
 public:
  /// Registers itself with SQLite under `name`, which no other VFS in the process may have.
  explicit SimDisk(std::string name, std::uint64_t seed = 1);
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  /// What goes into StoreOptions::vfs.
  const std::string& name() const;
  /// The same disk for what moves whole files about. Lives as long as this.
  store::StoreFiles& files();

  // Power. While it is off every operation fails; connections opened before stay dead after.

  /// The power goes now. Of the unsynced writes any subset survives, by sectors of 512 bytes, later
  /// ones perhaps without earlier ones; truncations, new names and deletions likewise.
  void crash();
  /// The power goes during the `n`-th change to the disk from now (1: the next). Changes are
  /// writes, truncations, syncs and deletions.
  void crash_at_change(std::uint64_t n);
  void power_on();
  bool is_powered() const;

  // Trouble that leaves the power on.

  /// Room for file content in bytes; nothing: endless. A write that does not fit is cut off and
  /// reports a full disk.
  void set_capacity(std::optional<std::uint64_t> bytes);
  /// The `n`-th operation from now (1: the next), reads included, reports an I/O error, once. A
  /// write that fails so may have happened in part.
  void fail_at_operation(std::uint64_t n);
  /// Takes back crash_at_change() and fail_at_operation().
  void clear_faults();

  // Counters since the disk was made.
  std::uint64_t changes() const;
  std::uint64_t operations() const;
  std::uint64_t syncs() const;
  std::uint64_t bytes_used() const;

  // Files as programs see them, whole. Writing one is synced at once.
  std::optional<Bytes> file(const std::string& path) const;
  void set_file(const std::string& path, Bytes content);

  /// The bits under `mask` of one byte turn over, under open connections too.
  void flip(const std::string& path, std::uint64_t offset, std::uint8_t mask = 1);

  /// The content of all files, synced or not. A value: may go into another disk (a clone).
  using Snapshot = std::map<std::string, Bytes>;
  Snapshot snapshot() const;
  /// Makes the disk what it was. Connections opened before are dead.
  void restore(const Snapshot& snapshot);

  struct State;  ///< for sim_disk.cc alone

 private:
  std::unique_ptr<State> state_;
  std::unique_ptr<store::StoreFiles> files_;
};

}  // namespace holm::test
