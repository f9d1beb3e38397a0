// What a change did to an object, in words a person would use: "renamed it from “A” to “B”",
// "wrote 12 characters: “…”". Texts of the interface, made from the schema's labels.
#pragma once

#include <string>
#include <vector>

#include "work/views/version.h"

namespace holm::work::views {

/// Tells one change after the other of one object's history. Everything handed in outlives it.
class Sentences {
 public:
  /// `now` is the object with all of `history`, for what erasures took away.
  Sentences(Shape& shape, const Ref& ref, const Changes& history, const crdt::Rebuilt& now)
      : shape_(shape), ref_(ref), history_(history), now_(now), index_(ref, history) {}

  /// Of the change at `index`. Never empty.
  Result<std::vector<std::string>> of(std::size_t index);

 private:
  struct Words {  // what a change did to one text
    std::string written;
    std::string taken;
    std::uint64_t written_count = 0;
    std::uint64_t taken_count = 0;
  };

  Result<std::string> reg(const Field& field, const crdt::Op& op, bool first);
  std::string replaced(const Field& field, const crdt::Op& op) const;
  Result<std::string> place(const crdt::Op& op) const;
  std::string element(const Field& field, const crdt::Op& op) const;
  std::string set(const Field& field, const crdt::Op& op) const;
  Result<std::string> made(const crdt::Change& change) const;
  void text(const Field& field, const crdt::Op& op, const crdt::OpId& id, Words& words) const;

  Shape& shape_;
  const Ref& ref_;
  const Changes& history_;
  const crdt::Rebuilt& now_;
  OpIndex index_;
};

}  // namespace holm::work::views
