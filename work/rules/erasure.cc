#include "work/rules/erasure.h"

#include <algorithm>

#include "work/read.h"
#include "work/reference.h"
#include "work/schema.h"
#include "work/when.h"

namespace holm::work::rules {
namespace {

Result<std::vector<Erasure>> found(const State& state, const SpaceId& space, std::uint32_t field,
                                   const ObjectId& value) {
  std::vector<Erasure> out;
  for (const auto& ref :
       TRY(state.find({.type = kErasure, .space = space, .where = {{field, id_value(value)}}}))) {
    const auto order = TRY(state.object(ref));
    const auto erasure = order ? erasure_in(state, *order) : std::nullopt;
    if (erasure) out.push_back(*erasure);
  }
  return out;
}

}  // namespace

std::optional<Erasure> erasure_in(const State& state, const crdt::ObjectState& order) {
  const auto target = object_of(order, erasure::kTarget);
  const auto by = state.author(order.born.stamp.id.log);
  if (order.type != kErasure || !target || !by) return std::nullopt;
  return Erasure{.order = order.id,
                 .target = *target,
                 .type = static_cast<std::uint32_t>(number_of(order, erasure::kKind).value_or(0)),
                 .by = *by,
                 .at = order.born.time,
                 .is_all = words_of(order, erasure::kScope) == kEraseAll};
}

Result<std::optional<Erasure>> erasure_of(const State& state, const Ref& target) {
  auto orders = TRY(found(state, target.space, erasure::kTarget, target.object));
  if (orders.empty()) return std::optional<Erasure>();
  const auto object = TRY(state.object(target));
  const auto maker = object ? state.author(object->born.stamp.id.log) : std::nullopt;
  // By birth already; ties never differ, since ids order them.
  for (const auto& order : orders) {
    if (order.is_all || order.by == maker) return std::optional(order);
  }
  return std::optional<Erasure>();
}

Result<std::vector<Erasure>> erasures_in(const State& state, const Ref& container,
                                         std::uint32_t type) {
  std::vector<Erasure> out;
  for (const auto& order : TRY(found(state, container.space, field::kParent, container.object))) {
    if (order.type != type) continue;
    const bool is_known = std::any_of(
        out.begin(), out.end(), [&](const Erasure& other) { return other.target == order.target; });
    if (is_known) continue;
    const auto counts = TRY(erasure_of(state, {container.space, order.target}));
    if (counts) out.push_back(*counts);
  }
  return out;
}

std::string erasure_text(const State& state, const Erasure& erasure) {
  return "erased by " + name_of(state, erasure.by) + " on " + rfc3339(erasure.at).substr(0, 10);
}

Status check_not_erased(const State& state, const Ref& ref) {
  const auto erasure = TRY(erasure_of(state, ref));
  if (!erasure) return {};
  const auto object = TRY(state.object(ref));
  const auto* type = object ? find_type(object->type) : nullptr;
  return fail(Code::not_found,
              "this " + (type != nullptr ? std::string(type->label) : "thing") + " was " +
                  erasure_text(state, *erasure),
              "nothing was changed");
}

}  // namespace holm::work::rules
