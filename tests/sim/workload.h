// Random but reproducible work of a team: documents, cards, checklists, threads, through the same
// requests as people's.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace holm::sim {

class Workload {
 public:
  Workload(World& world, std::uint64_t seed) : world_(world), rng_(seed) {}

  /// A room with a document, a log, a board and a thread, made by `founder`.
  Status prepare(const std::string& founder);
  /// One random deed on a host. What cannot be done there now (not yet arrived, no room on the
  /// disk, the host died over it) counts as nothing done. Errors: answers that no one should ever
  /// get.
  Status act(const std::string& host);
  /// `count` deeds on hosts drawn at random, with a little time between them.
  Status act_all(const std::vector<std::string>& hosts, int count);
  /// A note that can be looked for later: its id.
  Result<std::string> note(const std::string& host);

  const std::string& room() const { return room_; }
  const std::string& log() const { return log_; }
  int done() const { return done_; }

 private:
  Value draw();
  std::string words();
  const std::string& any(const std::vector<std::string>& ids);
  Value pair(const std::string& key, const std::string& value);

  World& world_;
  SeededRng rng_;
  std::string room_;
  std::string log_;   ///< a document that only ever grows
  std::string plan_;  ///< one that is edited anywhere
  std::string board_;
  std::vector<std::string> cards_;
  std::vector<std::string> threads_;
  std::vector<std::string> messages_;
  int serial_ = 0;
  int done_ = 0;
};

}  // namespace holm::sim
