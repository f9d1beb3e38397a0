#include "work/judge.h"

#include "base/wire.h"
#include "work/members/membership.h"
#include "work/members/prekey.h"
#include "work/rules/erasure.h"

namespace holm::work {
namespace {

Verdict refuse(std::string why) { return {crdt::Mark::is_void, std::move(why)}; }

/// A membership op under its own hash. Content that was erased cannot be judged and does not count.
bool is_membership(const crdt::Op& op) {
  if (op.type != kMembershipOp || op.field != membership_op::kOp) return false;
  if (op.kind != crdt::Kind::reg || op.action != crdt::Action::put || op.seed) return false;
  if (!op.refs.empty()) return false;
  const auto value = decode_value(op.content);
  if (!value || !value->as_bytes()) return false;
  return members::op_hash(*value->as_bytes()).bytes == op.object.bytes;
}

/// Whether an op orders that all of a thing be erased; also when it cannot be told any more.
bool is_order_of_all(const crdt::Op& op) {
  if (op.type != kErasure || op.field != erasure::kScope) return false;
  const auto value = decode_value(op.content);
  return !value || value->text() != rules::kEraseOwn;
}

/// A device's prekey under its own name. Whether that device signed it is seen by who uses it.
bool is_prekey(const crdt::Op& op) {
  if (op.type != kPrekey || op.field != prekey::kKey) return false;
  if (op.kind != crdt::Kind::reg || op.action != crdt::Action::put || op.seed) return false;
  const auto value = decode_value(op.content);
  if (!value || !value->as_bytes()) return false;
  const auto prekey = members::decode_prekey(*value->as_bytes());
  return prekey && members::prekey_object(prekey->device) == op.object;
}

bool is_immutable(const crdt::Op& op) {
  const auto* type = find_type(op.type);
  const auto* field = type ? find_field(*type, op.field) : nullptr;
  return field && field->trait == Field::Trait::immutable && op.kind == field->kind;
}

}  // namespace

Verdict judge(const crdt::Change& change, Home home, const AuthorAt& author_at) {
  if (home == Home::trust) {
    for (const auto& op : change.ops)
      if (!is_membership(op) && !is_prekey(op)) {
        return refuse("it is no membership op or prekey under its own name");
      }
    return {};
  }
  const auto author = author_at(change.membership);
  if (!author) return refuse("it names membership that is not known here");
  if (author->role < members::Role::guest)
    return refuse("its author's device did not belong to the team");
  if (home == Home::commons && author->role < members::Role::member)
    return refuse("guests write in their rooms only");
  if (home == Home::room && author->level < members::Level::writer)
    return refuse("its author did not write in this room");
  for (const auto& op : change.ops) {
    if (op.type == kMembershipOp || op.type == kPrekey) {
      return refuse("membership ops belong to the trust space");
    }
    if (op.type == kErasure && home != Home::room) return refuse("only what is in rooms is erased");
    if (is_order_of_all(op) && author->role != members::Role::owner)
      return refuse("only an owner erases what others wrote");
    // A seed names what it replaces too: a re-import corrects what the source had said.
    if (is_immutable(op) && !op.refs.empty() && !op.seed)
      return refuse("it rewrites what cannot change");
  }
  return {};
}

}  // namespace holm::work
