// Every user intent as one plain struct. The command line, the desktop, importers and tests use the
// same ones; apply.h turns them into writes. References and dates are text as a person gives them
// (CLI.md, References and Dates) and are resolved against the state at the moment of applying.
//
// Each struct names itself and lists its fields, from which command_codec.h derives the form in
// which a command crosses the control socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace holm::work {

using Words = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;
using Optional = std::optional<std::string>;

#define HOLM_COMMAND(name, ...)                   \
  static constexpr std::string_view kName = name; \
  template <class Visitor>                        \
  void fields(Visitor&& visit) {                  \
    visit(__VA_ARGS__);                           \
  }
#define HOLM_F(member) #member, member

// Team and profile
struct TeamRename {
  std::string title{};
  HOLM_COMMAND("team.rename", HOLM_F(title))
};
struct ProfileSet {
  Pairs values{};
  HOLM_COMMAND("profile.set", HOLM_F(values))
};

// Rooms. The space itself is opened by the node (RoomNew makes a membership op as well).
struct RoomNew {
  std::string name{};  ///< of a one-to-one room none: it is called by who is in it
  std::string kind = "project";
  std::string purpose{};
  Words members{};  ///< of a private or one-to-one room: who else is in it
  HOLM_COMMAND("room.new", HOLM_F(name), HOLM_F(kind), HOLM_F(purpose), HOLM_F(members))
};
struct RoomSet {
  std::string room{};
  Pairs values{};  ///< title, purpose, kind, owner
  HOLM_COMMAND("room.set", HOLM_F(room), HOLM_F(values))
};
struct RoomArchive {
  std::string room{};
  bool off = false;
  HOLM_COMMAND("room.archive", HOLM_F(room), HOLM_F(off))
};

// Documents
struct DocNew {
  std::string path{};  ///< Room/folder/Title
  std::string text{};
  HOLM_COMMAND("doc.new", HOLM_F(path), HOLM_F(text))
};
struct DocWrite {
  std::string doc{};
  std::string text{};
  Optional base{};  ///< the text the writer started from: only what differs from it is written
  HOLM_COMMAND("doc.write", HOLM_F(doc), HOLM_F(text), HOLM_F(base))
};
struct DocAppend {
  std::string doc{};
  std::string text{};
  HOLM_COMMAND("doc.append", HOLM_F(doc), HOLM_F(text))
};
/// Single edits at code point positions of the live text: what an editor sends.
struct DocEdit {
  std::string doc{};
  std::uint64_t pos = 0;
  std::uint64_t erase = 0;
  std::string insert{};
  HOLM_COMMAND("doc.edit", HOLM_F(doc), HOLM_F(pos), HOLM_F(erase), HOLM_F(insert))
};
struct DocRename {
  std::string doc{};
  std::string path{};
  HOLM_COMMAND("doc.rename", HOLM_F(doc), HOLM_F(path))
};
struct DocSet {
  std::string doc{};
  Pairs values{};
  HOLM_COMMAND("doc.set", HOLM_F(doc), HOLM_F(values))
};
struct DocArchive {
  std::string doc{};
  bool off = false;
  HOLM_COMMAND("doc.archive", HOLM_F(doc), HOLM_F(off))
};

// Comments, on documents, cards and checklist items
struct CommentAdd {
  std::string target{};
  std::string text{};
  Optional on{};        ///< quoted words in the target's text
  Words attachments{};  ///< files of the same room
  HOLM_COMMAND("comment.add", HOLM_F(target), HOLM_F(text), HOLM_F(on), HOLM_F(attachments))
};
struct CommentReply {
  std::string comment{};
  std::string text{};
  HOLM_COMMAND("comment.reply", HOLM_F(comment), HOLM_F(text))
};
struct CommentResolve {
  std::string comment{};
  bool off = false;
  HOLM_COMMAND("comment.resolve", HOLM_F(comment), HOLM_F(off))
};

