// A home whose team has worked for ten years: members with their devices, rooms, threads, cards,
// documents typed second by second. Every change is authored as the program does it, chained,
// signed by the device that made it, and merged; `holm verify --deep` finds nothing to say.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace holm::bench {

/// As PRODUCT.md 8 has it: about 3 million changes in all.
struct TeamScale {
  std::size_t members = 30;  ///< with two devices each
  std::size_t rooms = 25;
  std::size_t messages = 200'000;
  std::size_t message_bytes = 240;
  std::size_t cards = 20'000;
  std::size_t card_changes = 6;  ///< of one card, the first included
  std::size_t documents = 5'000;
  std::size_t document_bytes = 6'000;
  std::size_t document_changes = 520;  ///< of one document: a second of typing each

  /// The same with everything but people and rooms times `share`.
  TeamScale times(double share) const;
};

struct TeamMade {
  TeamId team;
  std::string store_path;
  std::uint64_t changes = 0;
  std::uint64_t text_bytes = 0;  ///< UTF-8 of titles and texts as they stand at the end
};

/// Makes the home in `dir`, which does not exist yet, without a passphrase. `tell` hears how far it
/// is. Errors: failed, and the store's.
Result<TeamMade> make_team(const std::string& dir, const TeamScale& scale, std::uint64_t seed,
                           const std::function<void(std::string_view)>& tell);

}  // namespace holm::bench
