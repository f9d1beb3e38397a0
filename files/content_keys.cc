#include "files/content_keys.h"

#include "crypto/blake2b.h"

namespace holm::files {
namespace {

PieceId name(const crypto::SecretKey32& key, std::string_view use, ByteView content) {
  PieceId out;
  crypto::Blake2b(out.bytes.size(), key.reveal(), use).update(content).finish(out.bytes);
  return out;
}

Gear make_gear(const crypto::SecretKey32& key) {
  constexpr std::size_t kPerBlock = 8;
  Gear out;
  for (std::size_t i = 0; i < out.size(); i += kPerBlock) {
    const std::uint8_t number[] = {static_cast<std::uint8_t>(i / kPerBlock)};
    const auto block = crypto::blake2b(64, key.reveal(), number);
    for (std::size_t j = 0; j < kPerBlock; ++j) {
      std::uint64_t value = 0;
      for (std::size_t k = 8; k-- > 0;) value = value << 8 | block[j * 8 + k];
      out[i + j] = value;
    }
  }
  return out;
}

}  // namespace

ContentKeys::ContentKeys(const crypto::SecretKey32& room_key)
    : id_key_(room_key.derive("holm piece ids v1")),
      gear_(make_gear(room_key.derive("holm file cuts v1"))) {}

PieceId ContentKeys::chunk_id(ByteView content) const {
  return name(id_key_, "holm chunk", content);
}

PieceId ContentKeys::list_id(ByteView encoded) const { return name(id_key_, "holm list", encoded); }

}  // namespace holm::files
