// Requests about the team's work: commands, queries, undo, import, export, verify.
#include <algorithm>
#include <cmath>

#include "base/wire.h"
#include "crypto/hash.h"
#include "node/mend.h"
#include "node/node.h"
#include "node/seen.h"
#include "node/undo.h"
#include "node/verify_store.h"
#include "store/search.h"
#include "work/answer.h"
#include "work/command_codec.h"
#include "work/exchange/import.h"
#include "work/file_content.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::node {
namespace members = work::members;
namespace {

constexpr std::string_view kImports = "import";  // id -> order of the deed
constexpr std::uint64_t kWatchLines = 20;

std::string last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const auto slash = path.rfind('/');
  auto name = std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
  if (const auto dot = name.rfind('.'); dot != std::string::npos && dot > 0) name.resize(dot);
  return name;
}

crdt::Write seed(const ObjectId& object, std::uint32_t type, std::uint32_t field, Value value) {
  crdt::Write out;
  out.object = object;
  out.type = type;
  out.field = field;
  out.value = encode(value);
  out.seed = true;
  return out;
}

}  // namespace

namespace {

/// Imports of some of these objects that were taken back: whoever imports again wants them here.
struct PutAway {
  std::vector<Deed> deeds;  ///< what took them back
  std::uint64_t objects = 0;
};

Result<PutAway> undone_imports(Replica& replica, const std::set<ObjectId>& wanted) {
  PutAway out;
  if (wanted.empty()) return out;
  for (const auto& [id, stored] : TRY(replica.store().facts().all(kImports))) {
    const auto order = static_cast<std::uint64_t>(TRY(decode_value(stored)).number());
    auto undoing = TRY(last_of(replica, order));
    if (!undoing || undoing->kind != Deed::Kind::undone) continue;
    const auto objects = TRY(objects_of(replica, *undoing));
    const auto count = std::count_if(objects.begin(), objects.end(),
                                     [&](const auto& object) { return wanted.contains(object); });
    if (count == 0) continue;
    out.objects += static_cast<std::uint64_t>(count);
    out.deeds.push_back(std::move(*undoing));
  }
  return out;
}

}  // namespace

Result<Value> Node::run_command(Replica& replica, const Value& request) {
  Value bare = request;
  if (request.has("team")) {
    bare = Value::object();
    for (const auto& [key, value] : request.entries()) {
      if (key != "team") bare.set(key, value);
    }
  }
  const auto command = TRY(work::command_from(bare));
  const bool is_typing = std::holds_alternative<work::DocEdit>(command);
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        auto answer = TRY(replica.run(command, env_.clock.wall()));
        // Erasing can't be taken back.
        if (!std::holds_alternative<work::Erase>(command)) {
          (void)TRY(record_deed(replica, Deed::Kind::done));
        }
        return answer;
      },
      is_typing);
}

Result<Value> Node::run_query(Replica& replica, const Value& request) {
  Value bare = Value::object();
  for (const auto& [key, value] : request.entries()) {
    if (key != "team") bare.set(key, value);
  }
  const auto query = TRY(work::query_from(bare));
  links_.end_turn();
  if (std::holds_alternative<work::Search>(query)) return search(replica, query);
  return work::answer(replica.state(), {.now = env_.clock.wall(), .zone = replica.zone()}, query);
}

/// A question to the index, which is brought up to date for it. "ms": what it took.
Result<Value> Node::search(Replica& replica, const work::Query& query) {
  if (!TRY(replica.store().search().is_settled())) {
    (void)TRY(in_turn(
        replica,
        [&]() -> Result<Value> {
          TRY(replica.store().search().settle());
          return Value();
        },
        false));
  }
  const auto time = [&] { return env_.stopwatch ? env_.stopwatch() : std::chrono::nanoseconds{}; };
  const auto began = time();
  auto answer =
      TRY(work::answer(replica.state(), {.now = env_.clock.wall(), .zone = replica.zone()}, query));
  const auto took = std::chrono::duration<double, std::milli>(time() - began).count();
  return answer.set("ms", std::round(took * 100) / 100);
}

