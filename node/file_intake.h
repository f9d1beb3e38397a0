// One file on its way into the store: read, cut, hashed, sealed and written portion by portion, so
// that neither memory nor the loop notices how large it is. A machine that its owner steps.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "crypto/blake2b.h"
#include "files/content_keys.h"
#include "files/cutter.h"
#include "files/list_builder.h"
#include "node/byte_source.h"
#include "store/pieces.h"
#include "work/file_content.h"

namespace holm::node {

/// Runs its argument in a turn of the replica.
using InTurn = std::function<Status(const std::function<Status()>&)>;

class FileIntake {
 public:
  struct Taken {
    work::FileContent content;
    std::string media;
  };

  /// References outlive this. `name` is only looked at for the kind of file. Requires: the pieces
  /// are prepared.
  FileIntake(store::Pieces& pieces, const SpaceId& space, const files::ContentKeys& keys,
             std::unique_ptr<ByteSource> source, std::string name, Rng& rng);

  /// Takes in about `bytes_max` more; true once all is in. What it put is held after the owner's
  /// next Pieces::flush(); in between it flushes by itself, in turns of its own. Errors: those of
  /// the source and the store; the pieces put are then garbage.
  Result<bool> step(std::size_t bytes_max, const InTurn& in_turn);
  /// Requires: step() gave true.
  Taken taken() const;

 private:
  Status take_chunk(ByteView chunk);

  store::Pieces& pieces_;
  SpaceId space_;
  const files::ContentKeys& keys_;
  std::unique_ptr<ByteSource> source_;
  std::string name_;
  Rng& rng_;
  files::Cutter cutter_;
  files::ListBuilder lists_;
  crypto::Blake2b whole_;
  Bytes portion_;
  Bytes beginning_;
  std::uint64_t read_ = 0;
  work::FileContent content_;
};

}  // namespace holm::node
