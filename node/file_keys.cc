#include "node/file_keys.h"

namespace holm::node {

Result<files::ContentKeys> content_keys(const Replica& replica, const SpaceId& space,
                                        std::uint64_t number) {
  if (number != 0) {
    return fail(Code::unsupported, "the file was added by a newer Holm", "it was left untouched",
                "update Holm and try again");
  }
  const auto keys = replica.epochs().known({});
  if (keys.empty()) return fail(Code::not_found, "the keys of this team are not here yet");
  // Newest first: the last is the one of the op that made the team.
  return files::ContentKeys(keys.back()->derive("holm room files v1", space.view()));
}

}  // namespace holm::node
