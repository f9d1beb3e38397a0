// What a file object says of its bytes: which pieces they are, how many, and their hash. One value
// of one register, so that two versions made apart are two values to choose from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/value.h"
#include "crdt/object.h"
#include "crdt/replay.h"

namespace holm::work {

struct FileContent {
  std::uint64_t key = 0;  ///< which of the room's file keys names the pieces; 0: the first
  PieceId root;           ///< list of pieces (docs/formats/files.md)
  std::uint64_t bytes = 0;
  Digest hash;  ///< plain BLAKE2b-256 of all bytes: what `b2sum -l 256` prints

  bool operator==(const FileContent&) const = default;
};

Value to_value(const FileContent& content);
/// Nothing for any other value.
std::optional<FileContent> file_content_from(const Value& value);

/// As a command carries it: hexadecimal canonical msgpack. Errors: usage.
std::string to_text(const FileContent& content);
Result<FileContent> file_content_from_text(std::string_view text);

/// The content that stands; nothing when none does.
std::optional<FileContent> content_of(const crdt::ObjectState& file);
/// Every content that any change ever gave the file, void ones too: marks can be set and lifted.
/// `history` is that of the file.
std::vector<FileContent> contents_in(const ObjectId& file,
                                     const std::vector<crdt::Delivered>& history);

}  // namespace holm::work
