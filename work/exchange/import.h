// What every importer gives back: writes whose ids derive from the source, so that the same file
// imported twice, or apart by two people, is one set of ops (DESIGN.md 2, Imports). Pure: files are
// handed in as bytes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"
#include "crdt/author.h"
#include "work/answer.h"
#include "work/apply.h"
#include "work/state.h"

namespace holm::work {

/// One file of a source. `path` is relative to its root, '/'-separated, UTF-8.
struct SourceFile {
  std::string path;
  Bytes bytes;            ///< empty when nobody asks for them (is_note)
  std::string problem{};  ///< why its bytes are not here, in words; empty when that is as it should
  std::string at{};       ///< where the file system has it; empty when it has not
  /// What its bytes are, once they are in the store: [key, root, bytes, hash] and an IANA type.
  Value content{};
  std::string media{};
};
/// Whether the import of a folder brings this file in as a file: no note, not hidden, and readable.
bool is_attachment(const SourceFile& file);
/// Whether the import of a folder reads this file; of others the name is enough.
bool is_note(std::string_view path);
/// The largest note an import takes.
inline constexpr std::size_t kNoteBytesMax = 16u << 20;

/// Where an import goes: the space of the room, which the node has opened or will open.
struct ImportTarget {
  SpaceId room;
  std::map<std::string, MemberId> people;  ///< --map: name or handle in the source -> member
};

struct ImportPlan {
  std::map<SpaceId, std::vector<crdt::Write>> writes;  ///< seeds; empty when nothing changed
  std::map<std::string, std::uint64_t> created;        ///< by kind: "documents", "cards", ...
  std::uint64_t unchanged = 0;                         ///< objects already here and equal
  std::set<ObjectId> here;                             ///< objects of the source already here
  std::vector<std::string> skipped;  ///< what did not come, named, with the reason
  std::vector<std::string> warnings;
};

/// Object id for a thing of a source, with the first bit set as derived ids have it.
ObjectId derived_id(const SpaceId& space, std::string_view format, std::string_view source_key);

/// Room that an import makes when none of that name exists; the same on every device of the team.
SpaceId derived_room(const TeamId& team, std::string_view name);

Result<ImportPlan> import_markdown(const State& state, const Acting& acting,
                                   const ImportTarget& target, std::span<const SourceFile> files);
/// Errors: reject naming the place when the JSON is broken or cut short, or is no board.
Result<ImportPlan> import_trello(const State& state, const Acting& acting,
                                 const ImportTarget& target, ByteView json);

/// One file to be written by an export. `path` is relative, safe on any file system, unique.
struct ExportFile {
  std::string path;
  Bytes bytes;
  std::optional<Ref> file{};  ///< its bytes are those of this file object, of any size
};
/// Documents as Markdown files in folders per room, boards and threads as Markdown beside them.
Result<std::vector<ExportFile>> export_markdown(const State& state, const Asking& asking,
                                                const std::vector<SpaceId>& rooms);
/// Everything, history included, as one JSON document per room and one for the team.
Result<std::vector<ExportFile>> export_json(const State& state, const Asking& asking,
                                            const std::vector<SpaceId>& rooms);

}  // namespace holm::work
