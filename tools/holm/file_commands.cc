// Files of a room: in, out, and what of them this device keeps.
#include <algorithm>
#include <charconv>

#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/render.h"
#include "work/exchange/export_path.h"

namespace holm::cli {
namespace {

/// "500M", "20G", "1048576": K, M, G and T are powers of 1,000. Errors: usage.
Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view kUnits = "KMGT";
  auto digits = text;
  if (digits.ends_with('B')) digits.remove_suffix(1);
  std::uint64_t factor = 1;
  if (!digits.empty()) {
    if (const auto unit = kUnits.find(digits.back()); unit != std::string_view::npos) {
      for (std::size_t i = 0; i <= unit; ++i) factor *= 1000;
      digits.remove_suffix(1);
    }
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      number > (std::uint64_t{1} << 62) / factor)
    return fail(Code::usage, "\"" + std::string(text) + "\" is no size", "nothing was changed",
                "write it like 500M or 20G");
  return number * factor;
}

Status file_add(Call& call) {
  const auto& args = call.args();
  auto request = Value::object().set("do", "file.add").set("room", args.get("ROOM"));
  request.set("paths", path_values(args.all("PATH")));
  if (const auto name = args.find("--name")) request.set("name", *name);
  if (const auto folder = args.find("--folder")) request.set("folder", *folder);
  if (const auto file = args.find("--version-of")) request.set("version_of", *file);
  return call.show(TRY(call.ask(std::move(request))), render_added);
}

}  // namespace

Result<std::uint64_t> fetch_file(Call& call, std::string_view id, const std::string& path) {
  std::unique_ptr<FileWriter> writer = TRY(FileWriter::open(path, FileWriter::There::replaced));
  std::string version;
  for (std::uint64_t at = 0;;) {
    const auto part = TRY(call.ask(Value::object()
                                       .set("do", "file.read")
                                       .set("file", id)
                                       .set("version", version)
                                       .set("at", at)));
    const auto* bytes = part["bytes"].as_bytes();
    const bool is_end = part["end"].flag();
    if (bytes == nullptr || (bytes->empty() && !is_end))
      return fail(Code::corrupt, "the file ends before its size", "nothing was written");
    version = part["hash"].text();
    TRY(writer->write(*bytes));
    at += bytes->size();
    if (!is_end) continue;
    TRY(writer->finish());
    return at;
  }
}

namespace {

Status file_get(Call& call) {
  const auto& args = call.args();
  const auto out = args.find("--out");
  std::string version = args.get("--version");
  std::string file = args.get("REF");
  std::unique_ptr<FileWriter> writer;
  std::uint64_t at = 0;
  Value answer;
  for (;;) {
    auto part = TRY(call.ask(Value::object()
                                 .set("do", "file.read")
                                 .set("file", file)
                                 .set("version", version)
                                 .set("at", at)));
    const auto* bytes = part["bytes"].as_bytes();
    if (bytes == nullptr) return fail(Code::failed, "an unreadable answer", "nothing was written");
    if (at == 0) {
      // The rest is of the same file and version, whatever others do meanwhile.
      file = part["id"].text();
      version = part["hash"].text();
      const auto name = work::safe_name(part["name"].text());
      if (!out || *out != "-")
        writer = TRY(FileWriter::open(
            place_for(out.value_or(name), name),
            args.has("--overwrite") ? FileWriter::There::replaced : FileWriter::There::kept));
      answer = Value::object().set("id", part["id"]).set("name", part["name"]);
      answer.set("bytes", part["size"]).set("hash", part["hash"]);
      if (writer) answer.set("path", absolute_path(writer->path()));
    }
    if (writer)
      TRY(writer->write(*bytes));
    else
      TRY(call.print(as_text(*bytes)));
    at += bytes->size();
    if (part["end"].flag()) break;
    if (bytes->empty())
      return fail(Code::corrupt, "the file ends before its size", "nothing was written");
  }
  if (!writer) return {};
  TRY(writer->finish());
  return call.done(answer, "Wrote " + writer->path() + ".");
}

Status file_list(Call& call) {
  const auto& args = call.args();
  return show_answer(call, work::FileList{args.find("ROOM"), args.has("--archived")}, render_files);
}

Status file_show(Call& call) {
  return show_answer(call, work::FileShow{call.args().get("REF")}, render_file);
}

Status file_pin(Call& call) {
  return do_command(call, work::FilePin{call.args().get("REF"), false},
                    "Pinned: your devices keep it.");
}

Status file_unpin(Call& call) {
  return do_command(call, work::FilePin{call.args().get("REF"), true}, "No longer pinned.");
}

Status file_rename(Call& call) {
  const auto name = call.args().get("NAME");
  return do_command(call, work::FileRename{call.args().get("REF"), name},
                    "The file is now \"" + name + "\".");
}

Status file_remove(Call& call) {
  const bool off = call.args().has("--off");
  return do_command(call, work::FileArchive{call.args().get("REF"), off},
                    off ? "The file is back." : "The file is put away; its bytes are kept.");
}

Status file_evict(Call& call) {
  auto files = Value::array();
  for (const auto& name : call.args().all("REF")) files.push(name);
  auto request = Value::object().set("do", "file.evict").set("files", std::move(files));
  request.set("force", call.args().has("--force"));
  return call.show(TRY(call.ask(std::move(request))), render_freed);
}

Status file_gc(Call& call) {
  return call.show(TRY(call.ask(Value::object().set("do", "file.gc"))), render_freed);
}

Status file_quota(Call& call) {
  auto request = Value::object().set("do", "file.quota");
  if (const auto size = call.args().find("SIZE")) request.set("bytes", TRY(parse_size(*size)));
  return call.show(TRY(call.ask(std::move(request))), render_quota);
}

}  // namespace

