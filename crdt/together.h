// Changes that came together, merged object by object: each object's ops in one go, so that a large
// delta costs a sort and a walk instead of a search per op. Pure.
#pragma once

#include <span>
#include <vector>

#include "crdt/object.h"
#include "crdt/replay.h"

namespace holm::crdt {

/// The ops of delivered changes, by object. Keeps `changes` by reference, and takes from them what
/// it merges. O(ops).
class Together {
 public:
  explicit Together(std::span<Delivered> changes);

  /// Every object that an op names, those of void changes too; ascending.
  const std::vector<ObjectId>& objects() const { return objects_; }
  /// Merges all ops on objects()[index] into its state, in the order of the changes: the same as
  /// merge() of one after the other. Void changes have no effect; where no other names the object,
  /// `state` stays as it is. Once per object: contents may move into the state, but for those of
  /// texts. O(cells + ops), and O(log) of the ops whose keys begin alike.
  void merge(std::size_t index, ObjectState& state);

 private:
  /// Ops of one change on one object that follow each other.
  struct Stretch {
    std::uint64_t seq;  ///< of the first
    std::uint32_t change;
    std::uint32_t first;
    std::uint32_t count;
  };
  const ObjectId& object_of(const Stretch& stretch) const;
  void note_stretch(ObjectState& state, const Stretch& stretch) const;
  template <class Take>
  void each(std::size_t index, Take take);

  std::span<Delivered> changes_;
  std::vector<std::vector<OpId>> names_;  ///< by change; only of those that hold seeds
  std::vector<Stretch> stretches_;        ///< by object, then in the order of the changes
  std::vector<ObjectId> objects_;
  std::vector<std::size_t> begins_;  ///< of each object's stretches, and the end
};

}  // namespace holm::crdt
