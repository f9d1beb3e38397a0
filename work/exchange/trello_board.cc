#include "work/exchange/trello_board.h"

#include <algorithm>
#include <set>

#include "work/exchange/seed_object.h"
#include "work/views/line.h"

namespace holm::work::trello {
namespace {

constexpr std::size_t kIdBytesMax = 200;
constexpr std::size_t kProblemsMax = 100;
constexpr std::size_t kActionsCap = 1000;  // as many as Trello puts into a file

/// Reads values of unknown kind, and says where one was not what it should be.
class Desk {
 public:
  explicit Desk(std::vector<std::string>& problems) : problems_(problems) {}

  void problem(std::string what) {
    if (problems_.size() < kProblemsMax) {
      problems_.push_back(std::move(what));
    } else {
      ++left_out_;
    }
  }
  void finish() {
    if (left_out_ > 0) problems_.push_back("and " + std::to_string(left_out_) + " more");
  }

  const Value::Array& list(const Value& from, std::string_view key, std::string_view place) {
    const auto& value = from[key];
    if (!value.is_null() && value.as_array() == nullptr) wrong(place, key, "a list");
    return value.items();
  }
  std::string text(const Value& from, std::string_view key, std::string_view place) {
    const auto& value = from[key];
    if (value.as_string() != nullptr) return *value.as_string();
    if (!value.is_null()) wrong(place, key, "text");
    return {};
  }
  /// An id: short text; empty when it is missing or no id.
  std::string id(const Value& from, std::string_view key) {
    const auto& value = from[key];
    const auto* text = value.as_string();
    return text != nullptr && text->size() <= kIdBytesMax ? *text : std::string();
  }
  bool flag(const Value& from, std::string_view key, std::string_view place) {
    const auto& value = from[key];
    if (!value.is_null() && value.as_bool() == nullptr) wrong(place, key, "true or false");
    return value.flag();
  }
  std::optional<WallTime> time(const Value& from, std::string_view key, std::string_view place) {
    const auto& value = from[key];
    if (value.is_null()) return std::nullopt;
    const auto out = parse_time(value.text());
    if (!out) wrong(place, key, "a time");
    return out;
  }
  /// Whether `entry` is an object with an id that has not been seen in `seen`.
  bool is_new(const Value& entry, std::set<std::string>& seen, std::string_view place) {
    if (entry.as_object() == nullptr) {
      problem(std::string(place) + " is no object: left out");
      return false;
    }
    const auto own = id(entry, "id");
    if (own.empty()) {
      problem(std::string(place) + " has no id: left out");
      return false;
    }
    if (!seen.insert(own).second) {
      problem(std::string(place) + " has an id that stood before: left out");
      return false;
    }
    return true;
  }

 private:
  void wrong(std::string_view place, std::string_view key, std::string_view expected) {
    problem(std::string(place) + ": " + std::string(key) + " is not " + std::string(expected) +
            ": left out");
  }

