#include <algorithm>

#include "work/apply/draft.h"
#include "work/apply/place_keys.h"
#include "work/fold.h"
#include "work/read.h"
#include "work/rules/life.h"

namespace holm::work {
namespace {

constexpr std::size_t kColumnsMax = 50;
constexpr std::size_t kKeyBytes = 10;

struct ColumnSpec {
  std::string title;
  std::string kind;
};

Result<std::string> column_kind(std::string_view text) {
  return parse_choice(*find_field(*find_type(kColumn), column::kKind), text);
}

/// "Next:queue,Doing:doing"; without a kind: queue.
Result<std::vector<ColumnSpec>> parse_columns(std::string_view text) {
  std::vector<ColumnSpec> out;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    ColumnSpec spec{std::string(part), "queue"};
    if (const auto colon = part.rfind(':'); colon != std::string_view::npos) {
      spec.title = std::string(part.substr(0, colon));
      spec.kind = TRY(column_kind(part.substr(colon + 1)));
    }
    while (spec.title.starts_with(' ')) spec.title.erase(0, 1);
    while (spec.title.ends_with(' ')) spec.title.pop_back();
    TRY(check_line(spec.title, "a column's name"));
    for (const auto& other : out)
      if (fold(other.title) == fold(spec.title))
        return fail(Code::usage, "two columns are called '" + spec.title + "'",
                    "nothing was changed");
    out.push_back(std::move(spec));
  }
  if (out.empty() || out.size() > kColumnsMax)
    return fail(Code::usage, "a board has 1 to " + std::to_string(kColumnsMax) + " columns",
                "nothing was changed");
  return out;
}

Status check_key(std::string_view key) {
  bool fits = !key.empty() && key.size() <= kKeyBytes && key[0] >= 'A' && key[0] <= 'Z';
  for (const char c : key) fits = fits && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
  if (fits) return {};
  return fail(Code::usage, "'" + std::string(key.substr(0, 40)) + "' cannot be a board's key",
              "nothing was changed", "take 1 to 10 capital letters and digits, a letter first");
}

Result<std::vector<std::string>> keys_in_use(const State& state) {
  std::vector<std::string> out;
  for (const auto& ref : TRY(state.find({.type = kBoard}))) {
    const auto board = TRY(state.object(ref));
    if (board) out.push_back(words_of(*board, board::kKey));
  }
  return out;
}

/// Initials of the title, made different from every key in use: "PS", then "PS2".
std::string key_for(std::string_view title, const std::vector<std::string>& used) {
  std::string initials;
  bool starts = true;
  for (const char c : title) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter && starts && initials.size() < 4) initials += static_cast<char>(c & ~0x20);
    starts = c == ' ' || c == '-' || c == '/';
  }
  if (initials.empty()) initials = "B";
  auto key = initials;
  for (int i = 2; std::find(used.begin(), used.end(), key) != used.end(); ++i)
    key = initials + std::to_string(i);
  return key;
}

struct Column {
  Subject board;
  rules::BoardColumn column;
};
Result<Column> column_on(const Draft& draft, std::string_view board, std::string_view name) {
  Column out{TRY(subject(draft, board, {kBoard})), {}};
  const auto columns = TRY(rules::columns_of(draft.state, out.board.ref));
  std::vector<Ref> refs;
  for (const auto& column : columns) refs.push_back(column.ref);
  const auto ref = TRY(resolve_among(draft.state, name, refs, "column"));
  out.column = *std::find_if(columns.begin(), columns.end(),
                             [&](const auto& column) { return column.ref == ref; });
  return out;
}

/// A free title among the board's columns.
Status check_title(const Draft& draft, const Ref& board, std::string_view title, const Ref& self) {
  TRY(check_line(title, "the column's name"));
  for (const auto& column : TRY(rules::columns_of(draft.state, board)))
    if (column.ref != self && fold(column.title) == fold(title))
      return fail(Code::usage, "there is a column '" + column.title + "' already",
                  "nothing was changed");
  return {};
}

Result<Bytes> column_key(const Draft& draft, const Ref& board, const Optional& before,
                         const ObjectId& moving) {
  PlaceKeys keys(draft, board.space, kColumn, board.object, moving);
  if (!before) return keys.last();
  const auto other = TRY(column_on(draft, board.object.text(), *before));
  return keys.before(other.column.ref.object);
}

}  // namespace

