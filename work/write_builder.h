// Writes on one object, by field number: kinds come from the schema, so that no caller can ask for
// what a field is not. Knows nothing of rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "crdt/author.h"
#include "crdt/order.h"
#include "work/schema.h"

namespace holm::work {

class WriteBuilder {
 public:
  /// Appends to `out`, which outlives this. `type` is one of the schema's.
  WriteBuilder(std::vector<crdt::Write>& out, const ObjectId& object, std::uint32_t type);

  /// A register, or a per-member register: this value. Null clears it.
  WriteBuilder& put(std::uint32_t field, const Value& value);
  /// As put(), but nothing for null: a new object says nothing about what it does not have.
  WriteBuilder& put_if(std::uint32_t field, const Value& value);
  /// A set, or a per-member set.
  WriteBuilder& add(std::uint32_t field, const Value& value);
  WriteBuilder& take_away(std::uint32_t field, const Value& value);
  WriteBuilder& place(const ObjectId& container, Bytes key);
  /// Text. Positions are code points of the live text as the writes so far leave it.
  WriteBuilder& insert(std::uint32_t field, std::uint64_t pos, std::string_view text);
  WriteBuilder& erase(std::uint32_t field, std::uint64_t pos, std::uint64_t len);

 private:
  crdt::Write& append(std::uint32_t field, crdt::Action action);

  std::vector<crdt::Write>& out_;
  ObjectId object_;
  const Type& type_;
};

}  // namespace holm::work
