#include "work/judge.h"

#include <doctest/doctest.h>

#include "base/wire.h"
#include "work/members/membership.h"

using namespace holm;
using namespace holm::work;

namespace {

template <class AnyId>
AnyId id_of(std::uint8_t n) {
  AnyId out;
  out.bytes.fill(n);
  return out;
}

/// Judges for an author of this role by what they had seen.
struct Court {
  std::optional<members::Role> role = members::Role::member;
  members::Level level = members::Level::writer;

  bool counts(const crdt::Change& change, Home home = Home::room) const {
    return judge(change, home,
                 [this](auto) {
                   return role ? std::optional(Author{*role, level}) : std::nullopt;
                 })
        .counts();
  }
};

crdt::Op put(std::uint32_t type, std::uint32_t field, const Value& value) {
  crdt::Op op;
  op.object = id_of<ObjectId>(7);
  op.type = type;
  op.field = field;
  op.content = encode(value);
  op.content_bytes = op.content.size();
  return op;
}

crdt::Change change_of(crdt::Op op) {
  crdt::Change change;
  change.log = id_of<LogId>(3);
  change.seq = 1;
  change.ops.push_back(std::move(op));
  return change;
}

}  // namespace

TEST_CASE("judge: the work of an authorised device counts") {
  CHECK(Court().counts(change_of(put(kCard, field::kTitle, "x"))));
}

TEST_CASE("judge: the work of who did not belong is void, and of whom it is not known") {
  const auto change = change_of(put(kCard, field::kTitle, "x"));
  CHECK_FALSE(Court{members::Role::none}.counts(change));
  CHECK_FALSE(Court{std::nullopt}.counts(change));
  CHECK(Court{members::Role::guest}.counts(change));
}

TEST_CASE("judge: guests count where they write, and not in the commons") {
  const auto change = change_of(put(kCard, field::kTitle, "x"));
  CHECK_FALSE(Court{members::Role::guest}.counts(change, Home::commons));
  CHECK(Court{members::Role::member, members::Level::none}.counts(change, Home::commons));
}

TEST_CASE("judge: in a room counts who writes there, whatever they are in the team") {
  const auto change = change_of(put(kCard, field::kTitle, "x"));
  for (const auto role : {members::Role::guest, members::Role::member, members::Role::owner}) {
    CHECK_FALSE(Court{role, members::Level::none}.counts(change));
    CHECK_FALSE(Court{role, members::Level::reader}.counts(change));
    CHECK(Court{role, members::Level::writer}.counts(change));
  }
}

TEST_CASE("judge: the role asked for is the one at the change's own frontier") {
  auto change = change_of(put(kCard, field::kTitle, "x"));
  change.membership = {id_of<ShortHash>(5)};
  std::vector<ShortHash> asked;
  const auto verdict = judge(change, Home::room, [&](std::span<const ShortHash> at) {
    asked.assign(at.begin(), at.end());
    return std::optional(Author{members::Role::member, members::Level::writer});
  });
  CHECK(verdict.counts());
  CHECK(asked == change.membership);
}

TEST_CASE("judge: an immutable field cannot be written over what its author saw") {
  Court court;
  auto op = put(kMessage, message::kIntent, "question");
  CHECK(court.counts(change_of(op)));
  op.refs = {{id_of<LogId>(3), 1}};
  CHECK_FALSE(court.counts(change_of(op)));
  auto title = put(kCard, field::kTitle, "x");
  title.refs = op.refs;
  CHECK(court.counts(change_of(title)));
}

TEST_CASE("judge: fields and types of newer programs pass") {
  Court court;
  CHECK(court.counts(change_of(put(kCard, 4000, "x"))));
  CHECK(court.counts(change_of(put(5000, 20, "x"))));
}

TEST_CASE("judge: the trust space takes membership ops under their own hash, and nothing else") {
  Court court;
  const Bytes op_bytes = to_bytes("some op");
  auto op = put(kMembershipOp, membership_op::kOp, Value(op_bytes));
  op.object = ObjectId{members::op_hash(op_bytes).bytes};
  CHECK(court.counts(change_of(op), Home::trust));

  auto misnamed = op;
  misnamed.object = id_of<ObjectId>(7);
  CHECK_FALSE(court.counts(change_of(misnamed), Home::trust));
  auto rewritten = op;
  rewritten.refs = {{id_of<LogId>(3), 1}};
  CHECK_FALSE(court.counts(change_of(rewritten), Home::trust));
  auto wiped = op;
  wiped.content.clear();
  CHECK_FALSE(court.counts(change_of(wiped), Home::trust));
  auto both = change_of(op);
  both.ops.push_back(put(kCard, field::kTitle, "x"));
  CHECK_FALSE(court.counts(both, Home::trust));
  CHECK_FALSE(court.counts(change_of(op), Home::room));
  CHECK_FALSE(court.counts(change_of(op), Home::commons));
}

TEST_CASE("judge: a founder's first op counts before anyone is on the roster") {
  const Bytes op_bytes = to_bytes("create");
  auto op = put(kMembershipOp, membership_op::kOp, Value(op_bytes));
  op.object = ObjectId{members::op_hash(op_bytes).bytes};
  CHECK(Court{members::Role::none}.counts(change_of(op), Home::trust));
}
