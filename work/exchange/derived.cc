#include "crypto/hash.h"
#include "work/exchange/import.h"

namespace holm::work {

ObjectId derived_id(const SpaceId& space, std::string_view format, std::string_view source_key) {
  const auto digest =
      crypto::hash("holm import object v1", {space.view(), as_bytes(format), as_bytes(source_key)});
  ObjectId out;
  std::copy_n(digest.bytes.begin(), out.bytes.size(), out.bytes.begin());
  out.bytes[0] |= 0x80;
  return out;
}

SpaceId derived_room(const TeamId& team, std::string_view name) {
  const auto digest = crypto::hash("holm import room v1", {team.view(), as_bytes(name)});
  SpaceId out;
  std::copy_n(digest.bytes.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

}  // namespace holm::work
