// The narrow view that a Peer works on, over plain maps: slow, without signatures, obviously right.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sync/peer.h"

namespace holm::sync {

class NaiveShared final : public Shared {
 public:
  std::vector<SpaceId> readable;  ///< most urgent first
  std::set<LogId> refuses;        ///< logs of which no more is taken
  std::set<LogId> uncounted;      ///< logs held but not in digests: void so far, or waiting

  /// One more change of a log, with a head of its own. `bytes` of content. `path`: which of its
  /// branches goes on.
  void write(const SpaceId& space, const LogId& log, std::size_t bytes = 8, std::size_t path = 0);
  /// What is new of a delta; how far each log is held then.
  std::vector<Ack::Have> take(const Delta& delta);
  std::uint64_t held(const SpaceId& space, const LogId& log) const;

  std::vector<SpaceId> spaces() const override { return readable; }
  Result<Digest> digest(const SpaceId& space) const override;
  Result<std::vector<crdt::Position>> positions(const SpaceId& space) const override;
  Result<bool> knows(const crdt::Position& place) const override;
  Result<std::optional<Range>> next_range(const LogId& log,
                                          const std::vector<crdt::Position>& theirs) const override;
  Result<std::vector<crdt::Position>> places(const LogId& log) const override;

 private:
  struct Log {
    SpaceId space;
    std::vector<std::vector<Range>> paths;  ///< each whole, from the start; one change a range
  };
  std::map<LogId, Log> logs_;
};

/// Ids that read well in failures: all bytes `n`.
template <class AnyId>
AnyId id_of(unsigned n) {
  AnyId out;
  out.bytes.fill(static_cast<std::uint8_t>(n));
  return out;
}

}  // namespace holm::sync
