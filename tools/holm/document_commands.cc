// Documents: Markdown texts that several people may write in at once.
#include <filesystem>

#include "tools/holm/call.h"
#include "tools/holm/files.h"
#include "tools/holm/groups.h"
#include "tools/holm/page.h"
#include "tools/holm/render.h"

namespace holm::cli {
namespace {

Status doc_new(Call& call) {
  const auto path = call.args().get("ROOM/TITLE");
  const auto text = TRY(call.text("TEXT"));
  return make_thing(call, work::DocNew{path, text}, "The document \"" + path + "\" is made.");
}

Status doc_list(Call& call) {
  const auto& args = call.args();
  return show_answer(call, work::DocList{args.find("ROOM"), args.has("--archived")},
                     render_documents);
}

/// What merging has to say about a document, beside its text and not in it.
void tell_marks(Call& call, const Value& document) {
  for (const auto& notice : document["notices"].items()) call.notice(notice["text"].text());
  for (const auto& mark : document["marks"].items()) {
    if (mark["kind"].text() == "merged")
      call.notice("A paragraph was changed by " + names_of(mark["authors"]) +
                  " at the same time; both changes stand.");
    else
      call.notice("A paragraph that " + name_of(mark["deleted_by"]) + " deleted was changed by " +
                  names_of(mark["authors"]) + " at the same time; their words were kept.");
  }
  if (const auto open = document["open_comments"].number(); open > 0)
    call.notice(count_of(open, "open comment", "open comments") + "; see holm comment list");
}

Status doc_show(Call& call) {
  const auto& args = call.args();
  // Marks of merging are told to a person once; scripts and files see them until then.
  const bool is_looked_at = call.host().out.is_terminal && !call.json() && !args.find("--at");
  const auto answer =
      is_looked_at
          ? TRY(call.ask(Value::object().set("do", "doc.look").set("doc", args.get("REF"))))
          : TRY(call.ask(work::DocShow{args.get("REF"), args.find("--at")}));
  if (call.json()) return call.show(answer, nullptr);
  const auto text = answer["text"].text();
  if (!call.host().out.is_terminal) return call.print(text);
  auto shown = visible(text, Lines::keep);
  if (!shown.empty() && shown.back() != '\n') shown += '\n';
  TRY(call.print(shown));
  tell_marks(call, answer);
  return {};
}

/// A file that an editor works on; gone afterwards unless it was asked to stay.
class Draft {
 public:
  explicit Draft(std::string path) : path_(std::move(path)) {}
  ~Draft() {
    std::error_code ignored;
    if (!kept_) std::filesystem::remove(path_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const std::string& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

Status doc_edit(Call& call) {
  const auto& host = call.host();
  const auto shown = TRY(call.ask(work::DocShow{call.args().get("REF"), {}}));
  const std::string base(shown["text"].text());
  const std::string id(shown["id"].text());
  call.let_go();  // an editor may stay open for hours

  Draft draft(host.environment.temporary_folder + "/holm-" + id + ".md");
  TRY(write_file(draft.path(), as_bytes(base), Access::owner));
  if (auto edited = host.edit(host.environment.editor, draft.path()); !edited) return edited;
  auto text = read_file(draft.path());
  if (!text) return fail(std::move(text).error());
  if (*text == base) return call.done(Value::object().set("id", id), "Nothing was changed.");

  auto answer = call.ask(work::DocWrite{id, *text, base});
  if (!answer) {
    draft.keep();
    auto error = std::move(answer).error();
    error.safe = "your text is kept in " + draft.path();
    return fail(std::move(error));
  }
  return call.done(*answer, "Your changes are in.");
}

Status doc_write(Call& call) {
  const auto ref = call.args().get("REF");
  if (!call.args().has("--file"))
    return fail(Code::usage,
                "\"doc write\" needs --file F with the new text, or --file - for stdin",
                "nothing was changed");
  const auto text = TRY(call.text(""));
  const auto base = TRY(call.optional_text("--base"));
  return do_command(call, work::DocWrite{ref, text, base}, "The text of " + ref + " is written.");
}

Status doc_append(Call& call) {
  const auto ref = call.args().get("REF");
  const auto text = TRY(call.text("TEXT"));
  return do_command(call, work::DocAppend{ref, text}, "Appended to " + ref + ".");
}

Status doc_rename(Call& call) {
  const auto path = call.args().get("ROOM/TITLE");
  return do_command(call, work::DocRename{call.args().get("REF"), path},
                    "The document is now \"" + path + "\".");
}

Status doc_set(Call& call) {
  const auto ref = call.args().get("REF");
  const auto pairs = TRY(parse_pairs(call.args().all("KEY=VALUE")));
  return do_command(call, work::DocSet{ref, pairs}, ref + " is changed.");
}

Status doc_archive(Call& call) {
  const auto ref = call.args().get("REF");
  const bool off = call.args().has("--off");
  return do_command(call, work::DocArchive{ref, off}, ref + (off ? " is back." : " is archived."));
}

}  // namespace

Table document_commands() {
  using Need = Argument::Need;
  const auto chapter = Chapter::documents;
  const Argument ref{"REF", "the document: Room/folder/Title, or its id"};
  const Option file{"--file", "F", kFileHelp, "file"};
  return {
      {"doc new",
       chapter,
       "make a document",
       {{"ROOM/TITLE", "where: Room/folder/Title; folders are made as named"},
        {"TEXT", "its first text; - reads stdin", Need::optional}},
       {file},
       "",
       doc_new},
      {"doc list",
       chapter,
       "the documents of the team or of a room",
       {{"ROOM", "only this room's", Need::optional}},
       {{"--archived", "", "archived ones too"}},
       "",
       doc_list},
      {"doc show",
       chapter,
       "print the text of a document, to the byte",
       {ref},
       {{"--at", "VERSION",
         "as it was: a version from \"holm history\", a time, or -N changes ago"},
        {"--html", "", "pages of HTML come later; the text itself is Markdown", "",
         Option::Use::later}},
       "",
       doc_show},
      {"doc edit",
       chapter,
       "open a document in your editor",
       {ref},
       {},
       "Uses $VISUAL or $EDITOR. What others wrote meanwhile stays: only what you changed is "
       "written.",
       doc_edit},
      {"doc write",
       chapter,
       "make a text the new text of a document",
       {ref},
       {file,
        {"--base", "F", "the text you started from: what others changed since then stays", "file"}},
       "The new text becomes the smallest set of edits, so that work of others at the same time "
       "survives.",
       doc_write},
      {"doc append",
       chapter,
       "add words at the end of a document",
       {ref, {"TEXT", "the words; - reads stdin", Need::text}},
       {file},
       "",
       doc_append},
      {"doc rename",
       chapter,
       "give a document another title or folder",
       {ref, {"ROOM/TITLE", "its new place, in the same room"}},
       {},
       "",
       doc_rename},
      {"doc set",
       chapter,
       "change status, reviewers, review date or owner",
       {ref,
        {"KEY=VALUE", "status=agreed, owner=Ana, reviewers=+Ben, review_by=2026-12-01",
         Need::some}},
       {},
       "",
       doc_set},
      {"doc archive",
       chapter,
       "put a document away; nothing of it is lost",
       {ref},
       {{"--off", "", "bring it back"}},
       "",
       doc_archive},
  };
}

}  // namespace holm::cli