// Boards
struct BoardNew {
  std::string path{};
  Optional key{};
  std::string columns = "Next:queue,Doing:doing,Waiting:waiting,Done:done";
  HOLM_COMMAND("board.new", HOLM_F(path), HOLM_F(key), HOLM_F(columns))
};
struct ColumnAdd {
  std::string board{};
  std::string title{};
  std::string kind = "queue";
  Optional before{};  ///< a column; nothing: last
  Optional limit{};
  HOLM_COMMAND("column.add", HOLM_F(board), HOLM_F(title), HOLM_F(kind), HOLM_F(before),
               HOLM_F(limit))
};
struct ColumnMove {
  std::string board{};
  std::string column{};
  Optional before{};
  HOLM_COMMAND("column.move", HOLM_F(board), HOLM_F(column), HOLM_F(before))
};
struct ColumnSet {
  std::string board{};
  std::string column{};
  Pairs values{};
  HOLM_COMMAND("column.set", HOLM_F(board), HOLM_F(column), HOLM_F(values))
};
/// Moves its cards to the first queue column and archives it.
struct ColumnRemove {
  std::string board{};
  std::string column{};
  HOLM_COMMAND("column.remove", HOLM_F(board), HOLM_F(column))
};

// Cards
struct CardAdd {
  std::string board{};
  std::string title{};
  Optional column{};
  Words assign{};
  Optional due{};
  Optional not_before{};
  Optional estimate{};  ///< "4h", "90m"
  Optional priority{};
  Optional text{};
  Words labels{};
  HOLM_COMMAND("card.add", HOLM_F(board), HOLM_F(title), HOLM_F(column), HOLM_F(assign),
               HOLM_F(due), HOLM_F(not_before), HOLM_F(estimate), HOLM_F(priority), HOLM_F(text),
               HOLM_F(labels))
};
struct CardMove {
  std::string card{};
  std::string column{};
  Optional before{};  ///< a card of that column
  bool top = false;   ///< nothing else: bottom
  HOLM_COMMAND("card.move", HOLM_F(card), HOLM_F(column), HOLM_F(before), HOLM_F(top))
};
/// Keys: title, text, priority, due, not_before, estimate, percent, blocked_reason, waiting_on,
/// repeats, card_type; assignees, labels, followers, tags take "+x", "-x" or a whole list "x,y".
struct CardSet {
  std::string card{};
  Pairs values{};
  HOLM_COMMAND("card.set", HOLM_F(card), HOLM_F(values))
};
struct CardDone {
  std::string card{};
  bool reopen = false;
  HOLM_COMMAND("card.done", HOLM_F(card), HOLM_F(reopen))
};
struct CardArchive {
  std::string card{};
  bool off = false;
  HOLM_COMMAND("card.archive", HOLM_F(card), HOLM_F(off))
};
struct CardUpdate {
  std::string card{};
  std::string line{};
  Optional percent{};
  Optional confidence{};
  HOLM_COMMAND("card.update", HOLM_F(card), HOLM_F(line), HOLM_F(percent), HOLM_F(confidence))
};
struct ItemAdd {
  std::string card{};
  std::string text{};
  Optional checklist{};  ///< title of one of the card's checklists; nothing: its first
  Optional assign{};
  Optional due{};
  HOLM_COMMAND("item.add", HOLM_F(card), HOLM_F(text), HOLM_F(checklist), HOLM_F(assign),
               HOLM_F(due))
};
/// `item` is its id, its position on the card from 1, or its text.
struct ItemCheck {
  std::string card{};
  std::string item{};
  bool off = false;
  HOLM_COMMAND("item.check", HOLM_F(card), HOLM_F(item), HOLM_F(off))
};
struct ItemSet {
  std::string card{};
  std::string item{};
  Pairs values{};
  HOLM_COMMAND("item.set", HOLM_F(card), HOLM_F(item), HOLM_F(values))
};
struct ItemMove {
  std::string card{};
  std::string item{};
  Optional before{};
  HOLM_COMMAND("item.move", HOLM_F(card), HOLM_F(item), HOLM_F(before))
};
struct ItemRemove {
  std::string card{};
  std::string item{};
  HOLM_COMMAND("item.remove", HOLM_F(card), HOLM_F(item))
};

