#include "node/file_intake.h"

#include <algorithm>

#include "files/list_walk.h"
#include "files/media_type.h"

namespace holm::node {
namespace {

constexpr std::size_t kPortionBytes = 1u << 20;
/// What is put before it is made durable: bounds memory, and what a crash costs.
constexpr std::uint64_t kFlushBytes = 32ull << 20;

constexpr auto kChunk = static_cast<std::uint8_t>(files::PieceKind::chunk);
constexpr auto kList = static_cast<std::uint8_t>(files::PieceKind::list);

}  // namespace

FileIntake::FileIntake(store::Pieces& pieces, const SpaceId& space, const files::ContentKeys& keys,
                       std::unique_ptr<ByteSource> source, std::string name, Rng& rng)
    : pieces_(pieces),
      space_(space),
      keys_(keys),
      source_(std::move(source)),
      name_(std::move(name)),
      rng_(rng),
      cutter_(keys.gear()),
      lists_([this](ByteView encoded) -> Result<PieceId> {
        const auto id = keys_.list_id(encoded);
        TRY(pieces_.put(space_, id, kList, encoded, rng_));
        return id;
      }),
      whole_(Digest::kBytes) {}

Status FileIntake::take_chunk(ByteView chunk) {
  const auto id = keys_.chunk_id(chunk);
  TRY(pieces_.put(space_, id, kChunk, chunk, rng_));
  return lists_.add({id, chunk.size()});
}

Result<bool> FileIntake::step(std::size_t bytes_max, const InTurn& in_turn) {
  const files::Cutter::Sink sink = [this](ByteView chunk) { return take_chunk(chunk); };
  for (std::size_t done = 0; done < bytes_max;) {
    portion_.resize(kPortionBytes);
    const auto count = TRY(source_->read(portion_));
    const auto bytes = ByteView(portion_).first(count);
    if (beginning_.size() < files::kMediaBytes) {
      append(beginning_, bytes.first(std::min(count, files::kMediaBytes - beginning_.size())));
    }
    whole_.update(bytes);
    TRY(cutter_.feed(bytes, sink));
    read_ += count;
    done += count;
    if (pieces_.unflushed_bytes() >= kFlushBytes) {
      TRY(in_turn([this] { return pieces_.flush(); }));
    }
    if (count == portion_.size()) {
      if (read_ > source_->bytes()) TRY(source_->check_unchanged());  // it grows under us
      continue;
    }
    TRY(cutter_.finish(sink));
    TRY(source_->check_unchanged());
    const auto root = TRY(lists_.finish());
    content_.root = root.id;
    content_.bytes = read_;
    whole_.finish(content_.hash.bytes);
    portion_ = {};
    return true;
  }
  return false;
}

FileIntake::Taken FileIntake::taken() const {
  return {content_, std::string(files::guess_media_type(beginning_, name_))};
}

}  // namespace holm::node
