#include "node/copies.h"

#include <algorithm>
#include <map>

#include "work/reference.h"
#include "work/when.h"

namespace holm::node {

Result<std::vector<Copy>> copies(Replica& replica, const std::set<LogId>& elsewhere) {
  const auto& logs = replica.store().logs();
  std::map<DeviceId, Copy> found;
  for (const auto& space : replica.spaces()) {
    std::map<LogId, std::size_t> histories;  // ends, by forked log
    for (const auto& log : TRY(logs.of_space(space))) {
      if (!log.is_forked()) continue;
      auto& copy = found[log.device];
      copy.device = log.device;
      copy.member = log.member;
      if (!log.frozen) copy.histories = std::max(copy.histories, ++histories[log.root]);
      if (!log.is_branch()) continue;
      const auto first = TRY(logs.at(log.log, log.base_seq + 1));
      if (!first) continue;
      const auto when = first->change.time;
      copy.when = copy.changes == 0 ? when : std::min(copy.when, when);
      for (auto at = log.base_seq + 1; at <= log.stored_seq;) {
        const auto changes = TRY(logs.read(log.log, at, 1u << 20, 1024));
        if (changes.empty()) break;
        copy.changes += changes.size();
        at = changes.back().change.last_seq() + 1;
      }
    }
  }
  for (const auto& id : elsewhere) {
    const auto log = TRY(logs.find(id));
    if (!log || log->is_forked()) continue;
    const auto [at, is_new] = found.try_emplace(log->device);
    if (!is_new) continue;
    at->second.device = log->device;
    at->second.member = log->member;
    at->second.is_kept = false;
  }
  std::vector<Copy> out;
  for (auto& [device, copy] : found) out.push_back(copy);
  return out;
}

std::string sentence(const Copy& copy, const Replica& replica) {
  const auto* device = replica.roster().device(copy.device);
  const auto name = copy.device == replica.self_device() ? std::string("this device")
                    : device != nullptr
                        ? "\"" + work::label_of(replica.state(), *device) + "\" of " +
                              work::name_of(replica.state(), device->member)
                        : std::string("a device");
  auto out = name + " was copied or restored, and " +
             (copy.histories > 2 ? std::to_string(copy.histories) : std::string("two")) +
             " copies wrote: ";
  if (!copy.is_kept) return out + "what one of them wrote is not here yet";
  out += "all of it is kept, and each goes on apart";
  if (copy.changes > 0) {
    out += " (since " + work::rfc3339(copy.when).substr(0, 10) + ", " +
           std::to_string(copy.changes) + (copy.changes == 1 ? " change)" : " changes)");
  }
  return out;
}

}  // namespace holm::node