// Threads and messages
struct ThreadNew {
  std::string room{};
  std::string title{};
  std::string text{};
  HOLM_COMMAND("thread.new", HOLM_F(room), HOLM_F(title), HOLM_F(text))
};
struct ThreadResolve {
  std::string thread{};
  std::string summary{};
  bool off = false;
  HOLM_COMMAND("thread.resolve", HOLM_F(thread), HOLM_F(summary), HOLM_F(off))
};
struct ThreadFollow {
  std::string thread{};
  bool off = false;
  HOLM_COMMAND("thread.follow", HOLM_F(thread), HOLM_F(off))
};
struct ThreadMute {
  std::string thread{};
  bool off = false;
  HOLM_COMMAND("thread.mute", HOLM_F(thread), HOLM_F(off))
};
struct Say {
  std::string thread{};
  std::string text{};
  Optional intent{};
  Words to{};
  Optional reply_by{};
  Optional needs_from{};
  Optional show_after{};
  Words attachments{};  ///< files of the same room
  HOLM_COMMAND("say", HOLM_F(thread), HOLM_F(text), HOLM_F(intent), HOLM_F(to), HOLM_F(reply_by),
               HOLM_F(needs_from), HOLM_F(show_after), HOLM_F(attachments))
};
struct Reply {
  std::string message{};
  std::string text{};
  bool answer = false;
  HOLM_COMMAND("reply", HOLM_F(message), HOLM_F(text), HOLM_F(answer))
};
struct MessageEdit {
  std::string message{};
  std::string text{};
  HOLM_COMMAND("message.edit", HOLM_F(message), HOLM_F(text))
};
struct React {
  std::string message{};
  std::string emoji{};
  bool off = false;
  HOLM_COMMAND("react", HOLM_F(message), HOLM_F(emoji), HOLM_F(off))
};
struct Retract {
  std::string message{};
  HOLM_COMMAND("retract", HOLM_F(message))
};

// Any object
struct TakeValue {
  std::string object{};
  std::string field{};
  std::string value{};
  HOLM_COMMAND("take", HOLM_F(object), HOLM_F(field), HOLM_F(value))
};
struct KeepValue {
  std::string object{};
  std::string field{};
  HOLM_COMMAND("keep", HOLM_F(object), HOLM_F(field))
};
struct Restore {
  std::string object{};
  std::string version{};
  Optional part{};  ///< "from-to" in lines, from 1, of a document at that version
  HOLM_COMMAND("restore", HOLM_F(object), HOLM_F(version), HOLM_F(part))
};

/// Erases its words for everybody, with those of its parts: an owner anything, others what is
/// theirs.
struct Erase {
  std::string object{};
  HOLM_COMMAND("erase", HOLM_F(object))
};

// Files. Their bytes are brought in by the node first; `content` names them (file_content.h).
struct FileNew {
  std::string room{};
  std::string name{};
  Optional folder{};
  std::string content{};  ///< hexadecimal
  std::string media{};
  HOLM_COMMAND("file.new", HOLM_F(room), HOLM_F(name), HOLM_F(folder), HOLM_F(content),
               HOLM_F(media))
};
struct FileVersion {
  std::string file{};
  std::string content{};  ///< hexadecimal
  std::string media{};
  HOLM_COMMAND("file.version", HOLM_F(file), HOLM_F(content), HOLM_F(media))
};
struct FileRename {
  std::string file{};
  std::string name{};
  HOLM_COMMAND("file.rename", HOLM_F(file), HOLM_F(name))
};
struct FilePin {
  std::string file{};
  bool off = false;
  HOLM_COMMAND("file.pin", HOLM_F(file), HOLM_F(off))
};
struct FileArchive {
  std::string file{};
  bool off = false;
  HOLM_COMMAND("file.archive", HOLM_F(file), HOLM_F(off))
};

#undef HOLM_F
#undef HOLM_COMMAND

using Command =
    std::variant<TeamRename, ProfileSet, RoomNew, RoomSet, RoomArchive, DocNew, DocWrite, DocAppend,
                 DocEdit, DocRename, DocSet, DocArchive, CommentAdd, CommentReply, CommentResolve,
                 BoardNew, ColumnAdd, ColumnMove, ColumnSet, ColumnRemove, CardAdd, CardMove,
                 CardSet, CardDone, CardArchive, CardUpdate, ItemAdd, ItemCheck, ItemSet, ItemMove,
                 ItemRemove, ThreadNew, ThreadResolve, ThreadFollow, ThreadMute, Say, Reply,
                 MessageEdit, React, Retract, TakeValue, KeepValue, Restore, Erase, FileNew,
                 FileVersion, FileRename, FilePin, FileArchive>;

}  // namespace holm::work
