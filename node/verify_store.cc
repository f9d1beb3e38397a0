#include "node/verify_store.h"

#include "crypto/sign.h"
#include "node/file_keep.h"
#include "node/verify.h"
#include "store/search.h"
#include "work/members/membership.h"

namespace holm::node {
namespace {

constexpr std::size_t kProblemsMax = 50;

class Check {
 public:
  Check(Replica& replica, Verified& out) : replica_(replica), out_(out) {}

  Status log(const SpaceId& space, const store::LogInfo& info) {
    const auto heads = TRY(logs().heads(info.log, 1, UINT64_MAX));
    auto head = heads.begin();
    // A branch goes on from its parent, which is checked for itself.
    Digest hash = crdt::chain_start(space, info.root);
    std::optional<crypto::VerifyKey> key;
    if (info.base_seq > 0) {
      hash = info.base_hash;
      const auto first = TRY(logs().at(info.log, 1));
      auto certificate =
          first ? work::members::decode_certificate(first->change.certificate, replica_.team())
                : fail(Code::corrupt, "its start is missing");
      if (certificate) key = certificate->signing;
      if (TRY(logs().hash_at(info.parent, info.base_seq)) != hash) {
        problem(info, "does not go on where the other branch of its log ends");
      }
    }
    const crdt::SaltLookup salts = [&](const LogId&, const ObjectId& object) {
      auto salt = logs().salt(info.log, object);
      return salt ? *salt : std::nullopt;
    };
    std::uint64_t next = info.base_seq + 1;
    while (next <= info.stored_seq) {
      const auto changes = TRY(logs().read(info.log, next, 4u << 20, 512));
      if (changes.empty()) {
        problem(info, "breaks off before its end");
        return {};
      }
      for (const auto& item : changes) {
        if (item.change.seq != next) {
          problem(info, "has a gap");
          return {};
        }
        if (next == 1) {
          auto certificate =
              work::members::decode_certificate(item.change.certificate, replica_.team());
          if (certificate) key = certificate->signing;
        }
        const auto digest = crdt::change_digest(item.change, salts);
        if (digest) hash = crdt::chain_next(hash, *digest);
        if (!digest) {
          problem(info, "has a change that does not fit its chain, at " + std::to_string(next));
          return {};
        }
        next = item.change.last_seq() + 1;
        if (next == info.stored_seq + 1
                ? hash != info.stored_hash
                : next == info.applied_seq + 1 && hash != info.applied_hash) {
          problem(info, "has a change that does not fit its chain, before " + std::to_string(next));
          return {};
        }
        ++out_.changes;
        while (head != heads.end() && head->seq < next) {
          check_head(space, info, *head, hash, next - 1, key);
          ++head;
        }
      }
    }
    // What branches go on from is under their signatures.
    const bool is_under_others = info.frozen && info.sealed_seq == info.stored_seq;
    if (!is_under_others && (heads.empty() || heads.back().seq != info.sealed_seq)) {
      problem(info, "lacks its signature");
    }
    return {};
  }

  Status files() {
    out_.pieces = TRY(verify_pieces(replica_, [this](std::string what) { add(std::move(what)); }));
    return {};
  }

  Status state(const SpaceId& space) {
    ObjectId after;
    for (;;) {
      const auto ids = TRY(replica_.store().objects().all(space, after, 256));
      if (ids.empty()) return {};
      for (const auto& id : ids) TRY(object(space, id));
      after = ids.back();
    }
  }

  /// The index against merged state. What is late is brought in first, as for a question.
  Status search() {
    auto& store = replica_.store();
    if (!TRY(store.search().is_settled())) {
      TRY(replica_.begin());
      auto settled = store.search().settle();
      if (!settled) {
        replica_.rollback();
        return settled;
      }
      TRY(replica_.commit());
    }
    for (auto& what : TRY(store.search().check(kProblemsMax))) add(std::move(what));
    return {};
  }

 private:
  store::Logs& logs() { return replica_.store().logs(); }

  void problem(const store::LogInfo& info, const std::string& what) {
    add("the log " + info.log.text().substr(0, 12) + " " + what);
  }
  void add(std::string what) {
    if (out_.problems.size() < kProblemsMax) out_.problems.push_back(std::move(what));
  }

  void check_head(const SpaceId& space, const store::LogInfo& info, const crdt::Head& head,
                  const Digest& hash, std::uint64_t seq,
                  const std::optional<crypto::VerifyKey>& key) {
    ++out_.heads;
    const auto signature = crypto::Signature::from(head.signature.view());
    if (head.seq != seq || head.hash != hash || !key ||
        !crypto::verify(*key, kHeadLabel, crdt::signed_bytes(space, head), *signature)) {
      problem(info, "has a signature that does not fit, at " + std::to_string(head.seq));
    }
  }

  Status object(const SpaceId& space, const ObjectId& id) {
    ++out_.objects;
    const auto stored = TRY(replica_.store().objects().find(space, id));
    const auto texts = TRY(replica_.store().objects().texts(space, id));
    const auto rebuilt = crdt::rebuild(id, TRY(logs().touching(space, id)));
    bool is_equal = rebuilt && stored && crdt::encode(rebuilt->state) == crdt::encode(*stored);
    for (const auto& [field, text] : texts) {
      if (!is_equal) break;
      const auto found = rebuilt->texts.find(field);
      is_equal = found != rebuilt->texts.end() ? found->second.text() == text.content
                                               : text.content.empty();
    }
    if (!is_equal) add("the object " + id.text().substr(0, 12) + " is not what its history says");
    return {};
  }

  Replica& replica_;
  Verified& out_;
};

}  // namespace

Result<Verified> verify_store(Replica& replica, Depth depth) {
  Verified out;
  if (auto pages = replica.store().check(); !pages) out.problems.push_back(pages.error().what);
  Check check(replica, out);
  for (const auto& space : TRY(replica.store().logs().spaces())) {
    for (const auto& info : TRY(replica.store().logs().of_space(space))) {
      TRY(check.log(space, info));
    }
    if (depth == Depth::logs_and_state) TRY(check.state(space));
  }
  if (depth == Depth::logs_and_state) TRY(check.search());
  if (depth == Depth::logs_and_state) TRY(check.files());
  return out;
}

}  // namespace holm::node
