// Requests about files: bringing them in, reading them, and what of them this device keeps.
#include <algorithm>
#include <limits>

#include "base/wire.h"
#include "node/file_keep.h"
#include "node/file_keys.h"
#include "node/node.h"
#include "node/undo.h"
#include "work/command_codec.h"
#include "work/field_text.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"

namespace holm::node {
namespace {

constexpr std::string_view kFiles = "files";     // settings
constexpr std::string_view kUsed = "file_used";  // object -> ms of the last read here
constexpr std::uint64_t kQuotaBytes = 20'000'000'000;
constexpr std::size_t kSourcesMax = 100'000;
constexpr std::size_t kStepBytes = 4u << 20;       // one step takes about 20 ms
constexpr std::uint64_t kReadBytesMax = 4u << 20;  // of one answer
constexpr std::int64_t kNothingUnderWay = std::numeric_limits<std::int64_t>::max();

/// A path as a request carries it: text, or bytes where it is no UTF-8.
std::string path_in(const Value& value) {
  const auto* bytes = value.as_bytes();
  return bytes != nullptr ? to_text(*bytes) : std::string(value.text());
}

std::string last_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

Status check_source_name(const std::string& name) {
  if (is_utf8(name)) return {};
  return fail(Code::usage, "the name of a file is not valid UTF-8", "nothing was added",
              "give it one with --name");
}

Value without_keys(const Value& request, std::initializer_list<std::string_view> keys) {
  auto out = Value::object();
  for (const auto& [key, value] : request.entries()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) out.set(key, value);
  }
  return out;
}

Value taken_value(const FileIntake::Taken& taken, const std::string& name, Value id) {
  return Value::object()
      .set("id", std::move(id))
      .set("name", name)
      .set("bytes", taken.content.bytes)
      .set("media", taken.media)
      .set("hash", taken.content.hash.text());
}

Value count_value(const store::Pieces::Count& count) {
  return Value::object().set("pieces", count.pieces).set("bytes", count.bytes);
}

Value freed_value(const store::Pieces::Freed& freed) {
  return Value::object()
      .set("freed", count_value(freed.freed))
      .set("kept", count_value(freed.kept))
      .set("disk_before", freed.disk_before)
      .set("disk_after", freed.disk_after);
}

Result<std::uint64_t> quota_of(Replica& replica) {
  const auto stored = TRY(replica.store().facts().get(kFiles, as_bytes("quota")));
  if (!stored) return kQuotaBytes;
  return static_cast<std::uint64_t>(TRY(decode_value(*stored)).number(kQuotaBytes));
}

/// The room whose space a command's attachments belong to.
Result<SpaceId> space_of_command(const work::State& state, const Value& request) {
  const auto what = request["do"].text();
  if (what == "say") {
    return TRY(work::resolve(state, request["thread"].text(), {work::kThread})).space;
  }
  if (what == "comment.add") {
    return TRY(work::resolve(state, request["target"].text(),
                             {work::kDocument, work::kCard, work::kItem, work::kBoard}))
        .space;
  }
  return fail(Code::usage, "files cannot be attached to that", "nothing was changed");
}

struct FileAt {
  work::Ref ref;
  work::FileContent content;
};
/// A file by reference, and its content now or of the version whose hash begins with `version`.
Result<FileAt> file_at(Replica& replica, std::string_view reference, std::string_view version) {
  const auto& state = replica.state();
  const auto ref = TRY(work::resolve(state, reference, {work::kFile}));
  const auto object = TRY(state.object(ref));
  auto content = object ? work::content_of(*object) : std::nullopt;
  if (!version.empty()) {
    content.reset();
    for (const auto& one : work::contents_in(ref.object, TRY(state.history(ref)))) {
      if (!one.hash.text().starts_with(version)) continue;
      if (content) {
        return fail(Code::usage, "several versions begin with " + std::string(version),
                    "nothing was changed", "write more of its digits");
      }
      content = one;
    }
  }
  if (!content) {
    return fail(Code::not_found, work::path_of(state, ref) + " has no such content",
                "nothing was changed", "see holm file show");
  }
  return FileAt{ref, *content};
}

}  // namespace

