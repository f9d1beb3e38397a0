#include "tools/bench/history.h"

#include <algorithm>
#include <map>

#include "crdt/columns.h"
#include "crdt/replay.h"
#include "crdt/text/utf8.h"

namespace holm::bench {
namespace {

using crdt::OpId;
using crdt::TextRun;

constexpr std::uint32_t kTextField = 1;
constexpr std::size_t kOpsPerChange = 256;
constexpr std::uint64_t kStart = 1'767'600'000'000;  // ms: Mon 5 Jan 2026, 08:00 UTC

LogId log_of(std::uint32_t agent) {
  LogId out;
  for (std::size_t i = 0; i < out.bytes.size(); ++i) {
    out.bytes[i] = static_cast<std::uint8_t>((agent + 1) * 2654435761u >> (i % 4 * 8));
  }
  return out;
}

ObjectId text_object() {
  ObjectId out;
  out.bytes.fill(7);
  return out;
}

crdt::Op op_of(const TextRun& run, const OpId* last_own) {
  crdt::Op op;
  op.object = text_object();
  op.type = 1;
  op.field = kTextField;
  op.kind = crdt::Kind::text;
  op.action = run.insert ? crdt::Action::insert : crdt::Action::erase;
  op.follows_own = last_own != nullptr && run.parents.size() == 1 && run.parents[0] == *last_own;
  if (!op.follows_own) op.refs = run.parents;
  op.pos = run.pos;
  op.len = run.len;
  op.content = to_bytes(run.text);
  op.content_bytes = op.content.size();
  return op;
}

/// Whether `next` is what its writer typed or deleted right after `run`.
bool continues(const TextRun& run, const TextRun& next) {
  const OpId last{run.id.log, run.id.seq + run.len - 1};
  if (next.id.log != last.log || next.id.seq != last.seq + 1) return false;
  if (next.parents.size() != 1 || next.parents[0] != last || run.insert != next.insert) {
    return false;
  }
  return run.insert ? next.pos == run.pos + run.len : next.pos == run.pos;
}

}  // namespace

Result<std::vector<TextRun>> runs_of(const Trace& trace, Positions positions) {
  std::vector<TextRun> out;
  std::vector<std::vector<OpId>> versions;  // after each transaction
  std::vector<std::uint64_t> sizes;         // of the text then; only when clamping
  std::map<std::uint32_t, std::uint64_t> seqs;
  crdt::Text all;
  std::size_t merged = 0;  // of `out`, into `all`
  for (const auto& transaction : trace.transactions) {
    std::vector<OpId> parents;
    for (const auto parent : transaction.parents) {
      const auto& version = versions[parent];
      parents.insert(parents.end(), version.begin(), version.end());
    }
    std::sort(parents.begin(), parents.end());
    parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
    std::uint64_t size = UINT64_MAX;
    if (positions == Positions::clamp && transaction.parents.size() < 2) {
      size = transaction.parents.empty() ? 0 : sizes[transaction.parents[0]];
    } else if (positions == Positions::clamp) {
      TRY(all.merge(std::span(out).subspan(merged)));
      merged = out.size();
      size = parents == all.frontier() ? all.size() : crdt::utf8::count(TRY(all.at(parents)));
    }
    auto& seq = seqs[transaction.agent];
    const auto add = [&](TextRun run) {
      run.id = {log_of(transaction.agent), seq + 1};
      run.parents = parents;
      seq += run.len;
      parents = {{run.id.log, seq}};
      out.push_back(std::move(run));
    };
    for (const auto& patch : transaction.patches) {
      TextRun run;
      run.pos = std::min(patch.pos, size);
      run.insert = false;
      run.len = std::min(patch.erased, size - run.pos);
      if (positions == Positions::clamp) size -= run.len;
      const auto pos = run.pos;
      if (run.len > 0) add(std::move(run));
      run = {};
      run.pos = pos;
      run.text = patch.inserted;
      run.len = crdt::utf8::count(run.text);
      if (positions == Positions::clamp) size += run.len;
      if (run.len > 0) add(std::move(run));
    }
    sizes.push_back(size);
    versions.push_back(std::move(parents));
  }
  return out;
}

std::vector<TextRun> joined(std::vector<TextRun> runs) {
  std::vector<TextRun> out;
  std::map<OpId, int> children;  // runs end where somebody else goes on from their middle
  for (const auto& run : runs) {
    for (const auto& parent : run.parents) ++children[parent];
  }
  for (auto& run : runs) {
    if (!out.empty() && continues(out.back(), run) && children[{run.id.log, run.id.seq - 1}] == 1) {
      out.back().text += run.text;
      out.back().len += run.len;
    } else {
      out.push_back(std::move(run));
    }
  }
  return out;
}

Bytes save(const std::vector<TextRun>& runs) {
  std::map<LogId, std::vector<crdt::Change>> logs;
  std::map<LogId, OpId> last_own;
  std::uint64_t lamport = kStart;
  const LogId* writer = nullptr;
  for (const auto& run : runs) {
    auto& changes = logs[run.id.log];
    const auto last = last_own.find(run.id.log);
    auto op = op_of(run, last != last_own.end() ? &last->second : nullptr);
    // Another writer's turn is a new change: its lamport says what came before it.
    const bool goes_on = writer != nullptr && *writer == run.id.log && op.follows_own &&
                         changes.back().ops.size() < kOpsPerChange;
    if (!goes_on) {
      crdt::Change change;
      change.log = run.id.log;
      change.seq = run.id.seq;
      change.lamport = ++lamport;
      change.time = WallTime(Millis(static_cast<std::int64_t>(lamport)));
      changes.push_back(std::move(change));
    }
    changes.back().ops.push_back(std::move(op));
    last_own[run.id.log] = {run.id.log, run.id.seq + run.len - 1};
    writer = &last_own.find(run.id.log)->first;
  }
  Bytes out;
  for (const auto& [log, changes] : logs) {
    const auto columns = crdt::encode_columns(changes);
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.push_back(static_cast<std::uint8_t>(columns.size() >> shift));
    }
    append(out, columns);
  }
  return out;
}

Result<std::vector<TextRun>> load(ByteView saved) {
  std::vector<crdt::Delivered> all;
  while (!saved.empty()) {
    if (saved.size() < 4) return fail(Code::reject, "a saved text is cut short");
    const auto size = std::size_t{saved[0]} << 24 | std::size_t{saved[1]} << 16 |
                      std::size_t{saved[2]} << 8 | saved[3];
    if (size > saved.size() - 4) return fail(Code::reject, "a saved text is cut short");
    for (auto& change : TRY(crdt::decode_columns(saved.subspan(4, size)))) {
      all.push_back({.change = std::move(change), .hash = {}, .author = {}});
    }
    saved = saved.subspan(4 + size);
  }
  std::map<LogId, OpId> last_own;
  return crdt::text_runs(text_object(), kTextField, all, last_own);
}

}  // namespace holm::bench
