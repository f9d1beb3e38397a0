#include "work/file_content.h"

#include <algorithm>

#include "base/wire.h"
#include "work/read.h"
#include "work/schema.h"

namespace holm::work {

Value to_value(const FileContent& content) {
  return Value(Value::Array{Value(content.key), id_value(content.root), Value(content.bytes),
                            id_value(content.hash)});
}

std::optional<FileContent> file_content_from(const Value& value) {
  const auto& parts = value.items();
  if (parts.size() != 4) return std::nullopt;
  const auto key = parts[0].number(-1);
  const auto root = id_in<PieceId>(parts[1]);
  const auto bytes = parts[2].number(-1);
  const auto hash = id_in<Digest>(parts[3]);
  if (key < 0 || !root || bytes < 0 || !hash) return std::nullopt;
  return FileContent{static_cast<std::uint64_t>(key), *root, static_cast<std::uint64_t>(bytes),
                     *hash};
}

std::string to_text(const FileContent& content) { return hex(encode(to_value(content))); }

Result<FileContent> file_content_from_text(std::string_view text) {
  const auto bytes = from_hex(text);
  const auto value = bytes ? decode_value(*bytes) : Result<Value>(Value());
  const auto content = value ? file_content_from(*value) : std::nullopt;
  if (!content) {
    return fail(Code::usage, "the content of a file is not named right", "nothing was changed",
                "add it with holm file add");
  }
  return *content;
}

std::optional<FileContent> content_of(const crdt::ObjectState& file) {
  return file_content_from(value_of(file, file::kContent));
}

std::vector<FileContent> contents_in(const ObjectId& file,
                                     const std::vector<crdt::Delivered>& history) {
  std::vector<FileContent> out;
  for (const auto& one : history) {
    for (const auto& op : one.change.ops) {
      if (op.object != file || op.field != file::kContent || op.kind != crdt::Kind::reg) continue;
      const auto value = decode_value(op.content);
      const auto content = value ? file_content_from(*value) : std::nullopt;
      if (content && std::find(out.begin(), out.end(), *content) == out.end()) {
        out.push_back(*content);
      }
    }
  }
  return out;
}

}  // namespace holm::work