  std::vector<std::string>& problems_;
  std::size_t left_out_ = 0;
};

std::string place_of(std::string_view what, std::size_t index) {
  return std::string(what) + " " + std::to_string(index + 1) + " of the file";
}

template <class Thing>
void sort_by_place(std::vector<Thing>& things) {
  std::stable_sort(things.begin(), things.end(), [](const Thing& a, const Thing& b) {
    const double left = position(a.pos);
    const double right = position(b.pos);
    return left != right ? left < right : a.id < b.id;
  });
}

void add_member(Board& board, const Value& entry, Desk& desk) {
  Member member;
  member.id = desk.id(entry, "id");
  if (member.id.empty()) return;
  member.name = one_line(entry["fullName"].text(), 200);
  member.username = one_line(entry["username"].text(), 200);
  board.members.try_emplace(member.id, std::move(member));
}

/// The label's key, adding it to the board when it was not listed there.
std::string label_key(Board& board, std::set<std::string>& known, const Value& entry, Desk& desk) {
  Label label;
  label.name = one_line(entry["name"].text(), 500);
  label.colour = one_line(entry["color"].text(), 50);
  label.id = desk.id(entry, "id");
  if (label.id.empty()) label.id = label.colour + ":" + label.name;
  auto key = label.id;
  if (known.insert(key).second) board.labels.push_back(std::move(label));
  return key;
}

std::vector<Item> read_items(const Value& checklist, Desk& desk, std::set<std::string>& seen,
                             std::string_view place) {
  std::vector<Item> out;
  for (const auto& entry : desk.list(checklist, "checkItems", place)) {
    const auto own = "an item of " + std::string(place);
    if (!desk.is_new(entry, seen, own)) continue;
    Item item;
    item.id = desk.id(entry, "id");
    item.name = desk.text(entry, "name", own);
    item.pos = entry["pos"];
    item.done = entry["state"].text() == "complete";
    item.due = desk.time(entry, "due", own);
    item.member = desk.id(entry, "idMember");
    out.push_back(std::move(item));
  }
  sort_by_place(out);
  return out;
}

void read_checklists(Board& board, const Value& from, std::string_view card, Desk& desk,
                     std::set<std::string>& seen, std::set<std::string>& items) {
  std::size_t index = 0;
  for (const auto& entry : desk.list(from, "checklists", "the file")) {
    const auto place = place_of("checklist", index++);
    if (entry.as_object() == nullptr && !card.empty()) continue;  // a card's list of ids
    if (!desk.is_new(entry, seen, place)) continue;
    Checklist checklist;
    checklist.id = desk.id(entry, "id");
    checklist.card = desk.id(entry, "idCard");
    if (checklist.card.empty()) checklist.card = card;
    checklist.name = desk.text(entry, "name", place);
    checklist.pos = entry["pos"];
    checklist.items = read_items(entry, desk, items, place);
    board.checklists.push_back(std::move(checklist));
  }
}

Card read_card(Board& board, const Value& entry, std::set<std::string>& labels, Desk& desk,
               std::string_view place) {
  Card card;
  card.id = desk.id(entry, "id");
  card.list = desk.id(entry, "idList");
  card.name = desk.text(entry, "name", place);
  card.description = desk.text(entry, "desc", place);
  card.pos = entry["pos"];
  card.closed = desk.flag(entry, "closed", place);
  if (const auto* number = entry["idShort"].as_int(); number != nullptr && *number > 0) {
    card.number = *number;
  }
  card.due = desk.time(entry, "due", place);
  card.start = desk.time(entry, "start", place);
  card.done = desk.flag(entry, "dueComplete", place);
  card.touched = desk.time(entry, "dateLastActivity", place);
  card.created = time_of_id(card.id);
  for (const auto& member : desk.list(entry, "idMembers", place)) {
    if (member.as_string() != nullptr) card.members.push_back(*member.as_string());
  }
  for (const auto& label : desk.list(entry, "labels", place)) {
    if (label.as_object() != nullptr) card.labels.push_back(label_key(board, labels, label, desk));
  }
  for (const auto& label : desk.list(entry, "idLabels", place)) {
    if (label.as_string() != nullptr && labels.contains(*label.as_string())) {
      card.labels.push_back(*label.as_string());
    }
  }
  std::sort(card.labels.begin(), card.labels.end());
  card.labels.erase(std::unique(card.labels.begin(), card.labels.end()), card.labels.end());
  for (const auto& link : desk.list(entry, "attachments", place)) {
    const auto url = link["url"].text();
    if (url.empty()) continue;
    if (url.size() > kSeedValueBytes / 2) {
      desk.problem(std::string(place) + ": the address of an attachment is too long: left out");
      continue;
    }
    card.links.push_back(
        {one_line(link["name"].text(), 500), std::string(url), link["isUpload"].flag()});
  }
  return card;
}

/// What only the log of the board tells: comments, who made what, and when things were archived.
class Actions {
 public:
  Actions(Board& board, Desk& desk) : board_(board), desk_(desk) {
    for (auto& card : board.cards) cards_.emplace(card.id, &card);
    for (auto& list : board.lists) lists_.emplace(list.id, &list);
  }

  void read(const Value& action, std::string_view place) {
    if (action.as_object() == nullptr) {
      desk_.problem(std::string(place) + " is no object: left out");
      return;
    }
    add_member(board_, action["memberCreator"], desk_);
    const auto type = action["type"].text();
    const auto& data = action["data"];
    if (type == "commentCard" || type == "copyCommentCard") {
      comment(action, data, place);
    } else if (type == "createCard" || type == "copyCard" || type == "emailCard" ||
               type == "convertToCardFromCheckItem") {
      created(action, data);
    } else if (type == "updateCard") {
      card_changed(action, data);
    } else if (type == "updateList") {
      list_changed(action, data);
    }
  }

  std::size_t comments_without_card() const { return comments_without_card_; }

