// A Trello board export becomes a board: lists are columns, archived as archived; cards,
// checklists, labels and comments keep order, authors and times. People are mapped by hand or stand
// in as placeholders. All ids derive from Trello's own.
#include <algorithm>
#include <deque>
#include <set>

#include "base/json.h"
#include "base/wire.h"
#include "work/exchange/import.h"
#include "work/exchange/seed_object.h"
#include "work/exchange/tally.h"
#include "work/exchange/trello_board.h"
#include "work/schema.h"
#include "work/views/line.h"
#include "work/when.h"

namespace holm::work {
namespace {

using trello::Board;

constexpr std::string_view kFormat = "trello";
constexpr std::size_t kTitleBytes = 16u << 10;
constexpr std::int64_t kLimitMax = 1'000'000;

Value moment(WallTime at) { return at.time_since_epoch().count(); }
Value moment(const std::optional<WallTime>& at) { return at ? moment(*at) : Value(); }
/// Trello knows no zones: its times are shown in UTC until somebody says otherwise.
Value instant(const std::optional<WallTime>& at) {
  return at ? encode(Instant{*at, "UTC"}) : Value();
}
Value bytes_of(const ObjectId& id) { return to_bytes(id.view()); }

/// A first guess at what a list is for, from its name.
std::string_view guess_kind(std::string_view name) {
  std::string low(name);
  for (char& letter : low) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  const auto holds = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return low.find(word) != low.npos; });
  };
  if (holds({"backlog", "to do", "todo", "up next"})) return "queue";
  if (holds({"done", "complete", "finished", "released", "closed"})) return "done";
  if (holds({"waiting", "blocked", "on hold", "paused"})) return "waiting";
  if (holds({"doing", "progress", "review", "ready for qa", "ready to merge", "testing"})) {
    return "doing";
  }
  return "queue";
}

