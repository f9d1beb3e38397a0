// A text typed as changes of a log: hashed into its chain, with a signed head for every 100 edits.
#include <map>
#include <optional>

#include "crdt/chain.h"
#include "crdt/replay.h"
#include "crypto/sign.h"
#include "tools/bench/ids.h"
#include "tools/bench/text_case.h"
#include "tools/bench/typing.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Change;
using crdt::Head;
using crdt::OpId;
using crdt::Text;

constexpr std::size_t kEditsPerHead = 100;
constexpr std::string_view kHeadLabel = "holm head v1";
constexpr std::uint32_t kField = 2;

const SpaceId kSpace = filled<SpaceId>(1);
const ObjectId kObject = filled<ObjectId>(2);
const Salt kSalt = filled<Salt>(3);

/// A device's log of one text. Edits that go on where the last one stopped are one op.
class Log {
 public:
  /// key  null: heads are not signed.
  explicit Log(const crypto::SigningKey* key)
      : key_(key), hash_(crdt::chain_start(kSpace, log_of(0))) {
    change_.log = log_of(0);
    change_.membership = {filled<ShortHash>(4)};
  }

  /// seq  of the edit's first code point.
  void add(const Trace& trace, const Patch& patch, std::uint64_t seq) {
    if (change_.ops.empty()) change_.seq = seq;
    if (patch.erased > 0) erase(patch.pos, patch.erased);
    if (patch.bytes > 0) insert(patch.pos, patch.points, trace.inserted(patch));
  }

  /// Ends the change: into the chain with it, and a head over all.
  Status close() {
    change_.lamport = 1'767'600'000'000 + change_.seq;
    change_.time = WallTime(Millis(static_cast<std::int64_t>(change_.lamport)));
    if (heads_.empty()) change_.salts = {{kObject, kSalt}};
    const auto digest = TRY(crdt::change_digest(
        change_, [](const LogId&, const ObjectId&) { return std::optional(kSalt); }));
    hash_ = crdt::chain_next(hash_, digest);
    Head head;
    head.log = change_.log;
    head.seq = change_.last_seq();
    head.hash = hash_;
    head.membership = change_.membership;
    head.time = change_.time;
    if (key_ != nullptr) sign(*key_, head);
    heads_.push_back(std::move(head));
    if (keep_ != nullptr) keep_->push_back({.change = change_, .hash = hash_, .author = {}});
    change_.salts.clear();
    change_.ops.clear();
    return {};
  }

  static void sign(const crypto::SigningKey& key, Head& head) {
    head.signature.bytes = crypto::sign(key, kHeadLabel, crdt::signed_bytes(kSpace, head)).bytes;
  }

  void keep(std::vector<crdt::Delivered>& all) { keep_ = &all; }
  const std::vector<Head>& heads() const { return heads_; }

 private:
  void insert(std::uint64_t pos, std::uint64_t len, std::string_view text) {
    if (!change_.ops.empty()) {
      auto& last = change_.ops.back();
      if (last.action == crdt::Action::insert && pos == last.pos + last.len) {
        append(last.content, as_bytes(text));
        last.content_bytes = last.content.size();
        last.len += len;
        return;
      }
    }
    auto& op = begin(crdt::Action::insert, pos, len);
    op.content = to_bytes(text);
    op.content_bytes = op.content.size();
  }
  void erase(std::uint64_t pos, std::uint64_t len) {
    if (!change_.ops.empty()) {
      auto& last = change_.ops.back();
      if (last.action == crdt::Action::erase && pos == last.pos) {
        last.len += len;
        return;
      }
    }
    begin(crdt::Action::erase, pos, len);
  }
  crdt::Op& begin(crdt::Action action, std::uint64_t pos, std::uint64_t len) {
    auto& op = change_.ops.emplace_back();
    op.object = kObject;
    op.type = 3;
    op.field = kField;
    op.kind = crdt::Kind::text;
    op.action = action;
    op.follows_own = change_.seq > 1 || change_.ops.size() > 1;
    op.pos = pos;
    op.len = len;
    return op;
  }

  const crypto::SigningKey* key_;
  std::vector<crdt::Delivered>* keep_ = nullptr;
  Change change_;
  Digest hash_;
  std::vector<Head> heads_;
};

