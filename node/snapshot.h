// What the loop thread publishes for other threads to read: immutable once made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace holm::node {

struct Snapshot {
  struct Team {
    TeamId id;
    std::string name;
    std::uint64_t members = 0;
    std::uint64_t changes = 0;
    bool operator==(const Team&) const = default;
  };
  struct Peer {
    DeviceId device;
    std::string member;
    bool in_sync = false;
    bool operator==(const Peer&) const = default;
  };
  std::uint64_t version = 0;  ///< grows with every published snapshot
  WallTime at{};
  std::string listening;  ///< "127.0.0.1:4000", empty when not
  std::vector<Team> teams;
  std::vector<Peer> peers;

  bool operator==(const Snapshot&) const = default;
};

}  // namespace holm::node