Result<Value> Node::look(Replica& replica, const Value& request) {
  auto answer =
      TRY(run_query(replica, Value::object().set("do", "doc.show").set("doc", request["doc"])));
  if (answer["marks"].items().empty()) return answer;
  const auto ref = TRY(work::resolve(replica.state(), request["doc"].text(), {work::kDocument}));
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        const auto positions = TRY(replica.state().positions(ref.space));
        TRY(mark_seen(replica.store().facts(), ref, positions));
        return answer;
      },
      false);
}

/// One line of what happened to an object, as its history tells it.
Result<Value> Node::describe(Replica& replica, const Changed& changed) {
  const auto stored = TRY(replica.store().logs().at(changed.log, changed.seq));
  if (!stored) return fail(Code::not_found, "that change is not here");
  const auto history =
      TRY(work::answer(replica.state(), {.now = env_.clock.wall(), .zone = replica.zone()},
                       work::History{.object = changed.object.text(), .limit = kWatchLines}));
  const auto ends = TRY(replica.store().logs().hash_at(changed.log, stored->change.last_seq()));
  const auto hash = ends ? ends->text() : std::string();
  Value event = Value::object();
  event.set("id", changed.object.text());
  event.set("path", work::path_of(replica.state(), {changed.space, changed.object}));
  for (const auto& line : history["changes"].items()) {
    const auto version = line["version"].text();
    if (version.empty() || !hash.starts_with(version)) continue;
    for (const auto& [key, value] : line.entries()) event.set(key, value);
  }
  return event;
}

Result<Value> Node::undo(Replica& replica, const Value& request) {
  const bool is_undo = request["do"].text() == "undo";
  std::optional<work::Ref> object;
  if (request.has("object")) {
    object = TRY(work::resolve(replica.state(), request["object"].text(), {}));
  }
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        auto deed = TRY(is_undo ? last_to_undo(replica, object) : last_to_redo(replica, object));
        const auto of = deed.order;
        const auto refs = TRY(take_back(replica, std::move(deed), env_.clock.wall()));
        (void)TRY(record_deed(replica, is_undo ? Deed::Kind::undone : Deed::Kind::redone, of));
        Value objects = Value::array();
        for (const auto& ref : refs) {
          objects.push(Value::object()
                           .set("id", ref.object.text())
                           .set("path", work::path_of(replica.state(), ref)));
        }
        return Value::object().set(is_undo ? "undone" : "redone", std::move(objects));
      },
      false);
}

// --- in and out

Result<std::optional<Value>> Node::import(RequestId id, Replica& replica, const Value& request) {
  if (!env_.read_source) return fail(Code::unsupported, "this node reads no files");
  const auto path = std::string(request["path"].text());
  const auto format = request["format"].text();
  if (format != "markdown" && format != "trello") {
    return fail(Code::usage, "no importer is called \"" + std::string(format) + "\"",
                "nothing was changed", "use markdown or trello");
  }
  const auto room_name =
      request.has("room") ? std::string(request["room"].text()) : last_part(path);
  auto room = work::resolve_room(replica.state(), room_name);
  if (!room && room.error().code != Code::not_found) return fail(std::move(room).error());
  const auto space = room ? room->space : work::derived_room(replica.team(), room_name);
  auto files = std::make_shared<std::vector<work::SourceFile>>(TRY(env_.read_source(path)));
  if (format == "trello" && files->size() != 1) {
    return fail(Code::usage, "a Trello export is one JSON file, " + path + " is a folder",
                "nothing was changed");
  }
  const auto bring_in = [this, &replica, request, room_name, space,
                         files](Turn turn) -> Result<Value> {
    return import_files(replica, request, {room_name, space}, *files, turn);
  };
  // What a dry run says needs no bytes.
  if (format != "markdown" || request["dry_run"].flag()) {
    return std::optional(TRY(bring_in(Turn::of_its_own)));
  }
  FileJob job;
  job.request = id;
  job.replica = &replica;
  job.space = space;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < files->size(); ++i) {
    const auto& file = (*files)[i];
    if (!work::is_attachment(file) || file.at.empty()) continue;
    job.sources.push_back({file.at, file.path});
    places.push_back(i);
  }
  if (job.sources.empty()) return std::optional(TRY(bring_in(Turn::of_its_own)));
  job.on_unreadable = [files, places](std::size_t source, const Error& why) {
    (*files)[places[source]].problem = why.what;
  };
  job.finish = [files, places, bring_in](const std::vector<FileIntake::Taken>& taken) {
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (!(*files)[places[i]].problem.empty()) continue;
      (*files)[places[i]].content = work::to_value(taken[i].content);
      (*files)[places[i]].media = taken[i].media;
    }
    return bring_in(Turn::under_way);
  };
  TRY(begin_file_job(std::move(job)));
  return std::optional<Value>();
}

