// Bytes that come in from outside piece by piece: a file that a person names. The seam between a
// node and the file system for files of any size. Threads: the loop's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace holm::node {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// How many bytes it had when it was opened.
  virtual std::uint64_t bytes() const = 0;
  /// Fills the front of `out`; fewer than asked for only at the end, 0 there. Errors: failed.
  virtual Result<std::size_t> read(std::span<std::uint8_t> out) = 0;
  /// Whether it is still as it was when it was opened. Errors: failed when it was written to, cut,
  /// or is gone.
  virtual Status check_unchanged() = 0;
};

/// Opens a regular file, following links. Errors: not_found, denied, usage (a folder, a device, a
/// link that leads nowhere), failed.
Result<std::unique_ptr<ByteSource>> open_file(const std::string& path);

}  // namespace holm::node
