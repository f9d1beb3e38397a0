#include "node/verify_store.h"

#include <algorithm>
#include <functional>
#include <map>

#include "crypto/sign.h"
#include "node/file_keep.h"
#include "node/mend.h"
#include "node/verify.h"
#include "store/search.h"
#include "work/members/membership.h"

namespace holm::node {
namespace {

constexpr std::size_t kProblemsMax = 50;

class Check {
 public:
  Check(Replica& replica, Verified& out) : replica_(replica), out_(out) {}

  Status begin() {
    is_awaited_ = !TRY(mendings(replica_)).empty();
    return {};
  }

  Status log(const SpaceId& space, const store::LogInfo& info) {
    auto checked = check_log(space, info);
    if (!checked && store::is_damage(checked.error())) {
      problem(info, "cannot be read: " + checked.error().what);
      return {};
    }
    return checked;
  }

  Status check_log(const SpaceId& space, const store::LogInfo& info) {
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
    if (info.frozen && info.sealed_seq == info.stored_seq) return {};
    if (!heads.empty() && heads.back().seq == info.sealed_seq) return {};
    if (is_awaited_) {
      out_.awaited.push_back("the log " + info.log.text().substr(0, 12) +
                             " was cut short by damage: teammates' devices are asked for the rest");
    } else {
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
      const auto ids = TRY(replica_.store().objects().named(space, after, 256));
      if (ids.empty()) return {};
      for (const auto& id : ids) TRY(object(space, id));
      after = ids.back();
    }
  }

  /// What is filled from the states, against them.
  Status tables() {
    if (!out_.wrong.empty()) return {};  // wrong with them
    const auto fit = replica_.store().tables_fit();
    if (!fit && !store::is_damage(fit.error())) return fail(fit.error());
    if (fit && *fit) return {};
    out_.tables = true;
    add("the tables of values are not what the things here say");
    return {};
  }

  /// The index against merged state. What is late is brought in first, as for a question.
  Status search() {
    auto checked = check_search();
    if (checked || !store::is_damage(checked.error())) return checked;
    add(checked.error().what);
    out_.damage = checked.error();
    return {};
  }

  Status check_search() {
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
    for (auto& what : TRY(store.search().check(kProblemsMax))) {
      out_.index = true;
      add(std::move(what));
    }
    return {};
  }

 private:
  store::Logs& logs() { return replica_.store().logs(); }

  void problem(const store::LogInfo& info, const std::string& what) {
    const auto text = "the log " + info.log.text().substr(0, 12) + " " + what;
    if (!out_.damage) out_.damage = Error{Code::corrupt, text, {}, {}};
    add(text);
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
    const auto differs = [&] {
      out_.wrong.insert({space, id});
      add("the object " + id.text().substr(0, 12) + " is not what its history says");
    };
    const auto stored = replica_.store().objects().find(space, id);
    const auto texts = replica_.store().objects().texts(space, id);
    for (const auto* error :
         {stored ? nullptr : &stored.error(), texts ? nullptr : &texts.error()}) {
      if (error == nullptr) continue;
      if (!store::is_damage(*error)) return fail(*error);
      differs();
      return {};
    }
    return compare(space, id, *stored, *texts, differs);
  }

  Status compare(const SpaceId& space, const ObjectId& id,
                 const std::optional<crdt::ObjectState>& stored,
                 const std::map<std::uint32_t, store::TextRow>& texts,
                 const std::function<void()>& differs) {
    const auto history = TRY(logs().touching(space, id));
    const auto counts = [](const crdt::Delivered& item) { return item.mark == crdt::Mark::valid; };
    const bool stands = std::any_of(history.begin(), history.end(), counts);
    if (history.empty() && (stored || !texts.empty())) differs();
    if (history.empty()) return {};
    out_.objects += stands ? 1 : 0;
    const auto rebuilt = crdt::rebuild(id, history);
    // Where nothing counts it stands nowhere; its texts know what may yet follow.
    bool is_equal = rebuilt && stands == stored.has_value() &&
                    (!stands || crdt::encode(rebuilt->state) == crdt::encode(*stored));
    if (is_equal && stands) {
      for (const auto& [field, text] : rebuilt->texts) {
        is_equal = is_equal && (text.text().empty() || texts.contains(field));
      }
    }
    for (const auto& [field, text] : texts) {
      if (!is_equal) break;
      const auto found = rebuilt->texts.find(field);
      if (found == rebuilt->texts.end()) {
        is_equal = text.content.empty();
        continue;
      }
      store::TextRow wanted{.content = std::string(found->second.text()),
                            .points = found->second.size(),
                            .frontier = found->second.frontier(),
                            .last_own = {}};
      TRY(crdt::text_runs(id, field, history, wanted.last_own));
      is_equal = text == wanted;
    }
    if (!is_equal) differs();
    return {};
  }

  Replica& replica_;
  Verified& out_;
  bool is_awaited_ = false;  ///< cut logs are known, and being filled
};

}  // namespace

Result<Verified> verify_store(Replica& replica, Depth depth) {
  Verified out;
  if (auto pages = replica.store().check(); !pages) {
    if (!store::is_damage(pages.error())) return fail(pages.error());
    out.problems.push_back(pages.error().what);
    out.damage = pages.error();
  }
  Check check(replica, out);
  const auto all = [&]() -> Status {
    TRY(check.begin());
    for (const auto& space : TRY(replica.store().logs().spaces())) {
      for (const auto& info : TRY(replica.store().logs().of_space(space))) {
        TRY(check.log(space, info));
      }
      if (depth == Depth::logs_and_state) TRY(check.state(space));
    }
    if (depth == Depth::logs_and_state) TRY(check.tables());
    if (depth == Depth::logs_and_state) TRY(check.search());
    if (depth == Depth::logs_and_state) TRY(check.files());
    return {};
  };
  auto checked = all();
  if (!checked && !store::is_damage(checked.error())) return fail(checked.error());
  if (!checked) {
    if (out.problems.empty()) out.problems.push_back(checked.error().what);
    if (!out.damage) out.damage = checked.error();
  }
  return out;
}

Result<std::vector<std::string>> mend_found(Replica& replica, const Verified& found) {
  std::vector<std::string> out;
  const auto in_place = [&]() -> Status {
    TRY(replica.begin());
    for (const auto& ref : found.wrong) TRY(replica.merger().rebuild(ref.space, ref.object));
    if (!found.wrong.empty()) {
      const auto count = found.wrong.size();
      out.push_back(std::to_string(count) +
                    (count == 1 ? " thing was not what its history says; it was made anew from it"
                                : " things were not what their histories say; they were made anew "
                                  "from them"));
    }
    if (found.tables || !found.wrong.empty()) TRY(replica.store().objects().rebuild_tables());
    if (found.tables) {
      out.emplace_back(
          "the tables of values were not what the things here say; they were made anew");
    }
    if (found.index) {
      TRY(replica.store().search().rebuild());
      out.emplace_back("what search knows was not what is here; it was made anew");
    }
    TRY(note_mending(replica, {replica.env().now(), true, out}));
    return replica.commit();
  };
  auto damage = found.damage;
  if (!damage && found.needs_mending()) {
    auto mended = in_place();
    if (mended) return out;
    replica.rollback();
    out.clear();
    if (!store::is_damage(mended.error())) return fail(mended.error());
    damage = mended.error();
  }
  if (!damage) return out;
  TRY(mend(replica, *damage));
  const auto all = TRY(mendings(replica));
  if (!all.empty()) out = all.back().lines;
  return out;
}

}  // namespace holm::node