Result<Value> Node::import_files(Replica& replica, const Value& request, const ImportRoom& room,
                                 const std::vector<work::SourceFile>& files, Turn turn) {
  const auto format = request["format"].text();
  const auto now = env_.clock.wall();
  const work::Acting acting{.member = replica.self(),
                            .device = identity_.device(),
                            .now = now,
                            .zone = replica.zone(),
                            .rng = env_.rng};
  work::ImportTarget target;
  for (const auto& [name, member] : request["map"].entries()) {
    target.people[name] = TRY(work::resolve_member(replica.state(), member.text()));
  }
  target.room = room.space;
  const bool is_there = TRY(work::room_of(replica.state(), room.space)).has_value();
  const auto plan_it = [&] {
    return format == "markdown"
               ? work::import_markdown(replica.state(), acting, target, files)
               : work::import_trello(replica.state(), acting, target, files.front().bytes);
  };
  auto plan = TRY(plan_it());
  const auto put_away = TRY(undone_imports(replica, plan.here));
  Value created = Value::object();
  for (const auto& [kind, count] : plan.created) created.set(kind, count);
  Value skipped = Value::array();
  for (const auto& item : plan.skipped) skipped.push(item);
  Value warnings = Value::array();
  for (const auto& item : plan.warnings) warnings.push(item);
  Value report = Value::object()
                     .set("room", room.name)
                     .set("created", std::move(created))
                     .set("unchanged", plan.unchanged)
                     .set("brought_back", put_away.objects)
                     .set("skipped", plan.skipped.size())
                     .set("skipped_files", std::move(skipped))
                     .set("warnings", std::move(warnings));
  if (request["dry_run"].flag()) return report.set("dry_run", true).set("import_id", Value());
  const auto write = [&]() -> Result<Value> {
    for (const auto& deed : put_away.deeds) (void)TRY(take_back(replica, deed, now));
    if (!put_away.deeds.empty()) plan = TRY(plan_it());
    const bool is_new = !is_there && !plan.writes.empty();
    if (is_new && !replica.has_space(target.room)) {
      members::Op op;
      op.kind = members::OpKind::open_room;
      op.room = target.room;
      (void)TRY(replica.add_membership(std::move(op), now));
    }
    if (is_new) {
      auto& writes = plan.writes[target.room];
      const auto object = work::room_object(target.room);
      writes.insert(writes.begin(),
                    {seed(object, work::kRoom, work::field::kTitle, Value(room.name)),
                     seed(object, work::kRoom, work::room::kKind, Value("project"))});
    }
    for (const auto& [space, writes] : plan.writes) {
      TRY(work::check_may_write(replica.state(), replica.self(), space));
      (void)TRY(replica.write(space, writes, now));
    }
    const auto deed = TRY(record_deed(replica, Deed::Kind::done));
    if (!deed) return report.set("import_id", Value());
    const auto id = env_.rng.id<ObjectId>().text().substr(0, 12);
    TRY(replica.store().facts().put(kImports, as_bytes(id), encode(Value(*deed))));
    return report.set("import_id", id);
  };
  return turn == Turn::under_way ? write() : in_turn(replica, write, false);
}

