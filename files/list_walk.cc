#include "files/list_walk.h"

#include <algorithm>

namespace holm::files {
namespace {

/// A list that is what its parent said: so large, and one level down.
Result<List> fetch_list(const Entry& entry, std::optional<unsigned> level, const FetchList& fetch) {
  auto list = TRY(decode_list(TRY(fetch(entry.id))));
  if (list.bytes() != entry.bytes || (level && list.level != *level)) {
    return fail(Code::reject, "a list of a file is not what the file says of it");
  }
  return list;
}

Status collect(const List& list, std::uint64_t start, std::uint64_t from, std::uint64_t to,
               const FetchList& fetch, std::vector<Placed>& out) {
  for (const auto& entry : list.entries) {
    if (start >= to) return {};
    const auto end = start + entry.bytes;
    if (end > from) {
      if (list.level == 0) {
        out.push_back({entry, start});
      } else {
        const auto below = TRY(fetch_list(entry, list.level - 1, fetch));
        TRY(collect(below, start, from, to, fetch, out));
      }
    }
    start = end;
  }
  return {};
}

Status walk_list(const Entry& entry, std::optional<unsigned> level, const FetchList& fetch,
                 const std::function<Result<bool>(const Visited&)>& visit) {
  if (!TRY(visit({entry.id, PieceKind::list, entry.bytes}))) return {};
  const auto list = TRY(fetch_list(entry, level, fetch));
  for (const auto& below : list.entries) {
    if (list.level > 0) {
      TRY(walk_list(below, list.level - 1, fetch, visit));
    } else {
      (void)TRY(visit({below.id, PieceKind::chunk, below.bytes}));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Placed>> chunks_at(const Entry& file, std::uint64_t at, std::uint64_t count,
                                      const FetchList& fetch) {
  std::vector<Placed> out;
  if (at >= file.bytes || count == 0) return out;
  const auto to = count > file.bytes - at ? file.bytes : at + count;
  const auto root = TRY(fetch_list(file, std::nullopt, fetch));
  TRY(collect(root, 0, at, to, fetch, out));
  return out;
}

Status walk(const Entry& file, const FetchList& fetch,
            const std::function<Result<bool>(const Visited&)>& visit) {
  return walk_list(file, std::nullopt, fetch, visit);
}

}  // namespace holm::files
