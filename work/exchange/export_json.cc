// Everything that is known of rooms and team as JSON, history included: what every change did to
// every object, by whom and when. Ids are hexadecimal; "people" gives names to those of members.
#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/wire.h"
#include "work/exchange/export_path.h"
#include "work/exchange/import.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/views/shape.h"
#include "work/views/version.h"
#include "work/views/view.h"

namespace holm::work {
namespace {

constexpr int kFormatVersion = 1;

std::string_view action_name(const crdt::Op& op) {
  switch (op.action) {
    case crdt::Action::put: return "set";
    case crdt::Action::add: return "add";
    case crdt::Action::remove: return "remove";
    case crdt::Action::insert: return "insert";
    case crdt::Action::erase: return "erase";
  }
  return "unknown";
}

Value decoded(ByteView bytes) {
  auto value = decode_value(bytes);
  return value ? std::move(*value) : Value(to_bytes(bytes));
}

std::string field_name(const Type* type, std::uint32_t number) {
  const auto* field = type != nullptr ? find_field(*type, number) : nullptr;
  return field != nullptr ? std::string(field->name) : "field " + std::to_string(number);
}

class JsonExport {
 public:
  JsonExport(const State& state, const Asking& asking) : state_(state), shape_(state, asking) {}

  Result<Value> objects(const SpaceId& space, Home home) {
    Value out = Value::array();
    for (const auto& type : schema()) {
      if (type.home != home) continue;
      for (const auto& ref : TRY(state_.find({.type = type.number, .space = space}))) {
        out.push(TRY(object(ref)));
      }
    }
    return out;
  }

  /// {id: name} of everybody who was named since the last call.
  Value take_people() {
    Value out = Value::object();
    for (const auto& member : people_) out.set(member.text(), shape_.name(member));
    people_.clear();
    return out;
  }

 private:
  Result<Value> object(const Ref& ref) {
    const auto object = TRY(views::need(state_, ref));
    const auto* type = find_type(object.type);
    Value out;
    out.set("id", ref.object.text());
    out.set("type", type != nullptr ? Value(type->name) : Value(object.type));
    Value fields = Value::object();
    Value also = Value::object();
    for (const auto& cell : object.cells) {
      auto name = field_name(type, cell.field);
      if (cell.kind == crdt::Kind::map) name += "." + to_text(cell.key);
      if (cell.kind == crdt::Kind::member || cell.kind == crdt::Kind::member_set) {
        name += "." + hex(cell.key);
        note(cell.key);
      }
      if (cell.kind == crdt::Kind::set || cell.kind == crdt::Kind::member_set) {
        Value values = Value::array();
        for (const auto& bytes : crdt::set_values(cell)) values.push(seen(decoded(bytes)));
        fields.set(name, std::move(values));
        continue;
      }
      if (cell.kind == crdt::Kind::counter) {
        fields.set(name, crdt::counter_value(cell));
        continue;
      }
      if (const auto* winner = cell.winner()) fields.set(name, seen(decoded(winner->value)));
      if (cell.entries.size() > 1) {
        Value others = Value::array();
        for (std::size_t i = 0; i + 1 < cell.entries.size(); ++i) {
          others.push(seen(decoded(cell.entries[i].value)));
        }
        also.set(name, std::move(others));
      }
    }
    for (const auto& field : type != nullptr ? type->fields : std::vector<Field>()) {
      if (field.kind != crdt::Kind::text) continue;
      auto text = TRY(state_.text(ref, field.number));
      if (!text.empty()) fields.set(field.name, std::move(text));
    }
    out.set("fields", std::move(fields)).set("also_set", std::move(also));
    out.set("history", TRY(history(ref, type)));
    return out;
  }