Result<Value> Node::import_undo(Replica& replica, const Value& request) {
  const auto id = request["id"].text();
  const auto stored = TRY(replica.store().facts().get(kImports, as_bytes(id)));
  if (!stored) {
    return fail(Code::not_found, "there was no import " + std::string(id) + " on this device");
  }
  const auto order = TRY(decode_value(*stored)).number();
  return in_turn(
      replica,
      [&]() -> Result<Value> {
        auto deed = TRY(last_of(replica, static_cast<std::uint64_t>(order)));
        if (!deed) {
          return fail(Code::not_found, "that import was brought in again since",
                      "nothing was changed", "take back the later one");
        }
        if (deed->kind == Deed::Kind::undone) {
          return fail(Code::failed, "that import was undone already", "nothing was changed");
        }
        const auto of = deed->order;
        const auto refs = TRY(take_back(replica, std::move(*deed), env_.clock.wall()));
        (void)TRY(record_deed(replica, Deed::Kind::undone, of));
        return Value::object().set("import_id", id).set("objects", refs.size());
      },
      false);
}

Result<Value> Node::export_files(Replica& replica, const Value& request) {
  links_.end_turn();
  std::vector<SpaceId> rooms;
  if (request.has("room")) {
    rooms.push_back(TRY(work::resolve_room(replica.state(), request["room"].text())).space);
  } else {
    for (const auto& [room, members] : replica.roster().rooms) rooms.push_back(room);
  }
  const work::Asking asking{.now = env_.clock.wall(), .zone = replica.zone()};
  const auto format = request.has("format") ? request["format"].text() : "markdown";
  std::vector<work::ExportFile> files;
  if (format == "markdown") {
    files = TRY(work::export_markdown(replica.state(), asking, rooms));
  } else if (format == "json") {
    files = TRY(work::export_json(replica.state(), asking, rooms));
  } else {
    return fail(Code::usage, "no export format is called \"" + std::string(format) + "\"",
                "nothing was written", "use markdown or json");
  }
  Value out = Value::array();
  Value warnings = Value::array();
  for (auto& file : files) {
    auto entry = Value::object().set("path", file.path);
    if (!file.file) {
      out.push(entry.set("bytes", Value(std::move(file.bytes))));
      continue;
    }
    const auto object = TRY(replica.state().object(*file.file));
    const auto content = object ? work::content_of(*object) : std::nullopt;
    if (content && TRY(replica.store().pieces().has(content->root))) {
      out.push(entry.set("file", file.file->object.text()));
    } else {
      warnings.push(file.path + " is not on this device and was left out");
    }
  }
  return Value::object().set("files", std::move(out)).set("warnings", std::move(warnings));
}