 private:
  void comment(const Value& action, const Value& data, std::string_view place) {
    if (!desk_.is_new(action, seen_, place)) return;
    Comment out;
    out.id = desk_.id(action, "id");
    out.card = desk_.id(data["card"], "id");
    out.author = desk_.id(action, "idMemberCreator");
    if (out.author.empty()) out.author = desk_.id(action["memberCreator"], "id");
    out.text = desk_.text(data, "text", place);
    out.at = desk_.time(action, "date", place);
    if (!out.at) out.at = time_of_id(out.id);
    if (!cards_.contains(out.card)) {
      ++comments_without_card_;
      return;
    }
    board_.comments.push_back(std::move(out));
  }
  void created(const Value& action, const Value& data) {
    const auto at = cards_.find(desk_.id(data["card"], "id"));
    if (at == cards_.end()) return;
    at->second->creator = desk_.id(action, "idMemberCreator");
    // The log forgets; the id does not, so that importing again later gives the same time.
    if (!at->second->created) at->second->created = parse_time(action["date"].text());
  }
  // The newest action comes first in the file; the first that closed a thing is the one that
  // counts.
  void card_changed(const Value& action, const Value& data) {
    const auto at = cards_.find(desk_.id(data["card"], "id"));
    if (at == cards_.end()) return;
    const auto when = parse_time(action["date"].text());
    const auto& old = data["old"];
    if (old.has("closed") && data["card"]["closed"].flag() && !at->second->closed_at) {
      at->second->closed_at = when;
    }
    if (old.has("dueComplete") && data["card"]["dueComplete"].flag() && !at->second->done_at) {
      at->second->done_at = when;
    }
  }
  void list_changed(const Value& action, const Value& data) {
    const auto at = lists_.find(desk_.id(data["list"], "id"));
    if (at == lists_.end() || at->second->closed_at) return;
    if (data["old"].has("closed") && data["list"]["closed"].flag()) {
      at->second->closed_at = parse_time(action["date"].text());
    }
  }

