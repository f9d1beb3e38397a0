#include "tests/work/members/told_set.h"

namespace holm::work::members::test {
namespace {

std::string_view kind_name(OpKind kind) {
  switch (kind) {
    case OpKind::create: return "create";
    case OpKind::grant: return "grant";
    case OpKind::reduce: return "reduce";
    case OpKind::add_device: return "add device";
    case OpKind::drop_device: return "drop device";
    case OpKind::invite: return "invite";
    case OpKind::close_invite: return "close invite";
    case OpKind::open_room: return "open room";
    case OpKind::room_member: return "room member";
    case OpKind::make_private: return "make private";
    default: return "other";
  }
}

}  // namespace

std::string print(const Rules& rules, PersonIndex people) {
  std::string out;
  const auto all = rules.resolve(rules.everything());
  for (OpIndex op = 0; op < rules.size(); ++op) {
    const auto& act = rules.act(op);
    out += "  #" + std::to_string(op) + " u" + std::to_string(act.author) + "." +
           std::to_string(act.device / people) + " " + std::string(kind_name(act.kind));
    if (act.target != kNobody) {
      out += " u" + std::to_string(act.target) + " -> " + std::string(role_name(act.role));
    }
    if (act.subject != kNobody && act.kind != OpKind::grant) {
      out += " device u" + std::to_string(act.subject % people) + "." +
             std::to_string(act.subject / people);
    }
    if (act.invite != kNoOp) out += " invite #" + std::to_string(act.invite);
    out += " past {";
    rules.past(op).each([&](OpIndex seen) { out += " " + std::to_string(seen); });
    out += std::string(" } ") +
           (all.counts[op]    ? "counts"
            : all.pending[op] ? "waits"
                              : "void") +
           "\n";
  }
  for (PersonIndex person = 0; person < people; ++person) {
    out += "  u" + std::to_string(person) + " " + std::string(role_name(all.standing.role(person)));
  }
  return out + "\n";
}

}  // namespace holm::work::members::test