Result<Value> Node::verify(const Value& request) {
  links_.end_turn();
  std::vector<Replica*> replicas;
  if (request.has("team")) {
    replicas.push_back(TRY(teams_.resolve(request["team"].text())));
  } else {
    for (const auto& [team, replica] : teams_.all()) replicas.push_back(replica.get());
  }
  const auto depth = request["deep"].flag() ? Depth::logs_and_state : Depth::logs;
  Value teams = Value::array();
  std::string first;
  bool is_whole = true;
  for (auto* replica : replicas) {
    std::vector<std::string> mended;
    for (const auto& mending : TRY(mendings(*replica))) {
      if (mending.is_told) continue;
      mended.insert(mended.end(), mending.lines.begin(), mending.lines.end());
    }
    auto found = TRY(verify_store(*replica, depth));
    if (found.needs_mending()) {
      const auto lines = TRY(mend_here(*replica, found));
      mended.insert(mended.end(), lines.begin(), lines.end());
      found = TRY(verify_store(*replica, depth));
    }
    const bool is_well = found.problems.empty() && found.awaited.empty() && mended.empty();
    if (is_well ? depth == Depth::logs_and_state : !mended.empty()) {
      TRY(settle_mendings(*replica, is_well));
    }
    is_whole = is_whole && mended.empty() && found.awaited.empty();
    if (!found.problems.empty() && first.empty()) {
      first = replica->name() + ": " + found.problems.front();
      if (found.problems.size() > 1) {
        first += " (and " + std::to_string(found.problems.size() - 1) + " more)";
      }
    }
    const auto list = [](const std::vector<std::string>& sentences) {
      Value out = Value::array();
      for (const auto& sentence : sentences) out.push(sentence);
      return out;
    };
    teams.push(Value::object()
                   .set("team", replica->team().text())
                   .set("name", replica->name())
                   .set("changes", found.changes)
                   .set("signatures", found.heads)
                   .set("objects", found.objects)
                   .set("pieces", found.pieces)
                   .set("problems", list(found.problems))
                   .set("awaited", list(found.awaited))
                   .set("mended", list(mended)));
  }
  if (!first.empty()) {
    return fail(Code::corrupt, first, "nothing was changed", "keep a copy of the home before more");
  }
  return Value::object().set("ok", is_whole).set("teams", std::move(teams));
}

/// What refers to the store as it is ends first; links of the team start again.
void Node::let_go_of(Replica& replica) {
  links_.end_turn();
  for (auto& archive : std::exchange(archives_, {})) {
    finish(archive.request, fail(Code::failed, "a store was damaged while it was backed up",
                                 "it is being mended", "make the backup again"));
  }
  for (std::size_t i = 0; i < file_jobs_.size();) {
    if (file_jobs_[i]->replica != &replica) {
      ++i;
      continue;
    }
    const auto request = file_jobs_[i]->request;
    file_jobs_.erase(file_jobs_.begin() + static_cast<std::ptrdiff_t>(i));
    finish(request, fail(Code::failed, "the store was damaged", "it is being mended",
                         "add the files again"));
  }
  for (const auto& link : links_.links()) {
    if (link.team == replica.team()) links_.hang_up(link.id, "a damaged store is being mended");
  }
}

Result<std::vector<std::string>> Node::mend_here(Replica& replica, const Verified& found) {
  let_go_of(replica);
  auto lines = mend_found(replica, found);
  links_.on_written(replica, false);
  return lines;
}

Result<bool> Node::mend_damaged() {
  bool is_mended = false;
  for (const auto& [team, replica] : teams_.all()) {
    if (replica->store().in_turn()) replica->rollback();
    const auto found = TRY(verify_store(*replica, Depth::logs_and_state));
    if (!found.needs_mending()) continue;
    (void)TRY(mend_here(*replica, found));
    is_mended = true;
  }
  return is_mended;
}

/// The digest of every object's merged state, and of all of them together.
Result<Value> Node::audit(Replica& replica) {
  links_.end_turn();
  auto& objects = replica.store().objects();
  Value list = Value::array();
  crypto::Hasher all("holm audit v1");
  for (const auto& space : replica.spaces()) {
    ObjectId after;
    for (;;) {
      const auto ids = TRY(objects.all(space, after, 512));
      if (ids.empty()) break;
      for (const auto& state : TRY(objects.load(space, ids))) {
        const auto& id = state.id;
        std::vector<std::pair<std::uint32_t, Digest>> texts;
        for (const auto& [field, text] : TRY(objects.texts(space, id))) {
          texts.emplace_back(field, crypto::hash("holm text v1", as_bytes(text.content)));
        }
        const auto digest = crdt::object_digest(state, texts);
        all.update(space.view()).update(id.view()).update(digest.view());
        list.push(Value::object().set("id", id.text()).set("digest", digest.text()));
      }
      after = ids.back();
    }
  }
  return Value::object().set("digest", all.finish().text()).set("objects", std::move(list));
}

}  // namespace holm::node
