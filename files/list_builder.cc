#include "files/list_builder.h"

#include <utility>

namespace holm::files {
namespace {

/// Whether a list ends behind this entry: one in 512 does, by its id, so that an insertion moves
/// the ends of few lists.
bool ends_list(const List& list) {
  if (list.entries.size() >= kListMax) return true;
  const auto& id = list.entries.back().id.bytes;
  return list.entries.size() >= kListMin && id[0] == 0 && (id[1] & 1) == 0;
}

}  // namespace

Status ListBuilder::add(const Entry& chunk) {
  bytes_ += chunk.bytes;
  if (bytes_ > kFileBytesMax) {
    return fail(Code::limit, "the file is larger than 16 TiB", "nothing was added");
  }
  return add_at(0, chunk);
}

Status ListBuilder::add_at(unsigned level, const Entry& entry) {
  if (level == open_.size()) open_.push_back({.level = level, .entries = {}});
  open_[level].entries.push_back(entry);
  if (!ends_list(open_[level])) return {};
  const auto closed = TRY(close(level));
  return add_at(level + 1, closed);
}

Result<Entry> ListBuilder::close(unsigned level) {
  const Entry out{TRY(keep_(encode(open_[level]))), open_[level].bytes()};
  open_[level].entries.clear();
  return out;
}

Result<Entry> ListBuilder::finish() {
  if (open_.empty()) open_.push_back({});
  for (unsigned level = 0;; ++level) {
    const bool is_top = level + 1 == open_.size();
    auto& entries = open_[level].entries;
    // A top list of one entry says nothing that its entry does not say.
    if (is_top && level > 0 && entries.size() == 1) return entries.front();
    if (entries.empty() && !is_top) continue;
    const auto closed = TRY(close(level));
    if (is_top) return closed;
    TRY(add_at(level + 1, closed));
  }
}

}  // namespace holm::files
