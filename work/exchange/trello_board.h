// A Trello board export as plain structs, read without trust: any key may be absent, any value of
// the wrong kind. What cannot be read is named in `problems` and left out. Knows nothing of Holm's
// objects; trello.cc makes those.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"

namespace holm::work::trello {

struct Member {
  std::string id;
  std::string name;      ///< "渡辺 さくら"
  std::string username;  ///< "member10"
};

struct Label {
  std::string id;  ///< very old boards give none: "colour:name" then
  std::string name;
  std::string colour;
};

struct List {
  std::string id;
  std::string name;
  Value pos;
  bool closed = false;
  std::optional<WallTime> closed_at;
  std::optional<std::int64_t> limit;
};

struct Item {
  std::string id;
  std::string name;
  Value pos;
  bool done = false;
  std::optional<WallTime> due;
  std::string member;
};

struct Checklist {
  std::string id;
  std::string card;
  std::string name;
  Value pos;
  std::vector<Item> items;  ///< by place
};

struct Link {
  std::string name;
  std::string url;
  bool is_upload = false;  ///< Trello holds its bytes; the export has only where
};

struct Card {
  std::string id;
  std::string list;
  std::string name;
  std::string description;
  Value pos;
  bool closed = false;
  std::optional<WallTime> closed_at;
  std::optional<std::int64_t> number;
  std::optional<WallTime> due;
  std::optional<WallTime> start;
  bool done = false;
  std::optional<WallTime> done_at;
  std::optional<WallTime> touched;
  std::optional<WallTime> created;
  std::string creator;
  std::vector<std::string> members;
  std::vector<std::string> labels;
  std::vector<Link> links;
};

struct Comment {
  std::string id;
  std::string card;
  std::string author;
  std::string text;
  std::optional<WallTime> at;
};

struct Board {
  std::string id;
  std::string name;
  std::string description;
  bool closed = false;
  std::optional<WallTime> touched;
  std::map<std::string, Member> members;  ///< by id, also of people who left
  std::vector<Label> labels;
  std::vector<List> lists;            ///< by place
  std::vector<Card> cards;            ///< by place
  std::vector<Checklist> checklists;  ///< by place
  std::vector<Comment> comments;      ///< oldest first
  std::vector<std::string> problems;  ///< what was left out, and what may be missing
};

/// Errors: reject when the tree is no board (no object, no id, no cards and lists).
Result<Board> read_board(const Value& root);

/// RFC 3339 in UTC or with an offset: "2019-06-05T20:04:55.230Z". Nothing for anything else.
std::optional<WallTime> parse_time(std::string_view text);
/// When a Trello id was made: its first 8 hexadecimal digits are seconds since 1970.
std::optional<WallTime> time_of_id(std::string_view id);
/// Number of a position; lists and cards stand in ascending order.
double position(const Value& pos);

}  // namespace holm::work::trello
