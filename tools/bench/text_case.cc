#include "tools/bench/text_case.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <utility>

#include "crdt/text/utf8.h"
#include "tools/bench/ids.h"
#include "tools/bench/typing.h"

namespace holm::bench {
namespace {

using crdt::OpId;
using crdt::Text;
using crdt::TextRun;

enum class Positions : bool { as_given, clamp };

/// Merges what several writers did, transaction by transaction.
class Together {
 public:
  Together(TextCase& out, Positions positions) : out_(out), positions_(positions) {}

  Status run() {
    for (const auto& transaction : out_.trace.transactions) {
      auto version = version_of(transaction);
      auto size = positions_ == Positions::clamp ? TRY(size_at(version)) : UINT64_MAX;
      const auto runs = runs_of(transaction, version, size);
      if (!runs.empty()) TRY(merge(transaction.agent, runs));
      versions_.push_back(std::move(version));
      sizes_.insert_or_assign(versions_.back(), size);
    }
    return {};
  }

 private:
  std::vector<OpId> version_of(const Transaction& transaction) const {
    std::vector<OpId> out;
    for (const auto parent : transaction.parents) {
      const auto& version = versions_[parent];
      out.insert(out.end(), version.begin(), version.end());
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  /// Code points of the text at a version.
  Result<std::uint64_t> size_at(const std::vector<OpId>& version) {
    if (const auto known = sizes_.find(version); known != sizes_.end()) return known->second;
    if (version == out_.text.frontier()) return out_.text.size();
    return crdt::utf8::count(TRY(out_.text.at(version)));
  }

  /// Takes `version` and `size` along to what the transaction leaves.
  std::vector<TextRun> runs_of(const Transaction& transaction, std::vector<OpId>& version,
                               std::uint64_t& size) {
    std::vector<TextRun> out;
    auto& seq = seqs_[transaction.agent];
    const auto add = [&](bool insert, std::uint64_t pos, std::uint64_t len, std::string_view text) {
      TextRun run;
      run.id = {log_of(transaction.agent), seq + 1};
      seq += len;
      run.parents = std::exchange(version, {{run.id.log, seq}});
      run.insert = insert;
      run.pos = pos;
      run.len = len;
      run.text = text;
      out.push_back(std::move(run));
    };
    for (const auto& patch : out_.trace.patches_of(transaction)) {
      const auto pos = std::min<std::uint64_t>(patch.pos, size);
      const auto erased = std::min<std::uint64_t>(patch.erased, size - pos);
      if (positions_ == Positions::clamp) size = size - erased + patch.points;
      const auto text = out_.trace.inserted(patch);
      if (erased > 0) add(false, pos, erased, {});
      if (patch.points > 0) add(true, pos, patch.points, text);
    }
    return out;
  }

  Status merge(std::uint32_t agent, const std::vector<TextRun>& runs) {
    const auto before = out_.text.frontier();
    TRY(out_.text.merge(runs));
    const bool is_known = std::exchange(has_sent_[agent], true);
    out_.updates.push_back(TRY(out_.text.delta(before, is_known)));
    const auto& last = runs.back();
    out_.versions.push_back({last.id.log, last.id.seq + last.len - 1});
    return {};
  }

  TextCase& out_;
  const Positions positions_;
  std::vector<std::vector<OpId>> versions_;  // after each transaction
  std::map<std::vector<OpId>, std::uint64_t> sizes_;
  std::map<std::uint32_t, std::uint64_t> seqs_;
  std::map<std::uint32_t, bool> has_sent_;
};

Status type_case(TextCase& out) {
  TRY(type_all(out.trace, out.text));
  OpId last{log_of(0), 0};
  for (const auto& transaction : out.trace.transactions) {
    const auto before = last.seq;
    for (const auto& patch : out.trace.patches_of(transaction)) {
      last.seq += patch.erased + patch.points;
    }
    if (last.seq != before) out.versions.push_back(last);
  }
  return {};
}

Status check(const TextCase& one) {
  const auto end = one.text.text();
  if (one.trace.is_linear()) {
    if (one.trace.end.empty() || one.trace.end == end) return {};
    return fail(Code::corrupt, one.trace.name + " does not end as its source has it");
  }
  Text merged;
  TRY(merged.merge_delta(TRY(one.text.delta({}, false))));
  if (merged.text() == end && TRY(Text::load(one.text.save())).text() == end) return {};
  return fail(Code::corrupt, one.trace.name + " ends differently when merged another way");
}

}  // namespace

Result<TextCase> text_case(Trace trace) {
  TextCase out;
  out.trace = std::move(trace);
  if (out.trace.is_linear()) {
    TRY(type_case(out));
  } else if (!Together(out, Positions::as_given).run()) {
    TextCase clamped;
    clamped.trace = std::move(out.trace);
    clamped.is_clamped = true;
    TRY(Together(clamped, Positions::clamp).run());
    out = std::move(clamped);
  }
  TRY(check(out));
  return out;
}

Status each_text_case(const Options& options, const std::function<Status(const TextCase&)>& visit) {
  if (options.trace) return visit(TRY(text_case(TRY(load_trace(*options.trace)))));
  const char* shared = std::getenv("HOLM_SHARED");
  const auto folder = std::filesystem::path(shared != nullptr ? shared : "../shared") / "traces";
  bool is_any = false;
  for (const auto* name :
       {"automerge-paper", "sveltecomponent", "friendsforever", "git-makefile-x2"}) {
    const auto file = (folder / name).string() + ".json.gz";
    if (!std::filesystem::exists(file)) continue;
    is_any = true;
    TRY(visit(TRY(text_case(TRY(load_trace(file))))));
  }
  if (is_any) return {};
  std::fprintf(stderr, "holm-bench: no traces in %s; made some\n", folder.c_str());
  TRY(visit(TRY(text_case(typed_trace(options.seed, 100'000)))));
  return visit(TRY(text_case(concurrent_trace(options.seed, 4, 2'000))));
}

}  // namespace holm::bench