InTurn Node::turns_of(Replica& replica) {
  return [this, &replica](const std::function<Status()>& body) -> Status {
    auto done = in_turn(
        replica,
        [&]() -> Result<Value> {
          TRY(body());
          return Value();
        },
        false);
    if (!done) return fail(std::move(done).error());
    return {};
  };
}

// --- bringing in

Status Node::begin_file_job(FileJob job) {
  if (!env_.open_file) return fail(Code::unsupported, "this node reads no files");
  if (job.sources.size() > kSourcesMax) {
    return fail(Code::limit, "more than 100,000 files at once", "nothing was added");
  }
  auto& replica = *job.replica;
  auto& pieces = replica.store().pieces();
  job.keys = std::make_unique<files::ContentKeys>(TRY(content_keys(replica, job.space, 0)));
  TRY(turns_of(replica)([&] { return pieces.prepare(env_.rng); }));
  job.since = TRY(pieces.begin_add());
  job.held_bytes = TRY(pieces.count()).bytes;
  job.quota_bytes = TRY(quota_of(replica));
  file_jobs_.push_back(std::make_unique<FileJob>(std::move(job)));
  return {};
}

Result<std::unique_ptr<ByteSource>> Node::open_source(const FileJob& job,
                                                      const FileJob::Source& source) {
  auto opened = TRY(env_.open_file(source.path));
  if (job.held_bytes + opened->bytes() > job.quota_bytes) {
    return fail(Code::limit,
                source.name + " would take the files of this device beyond their limit of " +
                    std::to_string(job.quota_bytes / 1'000'000) + " MB",
                "nothing was added",
                "raise it with holm file quota, or free some with holm file evict");
  }
  return opened;
}

Result<bool> Node::step_job(FileJob& job) {
  auto& pieces = job.replica->store().pieces();
  const auto turns = turns_of(*job.replica);
  if (!job.current && job.taken.size() < job.sources.size()) {
    const auto& next = job.sources[job.taken.size()];
    auto source = open_source(job, next);
    if (!source && job.on_unreadable) {
      job.on_unreadable(job.taken.size(), source.error());
      job.taken.emplace_back();
      return false;
    }
    if (!source) return fail(std::move(source).error());
    job.current = std::make_unique<FileIntake>(pieces, job.space, *job.keys, std::move(*source),
                                               next.name, env_.rng);
  }
  if (job.current) {
    if (TRY(job.current->step(kStepBytes, turns))) {
      job.taken.push_back(job.current->taken());
      job.held_bytes += job.taken.back().content.bytes;
      job.current.reset();
    }
    return false;
  }
  auto answer = TRY(in_turn(
      *job.replica,
      [&]() -> Result<Value> {
        TRY(pieces.flush());
        return job.finish(job.taken);
      },
      false));
  const auto request = job.request;
  file_jobs_.pop_front();
  finish(request, std::move(answer));
  return true;
}

void Node::step_files() {
  if (file_jobs_.empty()) return;
  auto& job = *file_jobs_.front();
  auto stepped = step_job(job);
  if (stepped) return;
  job.replica->store().pieces().forget();
  const auto request = job.request;
  file_jobs_.pop_front();
  finish(request, fail(std::move(stepped).error()));
}

