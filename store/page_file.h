// A store's file read page by page without SQLite's help: what can be read of one that is damaged.
// Reads the file together with its write-ahead log, up to the log's last commit; writes nothing and
// takes no lock. Source: sqlite.org/fileformat2.html, 1.2 and 4.
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/rng.h"
#include "crypto/keys.h"
#include "store/encrypted_vfs.h"

namespace holm::store {

class PageFile {
 public:
  using Page = std::array<std::uint8_t, EncryptedVfs::kPageBytes>;

  /// The rest as Db::open. Errors: not_found when there is no file; failed.
  static Result<std::unique_ptr<PageFile>> open(const std::string& path, const std::string& vfs,
                                                const crypto::SecretKey32* key, Rng* rng);
  ~PageFile();
  PageFile(const PageFile&) = delete;
  PageFile& operator=(const PageFile&) = delete;

  /// Pages there are, counted from 1.
  std::uint32_t count() const;
  /// Bytes of a page that hold content.
  std::size_t usable() const;
  /// A page; nothing when it is not what was written, or cut off. Errors: failed (the disk).
  Result<std::optional<Page>> page(std::uint32_t number);

 private:
  struct State;
  explicit PageFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace holm::store
