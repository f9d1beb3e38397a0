// Every question a person can ask, as one plain struct; answered by views/ as a Value whose keys
// are the JSON contract of CLI.md. Questions about links and peers are answered by the node itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "work/command.h"

namespace holm::work {

#define HOLM_QUERY(name, ...)                     \
  static constexpr std::string_view kName = name; \
  template <class Visitor>                        \
  void fields(Visitor&& visit) {                  \
    visit(__VA_ARGS__);                           \
  }
#define HOLM_F(member) #member, member

struct TeamShow {
  bool members = false;
  HOLM_QUERY("team.show", HOLM_F(members))
};
struct InviteList {
  bool all = false;
  HOLM_QUERY("invite.list", HOLM_F(all))
};
struct DeviceList {
  Optional member{};
  HOLM_QUERY("device.list", HOLM_F(member))
};
struct ProfileShow {
  Optional member{};
  HOLM_QUERY("profile.show", HOLM_F(member))
};
struct RoomList {
  bool archived = false;
  HOLM_QUERY("room.list", HOLM_F(archived))
};
struct RoomShow {
  std::string room{};
  HOLM_QUERY("room.show", HOLM_F(room))
};
struct DocList {
  Optional room{};
  bool archived = false;
  HOLM_QUERY("doc.list", HOLM_F(room), HOLM_F(archived))
};
struct DocShow {
  std::string doc{};
  Optional version{};
  HOLM_QUERY("doc.show", HOLM_F(doc), HOLM_F(version))
};
struct CommentList {
  std::string target{};
  bool resolved = false;
  HOLM_QUERY("comment.list", HOLM_F(target), HOLM_F(resolved))
};
struct BoardList {
  Optional room{};
  HOLM_QUERY("board.list", HOLM_F(room))
};
struct BoardShow {
  std::string board{};
  bool archived = false;
  HOLM_QUERY("board.show", HOLM_F(board), HOLM_F(archived))
};
struct CardShow {
  std::string card{};
  HOLM_QUERY("card.show", HOLM_F(card))
};
struct ThreadList {
  Optional room{};
  bool resolved = false;
  HOLM_QUERY("thread.list", HOLM_F(room), HOLM_F(resolved))
};
struct ThreadShow {
  std::string thread{};
  HOLM_QUERY("thread.show", HOLM_F(thread))
};
struct History {
  std::string object{};
  std::uint64_t limit = 50;
  HOLM_QUERY("history", HOLM_F(object), HOLM_F(limit))
};
struct Diff {
  std::string object{};
  Optional from{};
  Optional to{};
  HOLM_QUERY("diff", HOLM_F(object), HOLM_F(from), HOLM_F(to))
};
struct Blame {
  std::string object{};
  HOLM_QUERY("blame", HOLM_F(object))
};
struct Conflicts {
  Optional object{};
  HOLM_QUERY("conflicts", HOLM_F(object))
};
/// One box of search (search/query.h). The options add to what `query` says.
struct Search {
  std::string query{};
  Optional room{};
  Optional kind{};
  Optional by{};
  Optional before{};
  Optional after{};
  bool mine = false;
  bool waiting = false;
  bool archived = false;  ///< what is archived too
  bool typing = false;    ///< the last word may be unfinished
  std::uint64_t limit = 20;
  HOLM_QUERY("search", HOLM_F(query), HOLM_F(room), HOLM_F(kind), HOLM_F(by), HOLM_F(before),
             HOLM_F(after), HOLM_F(mine), HOLM_F(waiting), HOLM_F(archived), HOLM_F(typing),
             HOLM_F(limit))
};
struct FileList {
  Optional room{};
  bool archived = false;
  HOLM_QUERY("file.list", HOLM_F(room), HOLM_F(archived))
};
struct FileShow {
  std::string file{};
  HOLM_QUERY("file.show", HOLM_F(file))
};
/// Whole team or one room as the tree that exporters write: format markdown, json or all.
struct ExportTree {
  Optional room{};
  std::string format = "markdown";
  HOLM_QUERY("export", HOLM_F(room), HOLM_F(format))
};

#undef HOLM_F
#undef HOLM_QUERY

using Query =
    std::variant<TeamShow, InviteList, DeviceList, ProfileShow, RoomList, RoomShow, DocList,
                 DocShow, CommentList, BoardList, BoardShow, CardShow, ThreadList, ThreadShow,
                 History, Diff, Blame, Conflicts, Search, ExportTree, FileList, FileShow>;

}  // namespace holm::work
