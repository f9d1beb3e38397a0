// Files and what they are attached to. The bytes are the node's business.
#include "work/apply/draft.h"
#include "work/file_content.h"
#include "work/fold.h"
#include "work/read.h"

namespace holm::work {
namespace {

constexpr std::size_t kNameBytes = 1000;
constexpr std::size_t kMediaBytes = 255;
constexpr std::size_t kAttachedMax = 100;

/// A file's name: one line that is no path.
Status check_name(std::string_view name) {
  TRY(check_line(name, "the file's name", kNameBytes));
  if (name.find('/') != std::string_view::npos || name == "." || name == "..")
    return fail(Code::usage, "a file's name is no path", "nothing was changed",
                "name it without '/'");
  return {};
}

/// A folder "a/b" with no way out of it.
Status check_folder(std::string_view folder) {
  TRY(check_line(folder, "the folder", kNameBytes));
  const bool is_open = folder.ends_with('/');
  while (!folder.empty()) {
    const auto part = folder.substr(0, folder.find('/'));
    if (is_open || part.empty() || part == "." || part == "..")
      return fail(Code::usage, "the folder has a part that names nothing", "nothing was changed",
                  "write it like Plans/2026");
    folder.remove_prefix(std::min(folder.size(), part.size() + 1));
  }
  return {};
}

}  // namespace

Status attach(Draft& draft, const Ref& ref, std::uint32_t type, std::uint32_t field,
              const Words& files) {
  if (files.size() > kAttachedMax)
    return fail(Code::limit, "more than 100 files at once", "nothing was changed");
  for (const auto& name : files) {
    const auto file = TRY(resolve(draft.state, name, {kFile}));
    if (file.space != ref.space)
      return fail(Code::usage, "'" + path_of(draft.state, file) + "' is in another room",
                  "nothing was changed", "add it to this room first");
    draft.on(ref, type).add(field, id_value(file.object));
  }
  return {};
}

Status run(Draft& draft, const FileNew& command) {
  const auto room = TRY(resolve_room(draft.state, command.room));
  TRY(check_name(command.name));
  if (command.folder) TRY(check_folder(*command.folder));
  TRY(check_line(command.media, "the kind of file", kMediaBytes));
  const auto content = TRY(file_content_from_text(command.content));
  const auto ref = draft.fresh(room.space);
  draft.on(ref, kFile)
      .put(field::kTitle, Value(command.name))
      .put(file::kContent, to_value(content))
      .put_if(file::kFolder, command.folder ? Value(*command.folder) : Value())
      .put(file::kMedia, Value(command.media));
  draft.answer_id(ref);
  return {};
}

Status run(Draft& draft, const FileVersion& command) {
  const auto file = TRY(subject(draft, command.file, {kFile}));
  TRY(check_line(command.media, "the kind of file", kMediaBytes));
  const auto content = TRY(file_content_from_text(command.content));
  draft.answer_id(file.ref);
  if (content_of(file.object) == content) {
    draft.notice("the file holds exactly this already");
    return {};
  }
  draft.on(file.ref, kFile).put(file::kContent, to_value(content));
  if (words_of(file.object, file::kMedia) != command.media)
    draft.on(file.ref, kFile).put(file::kMedia, Value(command.media));
  return wake(draft, file);
}

Status run(Draft& draft, const FileRename& command) {
  const auto file = TRY(subject(draft, command.file, {kFile}));
  TRY(check_name(command.name));
  draft.on(file.ref, kFile).put(field::kTitle, Value(command.name));
  draft.answer_id(file.ref);
  return wake(draft, file);
}

Status run(Draft& draft, const FilePin& command) {
  const auto file = TRY(subject(draft, command.file, {kFile}));
  draft.answer_id(file.ref);
  const bool is_pinned = value_of(file.object, file::kPinned, draft.acting.member.view()).flag();
  if (is_pinned == command.off)
    draft.on(file.ref, kFile).put(file::kPinned, command.off ? Value() : Value(true));
  return {};
}

Status run(Draft& draft, const FileArchive& command) {
  const auto file = TRY(subject(draft, command.file, {kFile}));
  draft.answer_id(file.ref);
  if (is_archived(file.object) == command.off)
    return archive(draft, file, command.off ? Archiving::back : Archiving::away);
  return {};
}

}  // namespace holm::work
