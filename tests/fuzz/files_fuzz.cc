// files/: a list that decodes encodes again to the same bytes and adds up; cutting gives the stream
// back whatever the portions; a tree whose every list is the input is walked to an end.
#include <algorithm>

#include "base/ensure.h"
#include "files/cutter.h"
#include "files/list.h"
#include "files/list_walk.h"
#include "files/media_type.h"

namespace {

using namespace holm;

void check_list(ByteView in) {
  const auto list = files::decode_list(in);
  if (!list) return;
  ENSURE(to_bytes(in) == files::encode(*list));
  ENSURE(list->bytes() <= files::kFileBytesMax);
  // Every list asked for is this one again: levels end it, or it is refused.
  std::size_t fetched = 0;
  const files::FetchList fetch = [&](const PieceId&) -> Result<Bytes> {
    if (++fetched > 5000) return fail(Code::limit, "enough");
    return to_bytes(in);
  };
  const files::Entry file{PieceId{}, list->bytes()};
  const auto chunks = files::chunks_at(file, 0, UINT64_MAX, fetch);
  ENSURE(!chunks || list->level == 0);
  if (chunks) ENSURE(chunks->size() == list->entries.size());
  (void)files::walk(file, fetch, [](const files::Visited&) -> Result<bool> {
    return true;
  }).has_value();
}

void check_cuts(ByteView in) {
  static const auto keys = [] {
    const Bytes key(32, 5);
    return files::ContentKeys(*crypto::SecretKey32::from(key));
  }();
  Bytes joined;
  const files::Cutter::Sink sink = [&](ByteView chunk) -> Status {
    ENSURE(!chunk.empty() && chunk.size() <= files::kChunkMax);
    append(joined, chunk);
    return {};
  };
  files::Cutter cutter(keys.gear());
  for (std::size_t at = 0, step = 1; at < in.size(); step = step * 3 % 1009) {
    const auto part = in.subspan(at, std::min(step, in.size() - at));
    ENSURE(cutter.feed(part, sink).has_value());
    at += part.size();
  }
  ENSURE(cutter.finish(sink).has_value());
  ENSURE(joined == to_bytes(in));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView in(data, size);
  check_list(in);
  check_cuts(in);
  ENSURE(!files::guess_media_type(in, as_text(in.first(std::min<std::size_t>(size, 8)))).empty());
  return 0;
}
