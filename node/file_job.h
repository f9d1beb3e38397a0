// A request that brings files in: its sources one after the other, then what is to be done with
// them, in one turn. Owned by a Node, which steps the first one waiting.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "files/content_keys.h"
#include "node/file_intake.h"
#include "node/replica.h"

namespace holm::node {

struct FileJob {
  struct Source {
    std::string path;
    std::string name;
  };

  std::uint64_t request = 0;  ///< RequestId of who waits
  Replica* replica = nullptr;
  SpaceId space;
  std::vector<Source> sources;
  /// Within a turn, once all sources are held. Its answer is the request's.
  std::function<Result<Value>(const std::vector<FileIntake::Taken>&)> finish;

  /// Set: a source that cannot be opened is left out and told here; else it ends the request.
  std::function<void(std::size_t source, const Error& why)> on_unreadable{};

  std::unique_ptr<files::ContentKeys> keys{};
  std::unique_ptr<FileIntake> current{};
  std::vector<FileIntake::Taken> taken{};
  std::int64_t since = 0;        ///< tick of its begin: what it uses is safe from collection
  std::uint64_t held_bytes = 0;  ///< on this device, with what it took in so far
  std::uint64_t quota_bytes = 0;
};

}  // namespace holm::node
