// Files of a room: name, size, who brought them, their versions. What of them lies on this device
// is the node's to add.
#include "work/views/file.h"

#include <algorithm>

#include "work/file_content.h"
#include "work/read.h"
#include "work/reference.h"
#include "work/rules/erasure.h"
#include "work/views/view.h"

namespace holm::work::views {
namespace {

void set_content(Value& out, const std::optional<FileContent>& content) {
  out.set("bytes", content ? Value(content->bytes) : Value());
  out.set("hash", content ? Value(content->hash.text()) : Value());
}

Result<Value> file_value(Shape& shape, const Ref& ref, const crdt::ObjectState& object) {
  Value out = TRY(shape.head(ref, object));
  out.set("name", words_of(object, field::kTitle));
  out.set("folder", words_of(object, file::kFolder));
  const auto media = words_of(object, file::kMedia);
  out.set("media", media.empty() ? "application/octet-stream" : media);
  set_content(out, content_of(object));
  std::vector<MemberId> pinned;
  for (const auto* cell : object.all(file::kPinned)) {
    const auto member = MemberId::from(cell->key);
    if (member && value_of(object, file::kPinned, cell->key).flag()) pinned.push_back(*member);
  }
  out.set("pinned_by", shape.people(pinned));
  out.set("pinned", value_of(object, file::kPinned, shape.state().self().view()).flag());
  return out;
}

}  // namespace

Result<Value> attachments_value(Shape& shape, const Ref& ref, const crdt::ObjectState& object,
                                std::uint32_t field) {
  std::vector<std::pair<std::string, Value>> sorted;
  for (const auto& value : values_of(object, field)) {
    const auto id = id_in<ObjectId>(value);
    if (!id) continue;
    const Ref file_ref{ref.space, *id};
    const auto file = TRY(shape.state().object(file_ref));
    if (!file || file->type != kFile) continue;
    const auto content = content_of(*file);
    const auto media = words_of(*file, file::kMedia);
    auto name = words_of(*file, field::kTitle);
    Value entry;
    entry.set("id", id->text()).set("name", name);
    entry.set("bytes", content ? Value(content->bytes) : Value());
    entry.set("media", media.empty() ? "application/octet-stream" : media);
    entry.set("archived", is_archived(*file));
    const auto erasure = TRY(rules::erasure_of(shape.state(), file_ref));
    if (erasure) entry.set("erased", rules::erasure_text(shape.state(), *erasure));
    sorted.emplace_back(std::move(name), std::move(entry));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Value out = Value::array();
  for (auto& [name, entry] : sorted) out.push(std::move(entry));
  return out;
}

Result<Value> view(const State& state, const Asking& asking, const FileList& query) {
  Shape shape(state, asking);
  Lookup lookup{.type = kFile};
  if (query.room) lookup.space = TRY(resolve_room(state, *query.room)).space;
  std::vector<std::pair<std::string, Value>> sorted;
  for (const auto& ref : TRY(state.find(lookup))) {
    auto entry = TRY(file_value(shape, ref, TRY(need(state, ref))));
    if (!query.archived && entry["archived"].flag()) continue;
    auto path = std::string(entry["path"].text());
    sorted.emplace_back(std::move(path), std::move(entry));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Value files = Value::array();
  for (auto& [path, entry] : sorted) files.push(std::move(entry));
  return Value::object().set("files", std::move(files));
}

Result<Value> view(const State& state, const Asking& asking, const FileShow& query) {
  Shape shape(state, asking);
  const auto ref = TRY(resolve(state, query.file, {kFile}));
  const auto object = TRY(need(state, ref));
  auto out = TRY(file_value(shape, ref, object));
  Value versions = Value::array();
  for (const auto& content : contents_in(ref.object, TRY(state.history(ref)))) {
    Value version;
    set_content(version, content);
    versions.push(std::move(version));
  }
  out.set("versions", std::move(versions));
  out.set("also", TRY(shape.also(ref, object)));
  out.set("notices", TRY(shape.notices(ref)));
  return out;
}

}  // namespace holm::work::views
