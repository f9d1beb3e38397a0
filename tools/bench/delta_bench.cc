// What a little typing costs on a link whose other side holds all before it.
#include "base/json.h"
#include "crdt/columns.h"
#include "sync/message.h"
#include "tools/bench/benches.h"
#include "tools/bench/ids.h"

namespace holm::bench {
namespace {

constexpr std::uint64_t kBefore = 259'778;  // code points typed before, as in automerge-paper
constexpr std::uint64_t kCaret = 52'000;

/// `count` characters typed one by one at `pos`, in one change of a log.
crdt::Change typed(std::uint64_t seq, std::uint64_t pos, std::size_t count, std::int64_t ms) {
  crdt::Change out;
  out.log = filled<LogId>(0xa1);
  out.seq = seq;
  out.time = WallTime(Millis(1'767'225'600'000 + ms));
  out.lamport = static_cast<std::uint64_t>(out.time.time_since_epoch().count());
  out.membership = {filled<ShortHash>(0xb2)};
  for (std::size_t i = 0; i < count; ++i) {
    crdt::Op op;
    op.object = filled<ObjectId>(0xc3);
    op.type = 3;
    op.field = 2;
    op.kind = crdt::Kind::text;
    op.action = crdt::Action::insert;
    op.follows_own = true;
    op.pos = pos + i;
    op.len = 1;
    op.content = {static_cast<std::uint8_t>('a' + i % 26)};
    op.content_bytes = 1;
    out.ops.push_back(std::move(op));
  }
  return out;
}

struct Sizes {
  std::size_t columns = 0;   ///< behind a base
  std::size_t timeless = 0;  ///< less what says how much time passed
  std::size_t alone = 0;     ///< as a batch that stands alone
  std::size_t message = 0;   ///< the whole delta of a link: envelope, space digest, head, signature
};

Sizes sizes_of(const crdt::Change& change, const crdt::Change& before) {
  const auto base = crdt::base_after(before);
  Sizes out;
  out.columns = crdt::encode_columns({&change, 1}, base).size();
  out.alone = crdt::encode_columns({&change, 1}).size();
  auto timeless = change;
  timeless.lamport = before.lamport;
  timeless.time = before.time;
  out.timeless = crdt::encode_columns({&timeless, 1}, base).size();
  sync::Range range;
  range.changes = {change};
  range.head.log = change.log;
  range.head.seq = change.last_seq();
  range.head.hash = filled<Digest>(0xd4);
  range.head.membership = change.membership;
  range.head.time = change.time;
  range.base = base;
  sync::Delta delta;
  delta.space = filled<SpaceId>(0xe5);
  delta.serial = 1000;
  delta.digest = filled<Digest>(0xf6);
  delta.ranges = {range};
  out.message = sync::encode(delta).size();
  return out;
}

struct Both {
  Sizes one;
  Sizes burst;
};

Both measured() {
  const auto before = typed(kBefore, kCaret, 1, 0);
  const auto one = typed(kBefore + 1, kCaret + 1, 1, 150);
  const auto burst = typed(kBefore + 2, kCaret + 2, 100, 15'000);
  return {sizes_of(one, before), sizes_of(burst, one)};
}

}  // namespace

/// {"bytes", "timeless_bytes", "alone_bytes", "message_bytes"}.
Status bench_delta(const Options&, const Report& report) {
  const auto both = measured();
  const std::pair<const char*, Sizes> cases[] = {{"character", both.one},
                                                 {"burst of 100", both.burst}};
  for (const auto& [name, sizes] : cases) {
    report.add(Value::object()
                   .set("bench", "delta")
                   .set("case", name)
                   .set("bytes", sizes.columns)
                   .set("timeless_bytes", sizes.timeless)
                   .set("alone_bytes", sizes.alone)
                   .set("message_bytes", sizes.message));
  }
  return {};
}

Result<bool> run_delta_peer(std::string_view measure) {
  if (measure != "delta") return false;
  const auto both = measured();
  std::puts(to_json(Value::object()
                        .set("ok", true)
                        .set("ms", 0)
                        .set("bytes", both.one.columns)
                        .set("charEvent", both.one.columns)
                        .set("burst100Since", both.burst.columns))
                .c_str());
  return true;
}

}  // namespace holm::bench
