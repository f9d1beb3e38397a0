// A folder of Markdown files (Obsidian, Logseq, plain): every note becomes a document whose text is
// the file, byte for byte; front matter, links and tasks stay in the text, where Holm reads them.
#include <algorithm>
#include <set>
#include <tuple>

#include "base/wire.h"
#include "crdt/text/utf8.h"
#include "work/exchange/import.h"
#include "work/exchange/tally.h"
#include "work/schema.h"
#include "work/views/line.h"

namespace holm::work {
namespace {

constexpr std::size_t kPathBytesMax = 4096;

struct NotePath {
  std::string folder;  ///< "a/b"; empty at the root
  std::string title;   ///< file name without .md
  bool is_note = false;
  bool is_hidden = false;  ///< it or a folder above it begins with a dot
};

NotePath take_apart(std::string_view path) {
  NotePath out;
  const auto slash = path.rfind('/');
  auto name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (slash != std::string_view::npos) out.folder = std::string(path.substr(0, slash));
  out.is_hidden = path.starts_with('.') || path.find("/.") != std::string_view::npos;
  if (name.size() > 3) {
    std::string ending(name.substr(name.size() - 3));
    for (char& letter : ending) {
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    if (ending == ".md") {
      out.is_note = true;
      name.remove_suffix(3);
    }
  }
  out.title = std::string(name);
  return out;
}

/// A picture, a PDF, anything that is no note: a file of the room, where the notes' links find it.
Result<SeedObject> seed_file(const State& state, const SpaceId& room, const SourceFile& file,
                             const NotePath& parts) {
  auto object =
      TRY(SeedObject::open(state, {room, derived_id(room, "markdown", file.path)}, kFile));
  object.reg(field::kTitle, parts.title);
  object.reg(file::kFolder, parts.folder.empty() ? Value() : Value(parts.folder));
  object.reg(field::kSource, "markdown:" + file.path);
  if (file.content.is_null()) return object;  // only looked at
  object.reg(file::kContent, file.content);
  object.reg(file::kMedia, file.media);
  return object;
}

/// Why a file stays behind; empty when it comes.
std::string reason_to_skip(const SourceFile& file, const NotePath& parts) {
  if (!file.problem.empty()) return file.problem;
  if (parts.is_hidden) return "hidden: settings of another program";
  if (file.path.size() > kPathBytesMax) return "its path is too long";
  if (!parts.is_note) return {};
  if (file.bytes.size() > kNoteBytesMax) return "larger than 16 MiB";
  if (!is_utf8(as_text(file.bytes))) return "not valid UTF-8 text";
  return {};
}

}  // namespace

bool is_note(std::string_view path) {
  const auto parts = take_apart(path);
  return parts.is_note && !parts.is_hidden;
}

bool is_attachment(const SourceFile& file) {
  const auto parts = take_apart(file.path);
  return !parts.is_note && !file.path.empty() && is_utf8(file.path) &&
         reason_to_skip(file, parts).empty();
}

Result<ImportPlan> import_markdown(const State& state, const Acting&, const ImportTarget& target,
                                   std::span<const SourceFile> files) {
  std::vector<const SourceFile*> sorted;  // the same order wherever the folder is read
  sorted.reserve(files.size());
  for (const auto& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(), [](const SourceFile* a, const SourceFile* b) {
    return std::tie(a->path, a->bytes) < std::tie(b->path, b->bytes);
  });

  ImportPlan plan;
  Tally tally(plan);
  std::set<std::string_view> seen;
  for (const auto* file : sorted) {
    const bool named = is_utf8(file->path);
    const auto name =
        named ? one_line(file->path, kPathBytesMax) : "a file with an unreadable name";
    if (!named || file->path.empty()) {
      tally.skip(name + ": its name is not valid UTF-8 text");
      continue;
    }
    const auto parts = take_apart(file->path);
    if (auto reason = reason_to_skip(*file, parts); !reason.empty()) {
      tally.skip(name + ": " + reason);
      continue;
    }
    if (!seen.insert(file->path).second) {
      tally.skip(name + ": the folder holds this name twice");
      continue;
    }
    if (!parts.is_note) {
      auto object = TRY(seed_file(state, target.room, *file, parts));
      tally.add(target.room, std::move(object), "files", file->path);
      continue;
    }
    const Ref ref{target.room, derived_id(target.room, "markdown", file->path)};
    auto document = TRY(SeedObject::open(state, ref, kDocument));
    document.reg(field::kTitle, parts.title);
    document.reg(document::kFolder, parts.folder.empty() ? Value() : Value(parts.folder));
    document.reg(field::kSource, "markdown:" + file->path);
    TRY(document.text(document::kText, as_text(file->bytes)));
    tally.add(target.room, std::move(document), "documents", file->path);
  }
  tally.finish();
  return plan;
}

}  // namespace holm::work
