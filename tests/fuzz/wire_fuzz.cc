// base/wire.h: what decodes encodes again to the same bytes, so one value has one spelling.
#include "base/ensure.h"
#include "base/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const holm::ByteView in(data, size);
  const auto value = holm::decode_value(in);
  if (!value) return 0;
  const auto out = holm::encode(*value);
  ENSURE(holm::to_bytes(in) == out);
  return 0;
}
