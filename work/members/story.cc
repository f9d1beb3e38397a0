#include "work/members/story.h"

namespace holm::work::members {
namespace {

std::string as_role(Role role) {
  const auto name = std::string(role_name(role));
  return (role == Role::admin || role == Role::owner ? "an " : "a ") + name;
}

/// " and Bo, Cy": who else is in a room for some.
std::string with(const Op& op, const Names& names) {
  std::string out;
  for (const auto& [member, level] : op.members) {
    if (level == Level::none || member == op.author) continue;
    out += (out.empty() ? " and " : ", ") + names.person(member);
  }
  return out;
}

std::string deed(const Op& op, const Names& names) {
  const auto by = names.person(op.author);
  const bool is_self = op.author == op.target;
  const auto target = op.target.is_nil() ? std::string() : names.person(op.target);
  switch (op.kind) {
    case OpKind::create: return by + " founded the team";
    case OpKind::grant:
      if (!op.invite.is_nil()) {
        return target + " joined as " + as_role(op.role) + " by an invite, let in by " + by;
      }
      if (!op.certificate.empty()) return by + " let " + target + " in as " + as_role(op.role);
      return by + " made " + target + " " + as_role(op.role);
    case OpKind::reduce:
      if (op.role == Role::none) return is_self ? by + " left the team" : by + " removed " + target;
      return is_self ? by + " stepped down to " + std::string(role_name(op.role))
                     : by + " lowered " + target + " to " + std::string(role_name(op.role));
    case OpKind::extend: return by + " accepted late work";
    case OpKind::dismiss: return by + " put late work away";
    case OpKind::add_device:
      return op.root_signature ? by + " came back with the recovery phrase, on the device " +
                                     names.device(op.device)
                               : by + " added a device";
    case OpKind::drop_device:
      return is_self ? by + " dropped their device " + names.device(op.dropped)
                     : by + " dropped " + names.device(op.dropped) + ", a device of " + target;
    case OpKind::invite:
      return by + " made an invite for " +
             (op.uses == 1 ? as_role(op.role)
                           : std::to_string(op.uses) + " people, each as " + as_role(op.role));
    case OpKind::close_invite:
      return names.is_spent(op.invite, op.time)
                 ? "An invite that nobody can come in by any more was closed, by a device of " + by
                 : by + " cancelled an invite";
    case OpKind::rekey:
      if (op.keys.place.scope == EpochPlace::Scope::room) {
        return by + " changed the key of " + names.room(op.keys.place.room);
      }
      return by + (op.keys.place.scope == EpochPlace::Scope::network
                       ? " changed the team's keys"
                       : " changed the key of what all members read");
    case OpKind::share_key: return by + " passed on a key";
    case OpKind::open_room:
      if (!op.is_private) return by + " opened " + names.room(op.room);
      return by + " opened " + names.room(op.room) + " for themselves" + with(op, names);
    case OpKind::room_member:
      if (op.level == Level::none) {
        return (is_self ? by + " left " : by + " took " + target + " out of ") +
               names.room(op.room);
      }
      return by + " made " + (is_self ? "themselves" : target) + " a " +
             std::string(level_name(op.level)) + " in " + names.room(op.room);
    case OpKind::make_private:
      return by + " left " + names.room(op.room) + " to themselves" + with(op, names);
  }
  return by + " did something that a newer Holm knows";
}

}  // namespace

std::string sentence(const Judged& judged, const Names& names) {
  const auto& op = *judged.op;
  auto out = deed(op, names);
  const bool is_removal = op.kind == OpKind::reduce || op.kind == OpKind::drop_device;
  switch (judged.state) {
    case OpState::counts:
      if (is_removal && op.author != op.target) {
        out += judged.is_final ? "; it is final" : "; it can be contested";
      }
      break;
    case OpState::waits:
      out += op.kind == OpKind::reduce ? "; it waits until there is another owner"
                                       : "; the invite was used up by then: it waits for an admin";
      break;
    case OpState::refused: out += "; they were not allowed to, so it has no effect"; break;
    case OpState::taken_back: out += "; they had been removed by then, so it has no effect"; break;
  }
  if (judged.is_apart) {
    out += "; the device did not know then what it had done itself: it was restored or copied";
  }
  return out + ".";
}

std::string forewarning(const std::string& whom, Role role, bool is_self, bool is_final,
                        bool will_wait) {
  if (will_wait) {
    return "You are the only owner: this takes effect as soon as there is another one. Until then "
           "everybody in the team sees that you mean to leave.";
  }
  if (is_self) return "You leave at once. What you wrote stays; your devices keep what they have.";
  if (is_final) {
    return "This is final: nothing " + whom +
           " did or does apart from it can undo it. What they have already they keep.";
  }
  return whom + " became " + std::string(role_name(role)) +
         " before you. If they removed you before hearing of this, their word stands.";
}

std::string forewarning_of_confirming(const std::string& whom) {
  return whom +
         " is out, but could still undo it by what they did before they heard. This makes it "
         "final: nothing they did or do apart from it brings them back.";
}

std::string succession_warning(const std::string& whom) {
  return "You mean to leave: as soon as " + whom + " is an owner you are out of the team.";
}

}  // namespace holm::work::members