  Result<Value> history(const Ref& ref, const Type* type) {
    Value out = Value::array();
    for (const auto& one : TRY(state_.history(ref))) {
      const auto& change = one.change;
      Value ops = Value::array();
      for (const auto& op : change.ops) {
        if (op.object == ref.object) ops.push(op_value(op, type));
      }
      people_.insert(one.author);
      out.push(Value::object()
                   .set("version", one.hash.text())
                   .set("at", views::Shape::time(change.time))
                   .set("by", one.author.text())
                   .set("log", change.log.text())
                   .set("seq", change.seq)
                   .set("counts", one.mark == crdt::Mark::valid)
                   .set("ops", std::move(ops)));
    }
    return out;
  }

  Value op_value(const crdt::Op& op, const Type* type) {
    Value out;
    out.set("field", field_name(type, op.field)).set("action", action_name(op));
    if (op.seed) out.set("imported", true);
    if (op.kind == crdt::Kind::text) {
      out.set("at", op.pos).set("length", op.len);
      if (op.action == crdt::Action::insert) out.set("text", as_text(op.content));
    } else if (!op.content.empty()) {
      out.set("value", seen(decoded(op.content)));
    }
    return out;
  }

  void note(ByteView bytes) {
    if (const auto member = MemberId::from(bytes)) {
      if (state_.roster().person(*member) != nullptr) people_.insert(*member);
    }
  }
  /// Takes note of the members that a value names.
  Value seen(Value value) {
    if (const auto* bytes = value.as_bytes()) note(*bytes);
    for (const auto& item : value.items()) {
      if (const auto* bytes = item.as_bytes()) note(*bytes);
    }
    return value;
  }

  const State& state_;
  views::Shape shape_;
  std::set<MemberId> people_;
};

}  // namespace

Result<std::vector<ExportFile>> export_json(const State& state, const Asking& asking,
                                            const std::vector<SpaceId>& rooms) {
  JsonExport out(state, asking);
  ExportPaths paths;
  std::vector<ExportFile> files;
  const auto add = [&](std::string_view name, Value content) {
    const auto path = paths.take({}, name, ".json");
    files.push_back({path, to_bytes(to_json(content, 1) + "\n"), {}});
  };
  Value team;
  team.set("format", "holm").set("format_version", kFormatVersion);
  team.set("exported", views::Shape::time(asking.now));
  team.set("team", TRY(views::view(state, asking, TeamShow{})));
  team.set("objects", TRY(out.objects(state.commons(), Home::commons)));
  team.set("people", out.take_people());
  add("team", std::move(team));
  for (const auto& space : rooms) {
    const auto room = TRY(room_of(state, space));
    const auto title = room ? words_of(*room, field::kTitle) : std::string("Room");
    Value content;
    content.set("format", "holm").set("format_version", kFormatVersion);
    content.set("exported", views::Shape::time(asking.now));
    content.set("room", Value::object().set("space", space.text()).set("title", title));
    content.set("objects", TRY(out.objects(space, Home::room)));
    content.set("people", out.take_people());
    add(title, std::move(content));
  }
  return files;
}

namespace views {

Result<Value> view(const State& state, const Asking& asking, const ExportTree& query) {
  std::vector<SpaceId> rooms;
  if (query.room) {
    rooms.push_back(TRY(resolve_room(state, *query.room)).space);
  } else {
    for (const auto& ref : TRY(state.find({.type = kRoom}))) rooms.push_back(ref.space);
    std::sort(rooms.begin(), rooms.end());
  }
  Value files = Value::array();
  const auto add_all = [&](std::vector<ExportFile> more) {
    for (auto& file : more) {
      if (file.file) continue;  // bytes of any size do not fit into an answer
      files.push(Value::object().set("path", file.path).set("bytes", std::move(file.bytes)));
    }
  };
  const bool all = query.format == "all";
  if (all || query.format == "markdown") add_all(TRY(export_markdown(state, asking, rooms)));
  if (all || query.format == "json") add_all(TRY(export_json(state, asking, rooms)));
  if (files.items().empty() && !all && query.format != "markdown") {
    return fail(Code::usage, "cannot export as '" + query.format + "'", "nothing was written",
                "choose markdown, json or all");
  }
  return Value::object().set("files", std::move(files));
}

}  // namespace views
}  // namespace holm::work