/// "TD" of "Test Drive": what short numbers begin with.
std::string guess_key(std::string_view name) {
  std::string out;
  bool starts = true;
  for (const char letter : name) {
    const bool is_small = letter >= 'a' && letter <= 'z';
    const bool is_letter = is_small || (letter >= 'A' && letter <= 'Z');
    if (is_letter && starts && out.size() < 4) {
      out += is_small ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    starts = !is_letter;
  }
  return out.empty() ? "B" : out;
}

class TrelloImport {
 public:
  TrelloImport(const State& state, const ImportTarget& target, const Board& board)
      : state_(state), target_(target), board_(board), tally_(plan_) {}

  Result<ImportPlan> run() {
    for (const auto& problem : board_.problems) tally_.warn(problem);
    TRY(board());
    TRY(labels());
    TRY(columns());
    TRY(cards());
    TRY(checklists());
    TRY(comments());
    if (uploads_ > 0) {
      tally_.warn(
          std::to_string(uploads_) +
          " attachments are files that only Trello holds: their links came, their bytes are "
          "not in the export");
    }
    if (!placeholders_.empty()) {
      std::sort(placeholders_.begin(), placeholders_.end());
      std::string names;
      for (const auto& name : placeholders_) names += (names.empty() ? "" : ", ") + name;
      tally_.warn("people who are kept by name, as nobody of the team was named for them: " +
                  names);
    }
    tally_.finish();
    return std::move(plan_);
  }

 private:
  Ref ref(std::string_view source_key) const {
    return {target_.room, derived_id(target_.room, kFormat, source_key)};
  }
  static Value source(std::string_view id) { return std::string(kFormat) + ":" + std::string(id); }

  /// A title; what does not fit on its line is cut and said.
  Value title(const std::string& text, std::string_view otherwise) {
    if (text.size() > kTitleBytes)
      tally_.warn(quoted(text) + ": the title was too long and is cut");
    auto line = one_line(text, kTitleBytes);
    return line.empty() ? Value(otherwise) : Value(std::move(line));
  }

  /// The member that stands for someone of the board; a placeholder is made when nobody does.
  Result<Value> person(const std::string& id) {
    if (const auto at = people_.find(id); at != people_.end()) return at->second;
    const auto known = board_.members.find(id);
    const trello::Member nobody{id, "", ""};
    const auto& member = known != board_.members.end() ? known->second : nobody;
    for (const auto& name : {member.name, member.username, "@" + member.username, member.id}) {
      if (name.empty() || name == "@") continue;
      if (const auto at = target_.people.find(name); at != target_.people.end()) {
        return people_[id] = to_bytes(at->second.view());
      }
    }
    auto name = member.name.empty() ? member.username : member.name;
    if (name.empty()) name = "someone who left the board";
    const Ref at{state_.commons(), derived_id(state_.commons(), "trello person", id)};
    auto placeholder = TRY(SeedObject::open(state_, at, kPerson));
    placeholder.reg(field::kTitle, name);
    placeholder.reg(field::kSource, source(id));
    tally_.add(at.space, std::move(placeholder), "people", name);
    placeholders_.push_back(name);
    return people_[id] = bytes_of(at.object);
  }

  Status board() {
    board_ref_ = ref("board:" + board_.id);
    auto object = TRY(SeedObject::open(state_, board_ref_, kBoard));
    object.reg(field::kTitle, board_.name);
    object.reg(field::kSource, source(board_.id));
    object.reg(field::kCreated, moment(trello::time_of_id(board_.id)));
    object.reg(board::kKey, guess_key(board_.name));
    object.mark(field::kArchived, board_.closed, moment(board_.touched.value_or(WallTime{})));
    TRY(object.text(board::kDescription, board_.description));
    tally_.add(target_.room, std::move(object), "boards", board_.name);
    return {};
  }

  Status labels() {
    for (const auto& label : board_.labels) {
      auto object = TRY(SeedObject::open(state_, ref("label:" + label.id), kLabel));
      object.reg(field::kTitle, title(label.name, label.colour.empty() ? "label" : label.colour));
      object.reg(field::kParent, bytes_of(board_ref_.object));
      object.reg(label::kColour, label.colour.empty() ? Value() : Value(label.colour));
      object.reg(field::kSource, source(label.id));
      tally_.add(target_.room, std::move(object), "labels", label.name);
    }
    return {};
  }

  Status columns() {
    std::deque<SeedObject> objects;
    std::vector<SeedChild> children;
    std::vector<std::string> names;
    const auto add = [&](const trello::List& list) -> Status {
      const auto at = ref("list:" + list.id);
      objects.push_back(TRY(SeedObject::open(state_, at, kColumn)));
      auto& object = objects.back();
      object.reg(field::kTitle, title(list.name, "list"));
      object.reg(field::kParent, bytes_of(board_ref_.object));
      object.reg(field::kSource, source(list.id));
      object.reg(column::kKind, guess_kind(list.name));
      object.reg(column::kLimit, list.limit ? Value(std::min(*list.limit, kLimitMax)) : Value());
      const auto when = list.closed_at ? list.closed_at : board_.touched;
      object.mark(field::kArchived, list.closed, moment(when.value_or(WallTime{})));
      children.push_back({&object, at.object, list.pos});
      names.push_back(list.name);
      columns_.emplace(list.id, at.object);
      if (list.closed) closed_.insert(list.id);
      return {};
    };
    for (const auto& list : board_.lists) TRY(add(list));
    const bool homeless =
        std::any_of(board_.cards.begin(), board_.cards.end(),
                    [&](const auto& card) { return !columns_.contains(card.list); });
    if (homeless) {
      tally_.warn("some cards stand in a list that the file does not hold: put into “No list”");
      trello::List list;
      list.id = kNoList;
      list.name = "No list";
      TRY(add(list));
    }
    TRY(seed_places(state_, target_.room, kColumn, board_ref_.object, children));
    for (std::size_t i = 0; i < objects.size(); ++i) {
      tally_.add(target_.room, std::move(objects[i]), "columns", names[i]);
    }
    return {};
  }

  Status cards() {
    std::map<ObjectId, std::vector<const trello::Card*>> by_column;
    for (const auto& card : board_.cards) {
      const auto at = columns_.find(card.list);
      by_column[at != columns_.end() ? at->second : columns_.at(kNoList)].push_back(&card);
      cards_.emplace(card.id, ref("card:" + card.id).object);
    }
    for (const auto& [column, cards] : by_column) TRY(cards_of(column, cards));
    return {};
  }

  Status cards_of(const ObjectId& column, const std::vector<const trello::Card*>& cards) {
    std::deque<SeedObject> objects;
    std::vector<SeedChild> children;
    for (const auto* card : cards) {
      objects.push_back(TRY(this->card(*card)));
      children.push_back({&objects.back(), cards_.at(card->id), card->pos});
    }
    TRY(seed_places(state_, target_.room, kCard, column, children));
    for (std::size_t i = 0; i < objects.size(); ++i) {
      tally_.add(target_.room, std::move(objects[i]), "cards", cards[i]->name);
    }
    return {};
  }

  Result<SeedObject> card(const trello::Card& card) {
    auto object = TRY(SeedObject::open(state_, {target_.room, cards_.at(card.id)}, kCard));
    object.reg(field::kTitle, title(card.name, "card"));
    object.reg(field::kSource, source(card.id));
    object.reg(field::kCreated, moment(card.created));
    if (!card.creator.empty()) object.reg(field::kCreator, TRY(person(card.creator)));
    object.reg(card::kBoard, bytes_of(board_ref_.object));
    object.reg(card::kNumber, card.number ? Value(*card.number) : Value());
    object.reg(card::kDue, instant(card.due));
    object.reg(card::kNotBefore, instant(card.start));
    const auto touched = card.touched.value_or(card.created.value_or(WallTime{}));
    object.mark(card::kClosed, card.done, moment(card.done_at.value_or(touched)));
    // Trello hides the cards of an archived list; here they are archived with it.
    object.mark(field::kArchived, card.closed || closed_.contains(card.list),
                moment(card.closed_at.value_or(touched)));
    std::vector<Value> members;
    for (const auto& member : card.members) members.push_back(TRY(person(member)));
    object.set(card::kAssignees, members);
    std::vector<Value> labels;
    for (const auto& label : card.labels) labels.push_back(bytes_of(ref("label:" + label).object));
    object.set(card::kLabels, labels);
    std::vector<Value> links;
    for (const auto& link : card.links) {
      links.push_back(Value(Value::Array{Value(link.name), Value(link.url)}));
      if (link.is_upload) ++uploads_;
    }
    if (!object.is_here() && !links.empty()) plan_.created["links"] += links.size();
    object.set(card::kLinks, links);
    TRY(object.text(card::kDescription, card.description));
    return object;
  }

  Status checklists() {
    std::map<ObjectId, std::vector<const trello::Checklist*>> by_card;
    std::size_t lost = 0;
    for (const auto& checklist : board_.checklists) {
      const auto at = cards_.find(checklist.card);
      if (at == cards_.end()) {
        ++lost;
        continue;
      }
      by_card[at->second].push_back(&checklist);
    }
    if (lost > 0) {
      tally_.warn(std::to_string(lost) +
                  " checklists belong to cards that the file does not hold: left out");
    }
    for (const auto& [card, checklists] : by_card) {
      std::deque<SeedObject> objects;
      std::vector<SeedChild> children;
      for (const auto* checklist : checklists) {
        const auto at = ref("checklist:" + checklist->id);
        objects.push_back(TRY(SeedObject::open(state_, at, kChecklist)));
        auto& object = objects.back();
        object.reg(field::kTitle, title(checklist->name, "Checklist"));
        object.reg(field::kParent, bytes_of(card));
        object.reg(field::kSource, source(checklist->id));
        children.push_back({&object, at.object, checklist->pos});
      }
      TRY(seed_places(state_, target_.room, kChecklist, card, children));
      for (std::size_t i = 0; i < objects.size(); ++i) {
        tally_.add(target_.room, std::move(objects[i]), "checklists", checklists[i]->name);
        TRY(items(children[i].id, *checklists[i]));
      }
    }
    return {};
  }

  Status items(const ObjectId& checklist, const trello::Checklist& from) {
    std::deque<SeedObject> objects;
    std::vector<SeedChild> children;
    for (const auto& item : from.items) {
      const auto at = ref("item:" + item.id);
      objects.push_back(TRY(SeedObject::open(state_, at, kItem)));
      auto& object = objects.back();
      object.reg(field::kParent, bytes_of(checklist));
      object.reg(field::kSource, source(item.id));
      object.reg(item::kDone, item.done ? Value(true) : Value());
      object.reg(item::kDue, instant(item.due));
      object.reg(item::kAssignee, item.member.empty() ? Value() : TRY(person(item.member)));
      TRY(object.text(item::kText, item.name));
      children.push_back({&object, at.object, item.pos});
    }
    TRY(seed_places(state_, target_.room, kItem, checklist, children));
    for (std::size_t i = 0; i < objects.size(); ++i) {
      tally_.add(target_.room, std::move(objects[i]), "items", from.items[i].name);
    }
    return {};
  }

  Status comments() {
    for (const auto& comment : board_.comments) {
      auto object = TRY(SeedObject::open(state_, ref("comment:" + comment.id), kComment));
      object.reg(field::kParent, bytes_of(cards_.at(comment.card)));
      object.reg(field::kSource, source(comment.id));
      object.reg(field::kCreated, moment(comment.at));
      if (!comment.author.empty()) object.reg(field::kCreator, TRY(person(comment.author)));
      TRY(object.text(comment::kBody, comment.text));
      tally_.add(target_.room, std::move(object), "comments", comment.text);
    }
    return {};
  }

  static constexpr const char* kNoList = "no list";

  const State& state_;
  const ImportTarget& target_;
  const Board& board_;
  ImportPlan plan_;
  Tally tally_;
  Ref board_ref_;
  std::map<std::string, Value> people_;  // member of the board -> who stands for them here
  std::vector<std::string> placeholders_;
  std::size_t uploads_ = 0;  // attachments whose bytes are not in the export
  std::map<std::string, ObjectId> columns_;
  std::set<std::string> closed_;  // archived lists
  std::map<std::string, ObjectId> cards_;
};

}  // namespace

Result<ImportPlan> import_trello(const State& state, const Acting&, const ImportTarget& target,
                                 ByteView json) {
  auto text = as_text(json);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  auto root = parse_json(text);
  if (!root) {
    return fail(Code::reject, "the Trello file cannot be read: " + root.error().what,
                "nothing was brought in", "export the board again and import the whole file");
  }
  const auto board = TRY(trello::read_board(*root));
  root = Value();  // tens of megabytes that the rest does not need
  return TrelloImport(state, target, board).run();
}

}  // namespace holm::work
