#include <algorithm>

#include "crdt/replay.h"
#include "crdt/text/utf8.h"
#include "work/apply/draft.h"
#include "work/exchange/text_merge.h"
#include "work/fold.h"
#include "work/read.h"

namespace holm::work {
namespace {

struct FolderTitle {
  std::string folder;
  std::string title;
};
Result<FolderTitle> folder_title(std::string_view rest) {
  const auto slash = rest.rfind('/');
  FolderTitle out;
  if (slash != std::string_view::npos) out.folder = std::string(rest.substr(0, slash));
  out.title = std::string(slash == std::string_view::npos ? rest : rest.substr(slash + 1));
  TRY(check_line(out.title, "the title"));
  if (!out.folder.empty()) TRY(check_line(out.folder, "the folder"));
  return out;
}

Status check_free(const Draft& draft, const Ref& room, const FolderTitle& name, const Ref& self) {
  const auto same = TRY(draft.state.find(
      {.type = kDocument,
       .space = room.space,
       .where = {{field::kTitle, Value(name.title)},
                 {document::kFolder, name.folder.empty() ? Value{} : Value(name.folder)}}}));
  for (const auto& ref : same) {
    const auto object = TRY(draft.state.object(ref));
    if (ref == self || !object || is_archived(*object)) continue;
    return fail(Code::usage, "there is a document '" + path_of(draft.state, ref) + "' already",
                "nothing was changed", "write to it with holm doc write, or choose another title");
  }
  return {};
}

/// Edits made one after the other, as one list in terms of the text before all of them.
std::vector<TextChange> flattened(const std::vector<crdt::TextEdit>& edits, std::uint64_t size) {
  struct Piece {
    bool kept;
    std::uint64_t from;  ///< kept: in the text before
    std::uint64_t len;
    std::string text;  ///< inserted
  };
  std::vector<Piece> pieces{{true, 0, size, {}}};
  // Makes a piece begin at `pos`; returns its index.
  const auto cut = [&](std::uint64_t pos) {
    std::size_t i = 0;
    for (; i < pieces.size() && pos >= pieces[i].len; ++i) pos -= pieces[i].len;
    if (pos == 0 || i == pieces.size()) return i;
    auto tail = pieces[i];
    tail.len -= pos;
    if (tail.kept) {
      tail.from += pos;
    } else {
      const auto byte = crdt::utf8::offset(tail.text, pos);
      pieces[i].text.resize(byte);
      tail.text.erase(0, byte);
    }
    pieces[i].len = pos;
    pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(tail));
    return i + 1;
  };
  for (const auto& edit : edits) {
    if (edit.erased > 0) {
      const auto from = static_cast<std::ptrdiff_t>(cut(edit.pos));
      const auto to = static_cast<std::ptrdiff_t>(cut(edit.pos + edit.erased));
      pieces.erase(pieces.begin() + from, pieces.begin() + to);
    }
    if (!edit.inserted.empty()) {
      const auto at = static_cast<std::ptrdiff_t>(cut(edit.pos));
      pieces.insert(pieces.begin() + at,
                    {false, 0, crdt::utf8::count(edit.inserted), edit.inserted});
    }
  }
  std::vector<TextChange> out;
  std::uint64_t at = 0;
  std::string inserted;
  const auto close = [&](std::uint64_t next) {
    if (next > at || !inserted.empty()) out.push_back({at, next - at, std::move(inserted)});
    inserted.clear();
  };
  for (auto& piece : pieces) {
    if (!piece.kept) {
      inserted += piece.text;
      continue;
    }
    close(piece.from);
    at = piece.from + piece.len;
  }
  close(size);
  return out;
}

/// What happened to a text since it read `base`, as its history tells. Nothing when it never did on
/// this device: the writer saw it elsewhere, or in between.
Result<std::optional<std::vector<TextChange>>> changes_since(const Draft& draft, const Ref& ref,
                                                             const std::string& base) {
  const auto history = TRY(draft.state.history(ref));
  const std::span<const crdt::Delivered> all(history);
  crdt::Text text;
  std::map<LogId, crdt::OpId> last_own;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto runs =
        TRY(crdt::text_runs(ref.object, document::kText, all.subspan(i, 1), last_own));
    if (runs.empty()) continue;
    TRY(crdt::merge_runs(text, runs));
    if (text.text() == base) found = i + 1;
  }
  if (!found) return std::optional<std::vector<TextChange>>{};
  crdt::Text then;
  last_own.clear();
  const auto known = TRY(crdt::text_runs(ref.object, document::kText, all.first(*found), last_own));
  TRY(crdt::merge_runs(then, known));
  const auto size = then.size();
  const auto since =
      TRY(crdt::text_runs(ref.object, document::kText, all.subspan(*found), last_own));
  const auto edits = then.merge(since);
  if (!edits) return std::optional<std::vector<TextChange>>{};  // a void run that makes no sense
  return std::optional(flattened(*edits, size));
}

