// Cuts a stream of bytes into chunks where the content says so, so that an insertion moves few cuts
// and what two files share is stored once. A gear hash of the last 64 bytes is compared with a
// limit that is strict up to kChunkNormal and lax beyond it, which keeps most chunks near the
// average. Values only; no I/O.
// Source: Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for Data
// Deduplication" (USENIX ATC 2016), with normalised chunking of level 2. Departures: the table is
// keyed per room; the hash is rolled from 64 bytes before the shortest chunk's end, so that a cut
// depends on nothing but those bytes and the chunk's start; the leading bits are compared, which is
// one comparison and looks at the whole window.
#pragma once

#include <cstddef>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "files/content_keys.h"

namespace holm::files {

inline constexpr std::size_t kChunkMin = 16u << 10;
inline constexpr std::size_t kChunkNormal = 52u << 10;  ///< gives 64 KiB on average
inline constexpr std::size_t kChunkMax = 256u << 10;
inline constexpr std::size_t kCutWindow = 64;  ///< bytes that the rolling hash remembers

/// Length of the first chunk of `rest`. Requires: `rest` is not empty, and holds kChunkMax bytes
/// unless the stream ends with it. O(chunk).
std::size_t first_cut(const Gear& gear, ByteView rest);

/// The same for bytes that come in any portions. Holds less than kChunkMax bytes between calls.
class Cutter {
 public:
  /// Takes one chunk; an error ends the call that it came from. The view ends with the call.
  using Sink = std::function<Status(ByteView chunk)>;

  /// `gear` outlives this.
  explicit Cutter(const Gear& gear) : gear_(&gear) {}

  /// Adds bytes and hands over what is decided. Errors: the sink's; the cutter is of no use then.
  Status feed(ByteView bytes, const Sink& sink);
  /// The stream ends here: hands over the rest. Errors: the sink's.
  Status finish(const Sink& sink);

 private:
  const Gear* gear_;
  Bytes held_;
};

}  // namespace holm::files