Status type_chained(const Trace& trace, Text& text, Log& log) {
  OpId next{log_of(0), 1};
  std::size_t count = 0;
  for (const auto& patch : trace.patches) {
    const auto seq = next.seq;
    TRY(type(trace, patch, next, text));
    log.add(trace, patch, seq);
    if (++count % kEditsPerHead == 0) TRY(log.close());
  }
  return count % kEditsPerHead == 0 ? Status() : log.close();
}

struct Checked {
  std::vector<Head> heads;
  std::size_t ops = 0;
};

/// Whether the changes make the text again, are well-formed, and every head's signature holds.
Result<Checked> checked(const TextCase& one, const crypto::SigningKey& key) {
  Log log(&key);
  std::vector<crdt::Delivered> all;
  log.keep(all);
  Text text;
  TRY(type_chained(one.trace, text, log));
  Checked out{log.heads(), 0};
  for (const auto& delivered : all) {
    TRY(crdt::validate(delivered.change));
    out.ops += delivered.change.ops.size();
  }
  std::map<LogId, OpId> last_own;
  Text again;
  TRY(again.merge(TRY(crdt::text_runs(kObject, kField, all, last_own))));
  bool is_right = again.text() == one.text.text();
  for (const auto& head : out.heads) {
    crypto::Signature signature;
    signature.bytes = head.signature.bytes;
    is_right = is_right && crypto::verify(key.public_key(), kHeadLabel,
                                          crdt::signed_bytes(kSpace, head), signature);
  }
  if (!is_right) return fail(Code::corrupt, one.trace.name + " is another text as changes");
  return out;
}

Status bench_case(const Options& options, const Report& report, const TextCase& one) {
  if (!one.trace.is_linear()) return {};
  const Bytes seed(32, 5);
  const auto key = TRY(crypto::SigningKey::from_seed(seed));
  auto [heads, ops] = TRY(checked(one, key));
  bool is_right = true;
  const auto timed = [&](auto once) {
    Text text;
    const auto began = Clock::now();
    is_right = once(text).has_value() && is_right;
    return ms_since(began);
  };
  const auto chained = [&](const crypto::SigningKey* signing) {
    return timed([&](Text& text) {
      Log log(signing);
      return type_chained(one.trace, text, log);
    });
  };
  std::vector<double> plain, hashed, signed_too, signing;
  for (int i = 0; i < options.runs; ++i) {  // in turns, so that noise is shared
    plain.push_back(timed([&](Text& text) { return type_all(one.trace, text); }));
    hashed.push_back(chained(nullptr));
    signed_too.push_back(chained(&key));
    const auto began = Clock::now();
    for (auto& head : heads) Log::sign(key, head);
    signing.push_back(ms_since(began));
  }
  if (!is_right) return fail(Code::corrupt, one.trace.name + " could not be typed");
  const auto replay_ms = median(plain), unsigned_ms = median(hashed);
  const auto chained_ms = median(signed_too), signing_ms = median(signing);
  report.add(Value::object()
                 .set("bench", "chained")
                 .set("case", one.trace.name)
                 .set("ms", chained_ms)
                 .set("replay_ms", replay_ms)
                 .set("chained_ms", chained_ms)
                 .set("ratio", chained_ms / replay_ms)
                 .set("unsigned_ms", unsigned_ms)
                 .set("unsigned_ratio", unsigned_ms / replay_ms)
                 .set("signing_ms", signing_ms)
                 .set("signing_ratio", signing_ms / replay_ms)
                 .set("signature_us", signing_ms * 1000 / double(heads.size()))
                 .set("signatures", heads.size())
                 .set("ops", ops));
  return {};
}

}  // namespace

/// {"replay_ms", "chained_ms", "unsigned_ms", "signing_ms", "signature_us", "signatures"} of traces
/// of one writer: typed; typed with a change per 100 edits, hashed into the log's chain, and its
/// head signed; the same unsigned; and the signatures alone, each with the bytes it signs.
Status bench_chained(const Options& options, const Report& report) {
  TRY(crypto::init());
  return each_text_case(options,
                        [&](const TextCase& one) { return bench_case(options, report, one); });
}

}  // namespace holm::bench