void write_changes(Draft& draft, const Ref& ref, const std::vector<TextChange>& changes) {
  auto writer = draft.on(ref, kDocument);
  for (auto at = changes.rbegin(); at != changes.rend(); ++at)
    writer.erase(document::kText, at->pos, at->erased)
        .insert(document::kText, at->pos, at->inserted);
}

}  // namespace

Status run(Draft& draft, const DocNew& command) {
  const auto path = TRY(new_path(draft, command.path));
  const auto name = TRY(folder_title(path.rest));
  TRY(check_text(command.text, "the text"));
  TRY(check_free(draft, path.room, name, {}));
  const auto ref = draft.fresh(path.room.space);
  draft.on(ref, kDocument)
      .put(field::kTitle, name.title)
      .put_if(document::kFolder, name.folder.empty() ? Value{} : Value(name.folder))
      .insert(document::kText, 0, command.text);
  draft.answer_id(ref);
  return {};
}

Status run(Draft& draft, const DocWrite& command) {
  const auto doc = TRY(subject(draft, command.doc, {kDocument}));
  TRY(check_text(command.text, "the text"));
  draft.answer_id(doc.ref);
  const auto live = TRY(draft.state.text(doc.ref, document::kText));
  if (!command.base || *command.base == live) {
    write_changes(draft, doc.ref, changes_between(live, command.text));
  } else {
    TRY(check_text(*command.base, "the text it started from"));
    const auto mine = changes_between(*command.base, command.text);
    auto others = TRY(changes_since(draft, doc.ref, *command.base));
    if (!others) others = changes_between(*command.base, live);
    write_changes(draft, doc.ref, rebase(*command.base, mine, *others));
  }
  if (!draft.outcome.writes[doc.ref.space].empty()) TRY(wake(draft, doc));
  return {};
}

Status run(Draft& draft, const DocAppend& command) {
  const auto doc = TRY(subject(draft, command.doc, {kDocument}));
  TRY(check_text(command.text, "the text"));
  draft.answer_id(doc.ref);
  if (command.text.empty()) return {};
  const auto live = TRY(draft.state.text(doc.ref, document::kText));
  std::string more = live.empty() || live.ends_with('\n') ? "" : "\n";
  more += command.text;
  if (!more.ends_with('\n')) more += '\n';
  draft.on(doc.ref, kDocument).insert(document::kText, crdt::utf8::count(live), more);
  return wake(draft, doc);
}

Status run(Draft& draft, const DocEdit& command) {
  const auto doc = TRY(subject(draft, command.doc, {kDocument}));
  TRY(check_text(command.insert, "the text"));
  const auto size = crdt::utf8::count(TRY(draft.state.text(doc.ref, document::kText)));
  if (command.pos > size || command.erase > size - command.pos)
    return fail(Code::usage,
                "the document has " + std::to_string(size) + " characters; the edit lies beyond",
                "nothing was changed", "read the document again");
  draft.answer_id(doc.ref);
  draft.on(doc.ref, kDocument)
      .erase(document::kText, command.pos, command.erase)
      .insert(document::kText, command.pos, command.insert);
  return wake(draft, doc);
}

Status run(Draft& draft, const DocRename& command) {
  const auto doc = TRY(subject(draft, command.doc, {kDocument}));
  std::string_view rest = command.path;
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos && slash > 0) {
    const auto room = resolve_room(draft.state, rest.substr(0, slash));
    if (room && room->space != doc.ref.space)
      return fail(Code::unsupported, "a document cannot be moved to another room",
                  "nothing was changed", "write it anew there with holm doc new");
    if (room) rest.remove_prefix(slash + 1);
  }
  const auto name = TRY(folder_title(rest));
  TRY(check_free(draft, {doc.ref.space, room_object(doc.ref.space)}, name, doc.ref));
  auto writer = draft.on(doc.ref, kDocument);
  writer.put(field::kTitle, name.title);
  if (name.folder != words_of(doc.object, document::kFolder))
    writer.put(document::kFolder, name.folder.empty() ? Value{} : Value(name.folder));
  draft.answer_id(doc.ref);
  return wake(draft, doc);
}

Status run(Draft& draft, const DocSet& command) {
  const auto doc = TRY(subject(draft, command.doc, {kDocument}));
  TRY(set_fields(draft, doc, command.values,
                 {field::kTitle, document::kFolder, document::kStatus, document::kReviewers,
                  document::kReviewBy, document::kOwner, field::kTags}));
  draft.answer_id(doc.ref);
  return wake(draft, doc);
}

Status run(Draft& draft, const DocArchive& command) {
  const auto doc = TRY(subject(draft, command.doc, {kDocument}));
  draft.answer_id(doc.ref);
  return archive(draft, doc, command.off ? Archiving::back : Archiving::away);
}

}  // namespace holm::work