Result<std::optional<Value>> Node::file_add(RequestId id, Replica& replica, const Value& request) {
  FileJob job;
  job.request = id;
  job.replica = &replica;
  std::optional<work::Ref> version_of;
  if (request.has("version_of")) {
    version_of = TRY(work::resolve(replica.state(), request["version_of"].text(), {work::kFile}));
    job.space = version_of->space;
  } else {
    job.space = TRY(work::resolve_room(replica.state(), request["room"].text())).space;
  }
  const auto& paths = request["paths"].items();
  if (paths.empty()) return fail(Code::usage, "no file was named", "nothing was added");
  const auto name = request["name"].text();
  if (paths.size() > 1 && (version_of || !name.empty())) {
    return fail(Code::usage, "one name or version is of one file", "nothing was added");
  }
  for (const auto& value : paths) {
    const auto path = path_in(value);
    job.sources.push_back({path, name.empty() ? last_name(path) : std::string(name)});
    TRY(check_source_name(job.sources.back().name));
  }
  const auto folder = request["folder"].text();
  job.finish = [this, &replica, version_of, folder = std::string(folder), space = job.space,
                sources =
                    job.sources](const std::vector<FileIntake::Taken>& taken) -> Result<Value> {
    Value added = Value::array();
    Value notices = Value::array();
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const auto content = work::to_text(taken[i].content);
      work::Command command;
      if (version_of) {
        command = work::FileVersion{version_of->object.text(), content, taken[i].media};
      } else {
        command = work::FileNew{space.text(), sources[i].name,
                                folder.empty() ? work::Optional() : work::Optional(folder), content,
                                taken[i].media};
      }
      const auto answer = TRY(replica.run(command, env_.clock.wall()));
      for (const auto& notice : answer["notices"].items()) notices.push(notice);
      added.push(taken_value(taken[i], sources[i].name, answer["id"]));
    }
    (void)TRY(record_deed(replica, Deed::Kind::done));
    Value out = Value::object().set("files", added);
    if (added.items().size() == 1) out.set("id", added.items().front()["id"]);
    return out.set("notices", std::move(notices));
  };
  TRY(begin_file_job(std::move(job)));
  return std::optional<Value>();
}

Result<std::optional<Value>> Node::with_attachments(RequestId id, Replica& replica,
                                                    const Value& request) {
  const auto bare = without_keys(request, {"team", "attach"});
  (void)TRY(work::command_from(bare));  // a command that makes no sense reads no files
  FileJob job;
  job.request = id;
  job.replica = &replica;
  job.space = TRY(space_of_command(replica.state(), bare));
  for (const auto& value : request["attach"].items()) {
    const auto path = path_in(value);
    job.sources.push_back({path, last_name(path)});
    TRY(check_source_name(job.sources.back().name));
  }
  job.finish = [this, &replica, bare, space = job.space, sources = job.sources](
                   const std::vector<FileIntake::Taken>& taken) -> Result<Value> {
    Value ids = bare["attachments"];
    if (ids.is_null()) ids = Value::array();
    Value attached = Value::array();
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const auto made = TRY(replica.run(
          work::FileNew{
              space.text(), sources[i].name, {}, work::to_text(taken[i].content), taken[i].media},
          env_.clock.wall()));
      ids.push(made["id"]);
      attached.push(taken_value(taken[i], sources[i].name, made["id"]));
    }
    auto whole = bare;
    whole.set("attachments", std::move(ids));
    auto answer = TRY(replica.run(TRY(work::command_from(whole)), env_.clock.wall()));
    (void)TRY(record_deed(replica, Deed::Kind::done));
    return answer.set("attached", std::move(attached));
  };
  TRY(begin_file_job(std::move(job)));
  return std::optional<Value>();
}

// --- reading

Result<Value> Node::file_read(Replica& replica, const Value& request) {
  const auto at = request["at"].number();
  const auto count = request["count"].number(1 << 20);
  if (at < 0 || count <= 0) return fail(Code::usage, "that is no place in a file");
  const auto file = TRY(file_at(replica, request["file"].text(), request["version"].text()));
  auto& pieces = replica.store().pieces();
  const auto size = file.content.bytes;
  if (!TRY(pieces.has(file.content.root))) {
    return fail(Code::not_found,
                work::path_of(replica.state(), file.ref) + " is not on this device",
                "nothing was changed", "a device that holds it can add it again");
  }
  auto bytes =
      TRY(read_content(replica, file.ref.space, file.content, static_cast<std::uint64_t>(at),
                       std::min<std::uint64_t>(count, kReadBytesMax)));
  if (at == 0) {
    const auto now = env_.clock.wall().time_since_epoch().count();
    TRY(turns_of(replica)([&] {
      return replica.store().facts().put(kUsed, file.ref.object.view(), encode(Value(now)));
    }));
  }
  const bool is_end = static_cast<std::uint64_t>(at) + bytes.size() >= size;
  return Value::object()
      .set("id", file.ref.object.text())
      .set("name",
           TRY(work::title_of(replica.state(), file.ref, *TRY(replica.state().object(file.ref)))))
      .set("size", size)
      .set("hash", file.content.hash.text())
      .set("bytes", Value(std::move(bytes)))
      .set("end", is_end);
}

