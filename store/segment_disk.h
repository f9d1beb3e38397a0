// The seam to the disk for segment files: a folder of numbered files that are written at their end
// and read anywhere. The system's disk, or one that tests let fail. Owner: Pieces, or a test.
// Threads: the loop's. Not for the database, which has SQLite's own seam (its VFS).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::store {

using SegmentNo = std::uint64_t;

class SegmentDisk {
 public:
  struct Segment {
    SegmentNo number = 0;
    std::uint64_t bytes = 0;
  };

  virtual ~SegmentDisk() = default;
  /// Segments there, ascending; none when the folder is not there yet. Errors: failed.
  virtual Result<std::vector<Segment>> list() = 0;
  /// Writes at `at`, making file and folder when they are missing. Not durable until sync().
  /// Errors: failed, "the disk is full" among them; part of the bytes may stand there then.
  virtual Status write(SegmentNo number, std::uint64_t at, ByteView bytes) = 0;
  /// Makes all writes of a file durable, and that it exists. Errors: failed; the bytes are not to
  /// be trusted afterwards, whatever a second sync says.
  virtual Status sync(SegmentNo number) = 0;
  /// Exactly `count` bytes. Errors: corrupt when the file or some of them are missing, failed.
  virtual Result<Bytes> read(SegmentNo number, std::uint64_t at, std::size_t count) = 0;
  /// Cuts a file off. Errors: failed.
  virtual Status truncate(SegmentNo number, std::uint64_t bytes) = 0;
  /// Errors: failed; none when it is gone already.
  virtual Status remove(SegmentNo number) = 0;
};

/// "00000001.seg"
std::string segment_name(SegmentNo number);

/// Files "00000001.seg" in `folder`, mode 0600 in 0700; links are not followed.
std::unique_ptr<SegmentDisk> system_segment_disk(std::string folder);

}  // namespace holm::store
