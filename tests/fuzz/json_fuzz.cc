// base/json.h: what parses prints as JSON that parses to the same value; printing is then stable.
#include "base/ensure.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = holm::parse_json(holm::as_text({data, size}));
  if (!value) return 0;
  const auto printed = holm::to_json(*value);
  const auto again = holm::parse_json(printed);
  ENSURE(again.has_value());
  ENSURE(holm::to_json(*again) == printed);
  return 0;
}