Table file_commands() {
  using Need = Argument::Need;
  const auto chapter = Chapter::files;
  const Argument ref{"REF", "the file: Room/folder/name, or its id"};
  return {
      {"file add",
       chapter,
       "bring files into a room",
       {{"ROOM", "its name or id"}, {"PATH", "a file of this machine", Need::some}},
       {{"--name", "N", "call it so; by its own name when not given"},
        {"--folder", "F", "into this folder of the room: Plans/2026"},
        {"--version-of", "REF", "it is a new version of this file"}},
       "Files of any size: they are read piece by piece, and what two of them share is kept once. "
       "A file that is changed while it is read is not added.",
       file_add},
      {"file get",
       chapter,
       "write a file to this machine's disk",
       {ref},
       {{"--out", "F", "write it there, a file or a folder; - is stdout", "file"},
        {"--version", "HASH", "an older version: the beginning of its hash, from file show"},
        {"--overwrite", "", "replace what stands there"}},
       "Every piece is checked. Nothing that stands there is replaced unless you say so.",
       file_get},
      {"file list",
       chapter,
       "the files of the team or of a room",
       {{"ROOM", "only this room's", Need::optional}},
       {{"--archived", "", "those put away too"}},
       "",
       file_list},
      {"file show", chapter, "a file with its versions", {ref}, {}, "", file_show},
      {"file rename",
       chapter,
       "give a file another name",
       {ref, {"NAME", "the new name"}},
       {},
       "",
       file_rename},
      {"file pin", chapter, "keep a file on your devices", {ref}, {}, "", file_pin},
      {"file unpin", chapter, "let a file be evicted again", {ref}, {}, "", file_unpin},
      {"file remove",
       chapter,
       "put a file away; nothing of it is lost",
       {ref},
       {{"--off", "", "bring it back"}},
       "",
       file_remove},
      {"file evict",
       chapter,
       "free the room that files take on this device",
       {{"REF", "the file: Room/folder/name, or its id", Need::any}},
       {{"--force", "", "also where this device has the only copy that is known"}},
       "The file stays in the room's list. What other files share with it is kept.",
       file_evict},
      {"file gc",
       chapter,
       "free what no file of any version needs",
       {},
       {},
       "Says what was freed and what the disk holds afterwards, measured.",
       file_gc},
      {"file quota",
       chapter,
       "how much files may take on this device",
       {{"SIZE", "a new limit: 500M, 20G", Need::optional}},
       {},
       "",
       file_quota},
  };
}

}  // namespace holm::cli
