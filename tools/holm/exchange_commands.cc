// Keeping and moving: import, export, verify, and the demo.
#include <filesystem>
#include <set>

#include "base/json.h"
#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

/// --map: JSON {"name in the source": "member"}, or lines "name in the source = member".
Result<Value> people_map(const std::string& path) {
  const auto text = TRY(read_file(path));
  if (const auto first = text.find_first_not_of(" \t\r\n");
      first != std::string::npos && text[first] == '{') {
    auto tree = TRY(parse_json(text));
    for (const auto& [name, member] : tree.entries())
      if (!member.as_string())
        return fail(Code::usage, path + ": \"" + name + "\" names no member",
                    "nothing was imported");
    return tree;
  }
  auto out = Value::object();
  std::size_t number = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    ++number;
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto trim = [](std::string_view words) {
      while (!words.empty() && (words.front() == ' ' || words.front() == '\t'))
        words.remove_prefix(1);
      while (!words.empty() &&
             (words.back() == ' ' || words.back() == '\t' || words.back() == '\r'))
        words.remove_suffix(1);
      return words;
    };
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    const auto name = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || name.empty())
      return fail(Code::usage,
                  path + ", line " + std::to_string(number) + " is not \"their name = member\"",
                  "nothing was imported");
    out.set(name, std::string(trim(line.substr(equals + 1))));
  }
  return out;
}

Status import(Call& call) {
  const auto& args = call.args();
  const auto format = args.get("FORMAT");
  static const std::set<std::string, std::less<>> later = {"slack", "notion", "mattermost",
                                                           "jira",  "csv",    "ics"};
  if (format != "markdown" && format != "trello")
    return fail(Code::usage,
                "import of \"" + format + "\" " +
                    (later.count(format) > 0 ? "is not in this version" : "is not known"),
                "nothing was imported", "markdown and trello work");
  auto request = Value::object().set("do", "import").set("format", format);
  request.set("path", absolute_path(args.get("PATH")));
  if (const auto room = args.find("--room")) request.set("room", *room);
  if (const auto map = args.find("--map")) request.set("map", TRY(people_map(*map)));
  if (args.has("--dry-run")) request.set("dry_run", true);
  return call.show(TRY(call.ask(std::move(request))), render_import);
}

Status import_undo(Call& call) {
  const auto answer =
      TRY(call.ask(Value::object().set("do", "import.undo").set("id", call.args().get("ID"))));
  return call.done(answer,
                   "The import is taken back; what people changed in it since then stays "
                   "in history.");
}

/// Whether a path from an export stays inside the folder it is written to.
bool stays_inside(const std::filesystem::path& path) {
  if (path.empty() || path.is_absolute()) return false;
  for (const auto& part : path)
    if (part == ".." || part == ".") return false;
  return true;
}

Result<std::uint64_t> write_whole(const std::string& path, ByteView bytes) {
  TRY(write_file(path, bytes, Access::everyone));
  return bytes.size();
}

Result<Value> export_as(Call& call, const std::string& format) {
  auto request = Value::object().set("do", "export").set("format", format);
  if (const auto room = call.args().find("--room")) request.set("room", *room);
  return call.ask(std::move(request));
}

