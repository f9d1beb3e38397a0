#include "node/incarnation.h"

#include <utility>

#include "store/facts.h"
#include "store/logs.h"

namespace holm::node {
namespace {

constexpr std::string_view kOwnLogs = "own_log";  // space -> log this device writes
constexpr std::string_view kNonce = "store_nonce";
constexpr Millis kKeepEvery{1000};

}  // namespace

Result<std::optional<StoreNonce>> Incarnation::nonce() const {
  const auto stored = TRY(store_.facts().get(kNonce, {}));
  if (!stored) return std::optional<StoreNonce>();
  const auto out = StoreNonce::from(*stored);
  if (!out) return fail(Code::corrupt, "the nonce of the store is damaged");
  return std::optional(*out);
}

Result<std::map<LogId, std::uint64_t>> Incarnation::reached() const {
  std::map<LogId, std::uint64_t> out;
  for (const auto& [space, name] : TRY(store_.facts().all(kOwnLogs))) {
    const auto log = LogId::from(name);
    if (!log) return fail(Code::corrupt, "the name of this device's log is damaged");
    const auto info = TRY(store_.logs().find(*log));
    out[*log] = info ? info->stored_seq : 0;
  }
  return out;
}

Status Incarnation::check() {
  if (!place_.read) return {};
  const auto ours = TRY(reached());
  if (ours.empty()) return {};
  const auto known = TRY(nonce());
  const auto bytes = place_.read();
  const auto witness = bytes && *bytes ? decode_witness(**bytes) : Result<Witness>(Witness());
  bool is_proven =
      known && bytes && *bytes && witness && (*known == witness->nonce || *known == witness->next);
  for (const auto& [log, seq] : is_proven ? witness->logs : decltype(witness->logs)()) {
    const auto stands = ours.find(log);
    is_proven = is_proven && stands != ours.end() && stands->second >= seq;
  }
  if (is_proven) return {};
  log_.write(Level::warn,
             "this home was restored or copied: what is written from now on goes into new logs");
  TRY(store_.begin());
  auto left = leave_all();
  if (!left) {
    store_.rollback();
    return left;
  }
  return store_.commit();
}

Status Incarnation::leave_all() {
  for (const auto& [space, name] : TRY(store_.facts().all(kOwnLogs))) {
    TRY(store_.facts().remove(kOwnLogs, space));
  }
  has_left_ = true;
  return {};
}

Result<LogId> Incarnation::log_of(const SpaceId& space) {
  if (auto known = TRY(store_.facts().get(kOwnLogs, space.view()))) {
    const auto log = LogId::from(*known);
    if (!log) return fail(Code::corrupt, "the name of this device's log is damaged");
    const auto info = TRY(store_.logs().find(*log));
    if (info && !info->is_forked()) return *log;  // a forked log is left
  }
  return rng_.id<LogId>();
}

Status Incarnation::on_write(const SpaceId& space, const LogId& log) {
  is_behind_ = true;
  if (!is_claimed_ && place_.write) {
    const auto known = TRY(nonce());
    Witness witness{.nonce = known.value_or(StoreNonce()),
                    .next = rng_.id<StoreNonce>(),
                    .logs = TRY(reached())};
    // Before the store takes it: a store that carries it was written by who could write the
    // witness.
    TRY(write(witness));
    TRY(store_.facts().put(kNonce, {}, witness.next.view()));
    is_claimed_ = true;
  }
  const auto known = TRY(store_.facts().get(kOwnLogs, space.view()));
  if (known && ByteView(*known).size() == log.view().size() && LogId::from(*known) == log)
    return {};
  return store_.facts().put(kOwnLogs, space.view(), log.view());
}

Result<bool> Incarnation::on_held(const SpaceId& space, const LogId& log, std::uint64_t seq) {
  const auto known = TRY(store_.facts().get(kOwnLogs, space.view()));
  if (!known || LogId::from(*known) != log) return false;
  const auto info = TRY(store_.logs().find(log));
  if (info && info->stored_seq >= seq) return false;
  log_.write(
      Level::warn,
      "a teammate's device holds more of this device's work than it does itself, so this home "
      "was restored or copied: what is written from now on goes into new logs");
  TRY(store_.begin());
  TRY(store_.facts().remove(kOwnLogs, space.view()));
  has_left_ = true;
  return true;
}

Status Incarnation::on_forked(const LogId& log) {
  for (const auto& [space, name] : TRY(store_.facts().all(kOwnLogs))) {
    if (LogId::from(name) != log) continue;
    log_.write(Level::warn,
               "another home goes on from the same store, so this one was restored or copied: what "
               "is written from now on goes into new logs");
    return leave_all();
  }
  return {};
}

Status Incarnation::write(const Witness& witness) {
  auto written = place_.write(encode(witness));
  if (!written) {
    log_.write(Level::warn, "the witness of this home cannot be kept (" + written.error().what +
                                "): the next start goes on under new logs");
  }
  return {};  // a home that cannot keep one works; it cannot prove that it is the only one
}

void Incarnation::keep(Time now) {
  if (!is_behind_ || (kept_at_ && now - *kept_at_ < kKeepEvery)) return;
  kept_at_ = now;
  close();
}

void Incarnation::close() {
  if (!is_behind_ || !is_claimed_ || !place_.write || store_.in_turn()) return;
  const auto known = nonce();
  auto logs = reached();
  if (!known || !*known || !logs) return;  // a store in trouble; it says so elsewhere
  is_behind_ = false;
  (void)write({.nonce = **known, .next = **known, .logs = std::move(*logs)}).has_value();
}

void Incarnation::on_rollback() {
  // A nonce that the store took in this turn is gone with it.
  is_claimed_ = false;
}

}  // namespace holm::node