Result<Value> Node::file_answers(Replica& replica, const Value& request) {
  auto answer = TRY(run_query(replica, request));
  const auto& state = replica.state();
  auto& pieces = replica.store().pieces();
  const auto is_here = [&](const Value& entry) -> Result<bool> {
    const auto id = ObjectId::from_text(entry["id"].text());
    const auto ref = id ? TRY(state.locate(*id)) : std::nullopt;
    const auto object = ref ? TRY(state.object(*ref)) : std::nullopt;
    const auto content = object ? work::content_of(*object) : std::nullopt;
    if (!content) return false;
    return pieces.has(content->root);
  };
  if (request["do"].text() == "file.show") {
    answer.set("here", TRY(is_here(answer)));
    const auto file = file_at(replica, answer["id"].text(), {});
    const auto found = file ? held(replica, file->content) : Result<Held>(Held{});
    if (found) answer.set("held_bytes", found->bytes).set("pieces", found->pieces);
    if (!found) answer.set("damage", found.error().what);
    return answer;
  }
  Value files = Value::array();
  for (auto entry : answer["files"].items()) {
    const auto here = TRY(is_here(entry));
    files.push(entry.set("here", here));
  }
  const auto count = TRY(pieces.count());
  return answer.set("files", std::move(files))
      .set("held", count_value(count))
      .set("quota_bytes", TRY(quota_of(replica)));
}

// --- what this device keeps

Status Node::check_pieces_may_go() const {
  if (archives_.empty()) return {};
  return fail(Code::busy, "a backup is being made, which copies the files of this home",
              "nothing was freed", "try again when it is done");
}

Result<Value> Node::file_gc(Replica& replica) {
  TRY(check_pieces_may_go());
  links_.end_turn();
  const auto since = file_jobs_.empty() ? kNothingUnderWay : file_jobs_.front()->since;
  return freed_value(TRY(collect_garbage(replica, since, turns_of(replica), env_.rng)));
}

Result<Value> Node::file_evict(Replica& replica, const Value& request) {
  TRY(check_pieces_may_go());
  const auto& state = replica.state();
  std::vector<FileAt> victims;
  for (const auto& name : request["files"].items()) {
    const auto ref = TRY(work::resolve(state, name.text(), {work::kFile}));
    const auto object = TRY(state.object(ref));
    if (object && work::value_of(*object, work::file::kPinned, state.self().view()).flag()) {
      return fail(Code::denied, work::path_of(state, ref) + " is pinned", "nothing was freed",
                  "unpin it first with holm file unpin");
    }
    victims.push_back(TRY(file_at(replica, ref.object.text(), {})));
  }
  if (victims.empty()) {
    // Oldest use first, and only what others are known to hold: nobody has said so yet.
    return fail(Code::failed, "no other device is known to hold any of these files",
                "nothing was freed", "name a file, and --force, to give up this copy");
  }
  if (!request["force"].flag()) {
    return fail(
        Code::failed,
        "this is the only copy of " + work::path_of(state, victims.front().ref) + " that is known",
        "nothing was freed", "give it up all the same with --force");
  }
  TRY(turns_of(replica)([&]() -> Status {
    for (const auto& [ref, content] : victims) TRY(give_up(replica, ref, content));
    return {};
  }));
  auto out = TRY(file_gc(replica));
  return out.set("evicted", victims.size());
}

Result<Value> Node::file_quota(Replica& replica, const Value& request) {
  if (request.has("bytes")) {
    const auto bytes = request["bytes"].number(-1);
    if (bytes < 0) return fail(Code::usage, "that is no size", "nothing was changed");
    TRY(turns_of(replica)([&] {
      return replica.store().facts().put(kFiles, as_bytes("quota"), encode(Value(bytes)));
    }));
  }
  auto& pieces = replica.store().pieces();
  return Value::object()
      .set("quota_bytes", TRY(quota_of(replica)))
      .set("held", count_value(TRY(pieces.count())))
      .set("disk_bytes", TRY(pieces.disk_bytes()));
}

}  // namespace holm::node
