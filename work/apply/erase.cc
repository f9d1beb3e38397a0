// Erasing: an order in the log for each thing that goes (rules/erasure.h).
#include <algorithm>
#include <set>

#include "work/apply/draft.h"
#include "work/read.h"
#include "work/rules/erasure.h"

namespace holm::work {
namespace {

constexpr std::uint32_t kErasable[] = {kDocument, kComment, kCard,    kChecklist, kItem,
                                       kProgress, kThread,  kMessage, kFile};

/// What stands in a thing and is nothing without it.
constexpr std::uint32_t kParts[] = {kComment, kChecklist, kItem, kProgress, kMessage};

struct Target {
  Ref ref;
  crdt::ObjectState object;
};

Status add_parts(const Draft& draft, const Ref& of, std::vector<Target>& out,
                 std::set<ObjectId>& known) {
  for (const auto type : kParts) {
    for (const auto& ref : TRY(draft.state.find({.type = type,
                           .space = of.space,
                           .where = {{field::kParent, id_value(of.object)}}}))) {
      if (!known.insert(ref.object).second) continue;
      out.push_back({ref, TRY(load(draft, ref))});
      TRY(add_parts(draft, ref, out, known));
    }
  }
  if (out.front().object.type != kComment) return {};
  for (const auto& ref : TRY(draft.state.find({.type = kComment,
                         .space = of.space,
                         .where = {{comment::kReplyTo, id_value(of.object)}}}))) {
    if (known.insert(ref.object).second) out.push_back({ref, TRY(load(draft, ref))});
  }
  return {};
}

/// Files that the targets show and that stay, since others may show them too.
Result<std::size_t> attached_files(const Draft& draft, const std::vector<Target>& targets) {
  std::set<ObjectId> files;
  for (const auto& target : targets) {
    const auto field = target.object.type == kMessage   ? message::kAttachments
                       : target.object.type == kComment ? comment::kAttachments
                                                        : 0;
    if (field == 0) continue;
    for (const auto& value : values_of(target.object, field)) {
      const auto id = id_in<ObjectId>(value);
      if (!id || TRY(rules::erasure_of(draft.state, {target.ref.space, *id}))) continue;
      files.insert(*id);
    }
  }
  return files.size();
}

/// Whose words stand in a thing besides those of the member; nobody's when it is all theirs.
Result<std::optional<MemberId>> other_writer(const Draft& draft, const Target& target) {
  const auto self = draft.acting.member;
  if (const auto maker = draft.state.author(target.object.born.stamp.id.log); maker != self)
    return maker;
  const auto text = text_field_of(target.object.type);
  for (const auto& item : TRY(draft.state.history(target.ref))) {
    if (item.mark != crdt::Mark::valid || item.author == self) continue;
    const bool writes =
        std::any_of(item.change.ops.begin(), item.change.ops.end(), [&](const crdt::Op& op) {
          return op.object == target.ref.object && op.content_bytes > 0 &&
                 (op.field == field::kTitle || (text != 0 && op.field == text) ||
                  (target.object.type == kFile && op.field == file::kContent));
        });
    if (writes) return std::optional(item.author);
  }
  return std::optional<MemberId>();
}

}  // namespace

Status run(Draft& draft, const Erase& command) {
  const auto found =
      TRY(subject(draft, command.object, {std::begin(kErasable), std::end(kErasable)}));
  const bool is_owner = draft.state.roster().role(draft.acting.member) == members::Role::owner;
  std::vector<Target> targets{{found.ref, found.object}};
  std::set<ObjectId> known{found.ref.object};
  TRY(add_parts(draft, found.ref, targets, known));
  std::uint64_t left = 0;
  std::uint64_t erased = 0;
  for (const auto& target : targets) {
    if (!is_owner) {
      const auto other = TRY(other_writer(draft, target));
      if (other && target.ref == found.ref)
        return fail(Code::denied, name_of(draft.state, *other) + " wrote in it",
                    "nothing was erased", "an owner of the team can erase it");
      if (other) {
        ++left;
        continue;
      }
    }
    const auto order = draft.fresh(target.ref.space);
    auto writer = draft.on(order, kErasure);
    writer.put(erasure::kTarget, id_value(target.ref.object))
        .put(erasure::kKind, Value(target.object.type))
        .put(erasure::kScope, Value(is_owner ? rules::kEraseAll : rules::kEraseOwn));
    if (const auto parent = object_of(target.object, field::kParent))
      writer.put(field::kParent, id_value(*parent));
    ++erased;
  }
  if (left > 0)
    draft.notice(std::to_string(left) + (left == 1 ? " part is" : " parts are") +
                 " by others and stay" + (left == 1 ? "s" : ""));
  if (const auto files = TRY(attached_files(draft, targets)); files > 0)
    draft.notice(std::to_string(files) +
                 (files == 1 ? " attached file stays in the room; erase it by itself if it is to go"
                             : " attached files stay in the room; erase each by itself if it is to "
                               "go"));
  draft.answer_id(found.ref);
  draft.outcome.answer.set("erased", erased);
  return {};
}

}  // namespace holm::work
