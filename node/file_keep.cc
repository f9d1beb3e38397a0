#include "node/file_keep.h"

#include <limits>
#include <map>

#include "files/list_walk.h"
#include "node/file_keys.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::node {
namespace {

constexpr std::string_view kGivenUp = "file_given_up";  // object -> hash of its content then

files::Entry entry_of(const work::FileContent& content) { return {content.root, content.bytes}; }

Result<std::vector<work::Ref>> all_files(Replica& replica) {
  return replica.state().find({.type = work::kFile});
}

Result<bool> is_given_up(Replica& replica, const work::Ref& ref) {
  const auto hash = TRY(replica.store().facts().get(kGivenUp, ref.object.view()));
  if (!hash) return false;
  const auto object = TRY(replica.state().object(ref));
  const auto content = object ? work::content_of(*object) : std::nullopt;
  if (!content || to_bytes(content->hash.view()) != *hash) return false;
  return !work::value_of(*object, work::file::kPinned, replica.self().view()).flag();
}

/// A list that is held and names itself right.
Result<Bytes> named_list(store::Pieces& pieces, const files::ContentKeys& keys, const PieceId& id) {
  auto bytes = TRY(pieces.get(id));
  if (keys.list_id(bytes) != id) {
    return fail(Code::corrupt, "a list of a file's pieces is not what its name says",
                "the rest is untouched", "add the file again, or get it from a teammate");
  }
  return bytes;
}

/// Adds what a content reaches of what is held.
Status mark(store::Pieces& pieces, const work::FileContent& content, PieceSet& out) {
  // Sealed under its name: what can be opened is what was put.
  const files::FetchList fetch = [&](const PieceId& id) { return pieces.get(id); };
  return files::walk(entry_of(content), fetch, [&](const files::Visited& piece) -> Result<bool> {
    if (piece.kind == files::PieceKind::chunk) {
      out.insert(piece.id);
      return false;
    }
    if (!out.insert(piece.id).second) return false;
    return pieces.has(piece.id);
  });
}

}  // namespace

Status give_up(Replica& replica, const work::Ref& file, const work::FileContent& content) {
  return replica.store().facts().put(kGivenUp, file.object.view(), content.hash.view());
}

Result<PieceSet> reachable(Replica& replica) {
  PieceSet out;
  for (const auto& ref : TRY(all_files(replica))) {
    if (TRY(is_given_up(replica, ref))) continue;
    const auto history = TRY(replica.state().history(ref));
    for (const auto& content : work::contents_in(ref.object, history)) {
      auto marked = mark(replica.store().pieces(), content, out);
      if (marked) continue;
      auto why = std::move(marked).error();
      why.what = work::path_of(replica.state(), ref) + ": " + why.what;
      why.safe = "nothing was freed";
      return fail(std::move(why));
    }
  }
  return out;
}

namespace {

/// Drops from the store what no file reaches; where it lies on the disk is left.
Result<store::Pieces::Freed> sweep(Replica& replica, std::int64_t since, const InTurn& in_turn) {
  const auto needed = TRY(reachable(replica));
  store::Pieces::Freed out;
  TRY(in_turn([&]() -> Status {
    const auto is_needed = [&](const PieceId& id) { return needed.contains(id); };
    out = TRY(replica.store().pieces().sweep(is_needed, since));
    return {};
  }));
  return out;
}

}  // namespace

Result<store::Pieces::Freed> collect_garbage(Replica& replica, std::int64_t since,
                                             const InTurn& in_turn, Rng& rng) {
  auto out = TRY(sweep(replica, since, in_turn));
  out.disk_after = TRY(replica.store().pieces().clean_disk(in_turn, rng));
  return out;
}

Status collect_erased(Replica& replica, const InTurn& in_turn, Rng& rng) {
  auto& pieces = replica.store().pieces();
  (void)TRY(sweep(replica, std::numeric_limits<std::int64_t>::max(), in_turn));
  TRY(pieces.wipe_garbage());
  (void)TRY(pieces.clean_disk(in_turn, rng));
  return {};
}

Result<Held> held(Replica& replica, const work::FileContent& content) {
  auto& pieces = replica.store().pieces();
  Held out;
  const files::FetchList fetch = [&](const PieceId& id) { return pieces.get(id); };
  TRY(files::walk(entry_of(content), fetch, [&](const files::Visited& piece) -> Result<bool> {
    ++out.pieces;
    const bool is_here = TRY(pieces.has(piece.id));
    if (!is_here) ++out.missing;
    if (is_here && piece.kind == files::PieceKind::chunk) out.bytes += piece.bytes;
    return is_here;
  }));
  return out;
}

Result<Bytes> read_content(Replica& replica, const SpaceId& space, const work::FileContent& content,
                           std::uint64_t at, std::uint64_t count) {
  auto& pieces = replica.store().pieces();
  const auto keys = TRY(content_keys(replica, space, content.key));
  const files::FetchList fetch = [&](const PieceId& id) { return named_list(pieces, keys, id); };
  Bytes out;
  for (const auto& [chunk, start] : TRY(files::chunks_at(entry_of(content), at, count, fetch))) {
    const auto bytes = TRY(pieces.get(chunk.id));
    if (keys.chunk_id(bytes) != chunk.id || bytes.size() != chunk.bytes) {
      return fail(Code::corrupt, "a piece of the file is not what its name says",
                  "the rest is untouched", "add the file again, or get it from a teammate");
    }
    append(out, start < at ? ByteView(bytes).subspan(at - start) : ByteView(bytes));
  }
  return out;
}

Result<std::uint64_t> verify_pieces(Replica& replica,
                                    const std::function<void(std::string)>& problem) {
  auto& pieces = replica.store().pieces();
  std::map<SpaceId, files::ContentKeys> keys;
  std::uint64_t read = 0;
  TRY(pieces.each([&](const PieceId& id, const store::Pieces::Info& info) -> Result<bool> {
    ++read;
    auto known = keys.find(info.space);
    if (known == keys.end()) {
      known = keys.emplace(info.space, TRY(content_keys(replica, info.space, 0))).first;
    }
    const auto bytes = pieces.get(id);
    const auto& names = known->second;
    const bool is_list = info.kind == static_cast<std::uint8_t>(files::PieceKind::list);
    const bool is_right = bytes && (is_list ? names.list_id(*bytes) : names.chunk_id(*bytes)) == id;
    if (!is_right) {
      problem("the piece " + id.text().substr(0, 12) + " of a file is missing from the disk or " +
              "damaged");
    }
    return true;
  }));
  for (const auto& ref : TRY(all_files(replica))) {
    const auto object = TRY(replica.state().object(ref));
    const auto content = object ? work::content_of(*object) : std::nullopt;
    if (!content || !TRY(pieces.has(content->root))) continue;
    const auto path = work::path_of(replica.state(), ref);
    const auto found = held(replica, *content);
    if (!found) {
      problem("the file " + path + ": " + found.error().what);
    } else if (!found->is_all()) {
      problem("the file " + path + " lacks " + std::to_string(found->missing) + " of its pieces");
    }
  }
  return read;
}

}  // namespace holm::node
