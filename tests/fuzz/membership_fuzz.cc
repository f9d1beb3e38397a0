// Membership: what decodes encodes to the same again; whatever ops there are, in whatever shape
// their pasts have, the order in which they come changes nothing, and a team that was founded has
// an owner.
#include <algorithm>
#include <vector>

#include "base/ensure.h"
#include "work/members/invite_code.h"
#include "work/members/prekey.h"
#include "work/members/rules.h"
#include "work/members/trust.h"

namespace {

using namespace holm;
using namespace holm::work::members;

constexpr std::size_t kActsMax = 24;

void try_decoders(ByteView in) {
  if (const auto op = decode_op(in))
    ENSURE(std::ranges::equal(encode(*op), in) || op->kind > OpKind::share_key);
  if (const auto proof = decode_join_proof(in)) ENSURE(std::ranges::equal(encode(*proof), in));
  if (const auto prekey = decode_prekey(in)) ENSURE(std::ranges::equal(encode(*prekey), in));
  TeamId team;
  (void)decode_certificate(in, team).has_value();
  const std::string_view words(reinterpret_cast<const char*>(in.data()), in.size());
  if (const auto secret = parse_invite_code(words)) {
    ENSURE(parse_invite_code(invite_code(*secret)) == *secret);
  }
}

/// Acts made of four bytes each: who, what, about whom, and which of the others they had seen.
std::vector<Act> acts_of(ByteView in) {
  std::vector<Act> out(1);
  out[0].subject = 0;
  for (std::size_t at = 0; at + 4 <= in.size() && out.size() < kActsMax; at += 4) {
    Act act;
    act.kind = static_cast<OpKind>(2 + in[at] % 10);
    act.author = in[at] / 10 % 5;
    act.device = act.author + 5 * (in[at + 1] % 3);
    act.role = static_cast<Role>(in[at + 1] / 3 % 5);
    act.by_root = (in[at + 1] & 0x80) != 0;
    act.uses = 1 + in[at + 2] % 2;
    const std::uint32_t other = in[at + 2] % 15;
    if (act.kind == OpKind::grant || act.kind == OpKind::reduce) act.target = other % 5;
    if (act.kind == OpKind::grant) act.subject = other % 5;
    if (act.kind == OpKind::add_device) act.subject = act.author + 5 * (other % 3);
    if (act.kind == OpKind::add_device && act.by_root) act.device = act.subject;
    if (act.kind == OpKind::drop_device) act.subject = other;
    for (OpIndex op = 0; op < out.size(); ++op) {
      if (out[op].kind == OpKind::invite && (in[at + 2] & 0x40) != 0) act.invite = op;
    }
    if (act.kind == OpKind::close_invite && act.invite == kNoOp) continue;
    // Seen: of those before, counted from the last, the ones that have a bit; all older ones too.
    const auto count = static_cast<OpIndex>(out.size());
    for (OpIndex back = 0; back < std::min<OpIndex>(count, 8); ++back) {
      if ((in[at + 3] >> back & 1) != 0) act.parents.push_back(count - 1 - back);
    }
    if (act.parents.empty()) act.parents.push_back(0);
    std::sort(act.parents.begin(), act.parents.end());
    act.hash.bytes[0] = static_cast<std::uint8_t>(in[at + 3] * 37 + at);
    act.hash.bytes[1] = static_cast<std::uint8_t>(out.size());
    out.push_back(std::move(act));
  }
  return out;
}

/// Parents that others of them have in their past are no heads.
void reduce_parents(const Rules& rules, Act& act) {
  Past below;
  for (const auto parent : act.parents) below.add(rules.past(parent));
  std::erase_if(act.parents, [&](OpIndex parent) { return below.has(parent); });
}

void try_rules(ByteView in) {
  const auto acts = acts_of(in);
  Rules rules;
  for (auto act : acts) {
    reduce_parents(rules, act);
    rules.add(std::move(act));
    if (!in.empty() && (in[0] & 1) != 0) (void)rules.all();
  }
  Past everything;
  for (OpIndex op = 0; op < rules.size(); ++op) everything.add(op);
  const auto whole = rules.resolve(everything);
  const auto& followed = rules.all();
  ENSURE(whole.counts == followed.counts);
  ENSURE(whole.pending == followed.pending);
  bool has_owner = false;
  for (PersonIndex person = 0; person < 5; ++person) {
    ENSURE(whole.standing.role(person) == followed.standing.role(person));
    has_owner = has_owner || whole.standing.role(person) == Role::owner;
  }
  for (DeviceIndex device = 0; device < 15; ++device) {
    ENSURE(whole.standing.presence(device).entry == followed.standing.presence(device).entry);
  }
  ENSURE(has_owner);

  // The last that can comes first.
  Rules other;
  std::vector<OpIndex> at(acts.size(), kNoOp);
  for (std::size_t done = 0; done < acts.size(); ++done) {
    for (auto op = static_cast<OpIndex>(acts.size()); op-- > 0;) {
      const auto& parents = rules.act(op).parents;
      const bool can = at[op] == kNoOp && std::all_of(parents.begin(), parents.end(),
                                                      [&](OpIndex p) { return at[p] != kNoOp; });
      const auto invite = rules.act(op).invite;
      if (!can || (invite != kNoOp && at[invite] == kNoOp)) continue;
      auto act = rules.act(op);
      for (auto& parent : act.parents) parent = at[parent];
      std::sort(act.parents.begin(), act.parents.end());
      if (invite != kNoOp) act.invite = at[invite];
      at[op] = other.add(std::move(act));
      break;
    }
  }
  for (OpIndex op = 0; op < acts.size(); ++op) {
    ENSURE(other.all().counts[at[op]] == whole.counts[op]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView in(data, size);
  try_decoders(in);
  try_rules(in);
  return 0;
}