Status export_files(Call& call) {
  const auto& args = call.args();
  const auto wanted = args.find("--format").value_or("markdown");
  std::vector<std::string> formats;
  if (wanted == "all")
    formats = {"markdown", "json"};
  else if (wanted == "markdown" || wanted == "json")
    formats = {wanted};
  else
    return fail(
        Code::usage,
        "export as \"" + wanted + "\" " +
            (wanted == "csv" || wanted == "ics" ? "is not in this version" : "is not known"),
        "nothing was written", "markdown, json and all work");

  const std::filesystem::path dir = args.get("DIR");
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  Value warnings = Value::array();
  for (const auto& format : formats) {
    const auto answer = TRY(export_as(call, format));
    for (const auto& warning : answer["warnings"].items()) warnings.push(warning);
    for (const auto& file : answer["files"].items()) {
      const std::filesystem::path path = std::string(file["path"].text());
      const auto* content = file["bytes"].as_bytes();
      const auto text = file["bytes"].text();
      if (!stays_inside(path))
        return fail(Code::corrupt, "the export names a file outside its folder: " + path.string(),
                    "it was not written");
      std::error_code error;
      std::filesystem::create_directories((dir / path).parent_path(), error);
      if (error)
        return fail(Code::failed,
                    (dir / path).parent_path().string() + " can't be made: " + error.message(),
                    "your work is untouched", "choose another folder");
      const auto view = content ? ByteView(*content) : as_bytes(text);
      const auto place = (dir / path).string();
      auto kept = file.has("file") ? fetch_file(call, file["file"].text(), place)
                                   : write_whole(place, view);
      if (!kept) {
        auto why = std::move(kept).error();
        why.safe = "your work is untouched; the export in " + dir.string() + " is incomplete";
        why.todo = "make room or choose another folder, and export again";
        return fail(std::move(why));
      }
      ++files;
      bytes += *kept;
    }
  }
  Value answer;
  answer.set("folder", absolute_path(dir.string())).set("files", files).set("bytes", bytes);
  answer.set("warnings", std::move(warnings));
  return call.show(answer, render_export);
}

Status verify(Call& call) {
  auto request = Value::object().set("do", "verify");
  request.set("deep", call.args().has("--deep"));
  const auto answer = TRY(call.ask_any_team(request));
  TRY(call.show(answer, render_verify));
  if (answer.has("ok") && !answer["ok"].flag())
    return fail(Code::corrupt, "damage was found in this home", "what could be mended has been",
                "check again with holm verify --deep");
  return {};
}

Status demo(Call& call) {
  const auto& host = call.host();
  Demo demo;
  demo.samples = host.environment.samples;
  demo.dir = call.args().get("--keep");
  Status told;
  demo.tell = [&](std::string_view line) {
    const auto& stream = call.json() ? host.err : host.out;
    if (!call.quiet() && told) told = stream.write(visible(line, Lines::keep) + "\n");
  };
  const auto answer = TRY(host.demo(demo));
  if (call.json()) return call.print(to_json(answer) + "\n");
  return told;
}

}  // namespace

Table exchange_commands() {
  const auto chapter = Chapter::keep;
  const Option room{"--room", "R", "only this room"};
  return {
      {"import",
       chapter,
       "bring in a folder of Markdown or a Trello board",
       {{"FORMAT", "markdown or trello"}, {"PATH", "the folder, or the exported JSON file"}},
       {{"--room", "R", "into this room; one named after the source when not given"},
        {"--map", "F", "a file of lines \"their name = member\", or the same as JSON", "file"},
        {"--dry-run", "", "only say what would come"}},
       "The same source brought in again changes nothing, and two people who bring it in apart end "
       "with one copy. Says what did not come.",
       import},
      {"import undo",
       chapter,
       "take an import back",
       {{"ID", "from the report of the import"}},
       {},
       "",
       import_undo},
      {"export",
       chapter,
       "write the team or a room into a folder, readable without Holm",
       {{"DIR", "the folder; made when it is not there"}},
       {room,
        {"--format", "FORMAT", "markdown (when not given), json (with all history), or all",
         "markdown|json|all"}},
       "",
       export_files},
      {"verify",
       chapter,
       "check every store of this home for damage",
       {},
       {{"--deep", "", "also rebuild everything from the logs and compare"}},
       "Exit code 6 when damage is found.",
       verify},
      {"demo",
       chapter,
       "three peers on this machine make a team, work apart, meet and agree",
       {},
       {{"--keep", "DIR", "leave their homes in this folder", "folder"}},
       "Needs no home and no network; ends with 0 only if all three hold the same.",
       demo},
  };
}

}  // namespace holm::cli