Status run(Draft& draft, const BoardNew& command) {
  const auto path = TRY(new_path(draft, command.path));
  TRY(check_line(path.rest, "the title"));
  const auto columns = TRY(parse_columns(command.columns));
  const auto used = TRY(keys_in_use(draft.state));
  const auto key = command.key ? *command.key : key_for(path.rest, used);
  TRY(check_key(key));
  if (std::find(used.begin(), used.end(), key) != used.end())
    return fail(Code::usage, "another board has the key " + key, "nothing was changed",
                "choose another with --key");
  for (const auto& ref : TRY(draft.state.find({.type = kBoard,
                         .space = path.room.space,
                         .where = {{field::kTitle, Value(path.rest)}}}))) {
    if (!is_archived(TRY(load(draft, ref))))
      return fail(Code::usage, "there is a board '" + path.rest + "' already",
                  "nothing was changed", "choose another title");
  }
  const auto board = draft.fresh(path.room.space);
  draft.on(board, kBoard).put(field::kTitle, path.rest).put(board::kKey, key);
  PlaceKeys keys(draft, board.space, kColumn, board.object);
  for (const auto& spec : columns) {
    draft.on(draft.fresh(board.space), kColumn)
        .put(field::kTitle, spec.title)
        .put(field::kParent, id_value(board.object))
        .put(column::kKind, spec.kind)
        .place(board.object, TRY(keys.last()));
  }
  draft.answer_id(board);
  draft.outcome.answer.set("key", key);
  return {};
}

Status run(Draft& draft, const ColumnAdd& command) {
  const auto board = TRY(subject(draft, command.board, {kBoard}));
  TRY(check_title(draft, board.ref, command.title, {}));
  if (TRY(rules::columns_of(draft.state, board.ref)).size() >= kColumnsMax)
    return fail(Code::limit, "the board has " + std::to_string(kColumnsMax) + " columns",
                "nothing was changed", "remove one first");
  const auto kind = TRY(column_kind(command.kind));
  Value limit;
  const auto ref = draft.fresh(board.ref.space);
  if (command.limit)
    limit = TRY(parse_field(draft.state, ref, *find_field(*find_type(kColumn), column::kLimit),
                            *command.limit, draft.when()));
  draft.on(ref, kColumn)
      .put(field::kTitle, command.title)
      .put(field::kParent, id_value(board.ref.object))
      .put(column::kKind, kind)
      .put_if(column::kLimit, limit)
      .place(board.ref.object, TRY(column_key(draft, board.ref, command.before, {})));
  draft.answer_id(ref);
  return wake(draft, board);
}

Status run(Draft& draft, const ColumnMove& command) {
  const auto [board, column] = TRY(column_on(draft, command.board, command.column));
  draft.on(column.ref, kColumn)
      .place(board.ref.object,
             TRY(column_key(draft, board.ref, command.before, column.ref.object)));
  draft.answer_id(column.ref);
  return wake(draft, board);
}

Status run(Draft& draft, const ColumnSet& command) {
  const auto [board, column] = TRY(column_on(draft, command.board, command.column));
  for (const auto& [key, value] : command.values)
    if (key == "title") TRY(check_title(draft, board.ref, value, column.ref));
  TRY(set_fields(draft, {column.ref, TRY(load(draft, column.ref))}, command.values,
                 {field::kTitle, column::kKind, column::kLimit}));
  draft.answer_id(column.ref);
  return wake(draft, board);
}

Status run(Draft& draft, const ColumnRemove& command) {
  const auto found = TRY(column_on(draft, command.board, command.column));
  const auto& board = found.board;
  const auto& column = found.column;
  auto columns = TRY(rules::columns_of(draft.state, board.ref));
  std::erase_if(columns, [&](const auto& one) { return one.ref == column.ref; });
  if (columns.empty())
    return fail(Code::usage, "'" + column.title + "' is the board's last column",
                "nothing was changed", "add another one first");
  const auto* shelter = rules::first_of_kind(columns, "queue");
  if (!shelter) shelter = &columns.front();
  PlaceKeys keys(draft, board.ref.space, kCard, shelter->ref.object);
  std::uint64_t moved = 0;
  for (const auto& card : TRY(draft.state.find({.type = kCard,
                          .space = board.ref.space,
                          .where = {{field::kPlace, id_value(column.ref.object)}},
                          .order = Lookup::By::place}))) {
    // Writing on an archived card would bring it back; should it come back, it stands there anyway.
    if (TRY(rules::life_of(draft.state, card)).archived) continue;
    draft.on(card, kCard).place(shelter->ref.object, TRY(keys.last()));
    ++moved;
  }
  TRY(archive(draft, {column.ref, TRY(load(draft, column.ref))}, Archiving::away));
  draft.answer_id(column.ref);
  draft.outcome.answer.set("moved", Value(moved));
  if (moved > 0)
    draft.notice(std::to_string(moved) + (moved == 1 ? " card now stands" : " cards now stand") +
                 " in '" + shelter->title + "'");
  return wake(draft, board);
}

}  // namespace holm::work
