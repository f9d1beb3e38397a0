#include "crypto/hash.h"

#include "base/ensure.h"
#include "crypto/label.h"

namespace holm::crypto {

Hasher::Hasher(std::string_view label) : state_(Digest::kBytes) { add_label(state_, label); }

Hasher& Hasher::update(ByteView bytes) {
  state_.update(bytes);
  return *this;
}

Hasher& Hasher::part(ByteView bytes) {
  std::array<std::uint8_t, 8> length;
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<std::uint8_t>(std::uint64_t{bytes.size()} >> (8 * i));
  }
  return update(length).update(bytes);
}

Digest Hasher::finish() {
  Digest out;
  state_.finish(out.bytes);
  return out;
}

Digest hash(std::string_view label, std::span<const ByteView> parts) {
  Hasher hasher(label);
  for (auto part : parts) hasher.part(part);
  return hasher.finish();
}

Digest hash(std::string_view label, std::initializer_list<ByteView> parts) {
  return hash(label, std::span<const ByteView>(parts.begin(), parts.size()));
}

std::array<std::uint8_t, 32> kdf(ByteView secret, std::string_view label, ByteView context) {
  ENSURE(secret.size() >= 16);
  std::array<std::uint8_t, 32> out;
  Blake2b state(out.size(), secret, "holm kdf");
  add_label(state, label).update(context).finish(out);
  return out;
}

}  // namespace holm::crypto
