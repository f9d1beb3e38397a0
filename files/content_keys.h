// What a room's file key is used for: names of pieces and the places where files are cut. Both are
// keyed, so that whoever sees ids, lengths or cuts without being of the room can't tell which known
// file they belong to. Bytes: docs/formats/files.md.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/ids.h"
#include "crypto/keys.h"

namespace holm::files {

/// One random number for each byte value: what a rolling "gear" hash adds up.
using Gear = std::array<std::uint64_t, 256>;

class ContentKeys {
 public:
  /// `room_key` is the room's file key. O(1), about 20 microseconds.
  explicit ContentKeys(const crypto::SecretKey32& room_key);

  /// The name of a chunk of a file with this content. O(content).
  PieceId chunk_id(ByteView content) const;
  /// The name of an encoded list (list.h).
  PieceId list_id(ByteView encoded) const;
  const Gear& gear() const { return gear_; }

 private:
  crypto::SecretKey32 id_key_;
  Gear gear_;
};

}  // namespace holm::files