  Board& board_;
  Desk& desk_;
  std::map<std::string, Card*> cards_;
  std::map<std::string, List*> lists_;
  std::set<std::string> seen_;
  std::size_t comments_without_card_ = 0;
};

/// Names what a board may hold that has no place in Holm yet.
void name_what_stays(const Value& root, Desk& desk) {
  std::size_t fields = 0;
  std::size_t votes = 0;
  std::size_t stickers = 0;
  std::size_t places = 0;
  std::size_t plugins = root["pluginData"].items().size();
  for (const auto& card : root["cards"].items()) {
    fields += card["customFieldItems"].items().empty() ? 0 : 1;
    votes += card["idMembersVoted"].items().empty() ? 0 : 1;
    stickers += card["stickers"].items().empty() ? 0 : 1;
    places += card["coordinates"].is_null() ? 0 : 1;
    plugins += card["pluginData"].items().size();
  }
  const auto say = [&](std::size_t count, std::string_view what) {
    if (count > 0) desk.problem(std::to_string(count) + " " + std::string(what));
  };
  std::string names;
  std::size_t named = 0;
  for (const auto& definition : root["customFields"].items()) {
    if (++named > 20) break;
    if (!names.empty()) names += ", ";
    names += quoted(definition["name"].text());
  }
  if (!names.empty()) desk.problem("custom fields do not come: " + names);
  say(fields, "cards have values in custom fields, which do not come");
  say(votes, "cards have votes, which do not come");
  say(stickers, "cards have stickers, which do not come");
  say(places, "cards have a place on a map, which does not come");
  say(plugins, "records of power-ups do not come");
}

void read_actions(Board& board, const Value& root, Desk& desk) {
  Actions actions(board, desk);
  const auto& entries = desk.list(root, "actions", "the file");
  std::size_t index = 0;
  for (const auto& action : entries) actions.read(action, place_of("action", index++));
  std::stable_sort(
      board.comments.begin(), board.comments.end(),
      [](const Comment& a, const Comment& b) { return a.at != b.at ? a.at < b.at : a.id < b.id; });
  if (actions.comments_without_card() > 0) {
    desk.problem(std::to_string(actions.comments_without_card()) +
                 " comments belong to cards that the file does not hold: left out");
  }
  std::int64_t claimed = 0;
  for (const auto& card : root["cards"].items()) {
    const auto count = card["badges"]["comments"].number();
    if (count > 0 && count < 1'000'000) claimed += count;
  }
  const auto missing = claimed - static_cast<std::int64_t>(board.comments.size());
  if (entries.size() >= kActionsCap) {
    const auto oldest = one_line(entries.back()["date"].text(), 10);
    desk.problem("the file holds " + std::to_string(entries.size()) +
                 " actions, as many as Trello gives out at once: comments" +
                 (oldest.empty() ? std::string() : " from before " + oldest) + " may be missing" +
                 (missing > 0 ? "; the cards count " + std::to_string(missing) + " more" : ""));
  } else if (missing > 0) {
    desk.problem("the cards count " + std::to_string(missing) +
                 " more comments than the file holds");
  }
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
  // YYYY-MM-DDThh:mm:ss[.fraction](Z|+hh:mm|-hh:mm)
  const auto digits = [&](std::size_t at, std::size_t count) -> std::optional<int> {
    if (at + count > text.size()) return std::nullopt;
    int out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      out = out * 10 + (text[i] - '0');
    }
    return out;
  };
  const auto is = [&](std::size_t at, char letter) {
    return at < text.size() && text[at] == letter;
  };
  const auto year = digits(0, 4), month = digits(5, 2), day = digits(8, 2), hour = digits(11, 2),
             minute = digits(14, 2), second = digits(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (!is(4, '-') || !is(7, '-') || !is(10, 'T') || !is(13, ':') || !is(16, ':')) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::size_t at = 19;
  int millis = 0;
  if (is(at, '.')) {
    int scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      millis += (text[at] - '0') * scale;
      scale /= 10;
    }
  }
  auto out = WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
             std::chrono::minutes(*minute) + std::chrono::seconds(*second) + Millis(millis);
  if (is(at, 'Z') && at + 1 == text.size()) return out;
  if ((is(at, '+') || is(at, '-')) && at + 6 == text.size() && is(at + 3, ':')) {
    const auto hours = digits(at + 1, 2), minutes = digits(at + 4, 2);
    if (!hours || !minutes) return std::nullopt;
    const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return text[at] == '+' ? out - offset : out + offset;
  }
  return std::nullopt;
}

std::optional<WallTime> time_of_id(std::string_view id) {
  if (id.size() != 24) return std::nullopt;
  const auto bytes = from_hex(id);
  if (!bytes) return std::nullopt;
  std::int64_t seconds = 0;
  for (std::size_t i = 0; i < 4; ++i) seconds = seconds << 8 | (*bytes)[i];
  return WallTime(std::chrono::seconds(seconds));
}

double position(const Value& pos) {
  if (const auto* number = pos.as_double()) return *number;
  return static_cast<double>(pos.number());
}

Result<Board> read_board(const Value& root) {
  if (root.as_object() == nullptr || root["cards"].as_array() == nullptr ||
      root["lists"].as_array() == nullptr || !root["id"].as_string()) {
    return fail(Code::reject, "this JSON is not a Trello board: it has no id, lists and cards",
                "nothing was brought in",
                "in Trello choose Menu, Print, export and share, Export as JSON");
  }
  Board board;
  Desk desk(board.problems);
  board.id = desk.id(root, "id");
  if (board.id.empty()) {
    return fail(Code::reject, "the board has no usable id", "nothing was brought in");
  }
  board.name = one_line(desk.text(root, "name", "the board"), 500);
  if (board.name.empty()) board.name = "Trello board";
  board.description = desk.text(root, "desc", "the board");
  board.closed = desk.flag(root, "closed", "the board");
  board.touched = desk.time(root, "dateLastActivity", "the board");

  for (const auto& entry : desk.list(root, "members", "the file")) add_member(board, entry, desk);
  std::set<std::string> labels;
  for (const auto& entry : desk.list(root, "labels", "the file")) {
    if (entry.as_object() != nullptr) label_key(board, labels, entry, desk);
  }
  std::set<std::string> seen;
  std::size_t index = 0;
  for (const auto& entry : root["lists"].items()) {
    const auto place = place_of("list", index++);
    if (!desk.is_new(entry, seen, place)) continue;
    List list;
    list.id = desk.id(entry, "id");
    list.name = desk.text(entry, "name", place);
    list.pos = entry["pos"];
    list.closed = desk.flag(entry, "closed", place);
    if (const auto limit = entry["softLimit"].number(); limit > 0) list.limit = limit;
    board.lists.push_back(std::move(list));
  }
  sort_by_place(board.lists);

  std::set<std::string> checklists;
  std::set<std::string> items;
  seen.clear();
  index = 0;
  for (const auto& entry : root["cards"].items()) {
    const auto place = place_of("card", index++);
    if (!desk.is_new(entry, seen, place)) continue;
    board.cards.push_back(read_card(board, entry, labels, desk, place));
    if (entry["checklists"].as_array() != nullptr) {
      read_checklists(board, entry, board.cards.back().id, desk, checklists, items);
    }
  }
  sort_by_place(board.cards);
  read_checklists(board, root, {}, desk, checklists, items);
  sort_by_place(board.checklists);
  read_actions(board, root, desk);
  name_what_stays(root, desk);
  desk.finish();
  return board;
}

}  // namespace holm::work::trello
