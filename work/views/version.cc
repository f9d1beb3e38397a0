#include "work/views/version.h"

#include <algorithm>
#include <span>

namespace holm::work::views {
namespace {

constexpr std::size_t kNameDigits = 12;

}  // namespace

Result<crdt::Rebuilt> version_of(const Ref& ref, const Changes& history, std::size_t count) {
  return crdt::rebuild(ref.object, std::span(history).first(std::min(count, history.size())));
}

std::string text_of(const crdt::Rebuilt& object, std::uint32_t field) {
  const auto at = object.texts.find(field);
  return at == object.texts.end() ? std::string() : at->second.text();
}

std::vector<std::string> version_names(const Changes& history) {
  std::vector<std::string> full;
  full.reserve(history.size());
  for (const auto& one : history) full.push_back(one.hash.text());
  auto sorted = full;
  std::sort(sorted.begin(), sorted.end());
  std::size_t digits = kNameDigits;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const auto& a = sorted[i - 1];
    const auto& b = sorted[i];
    if (a == b) continue;
    const auto same = static_cast<std::size_t>(
        std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    digits = std::max(digits, same + 1);
  }
  for (auto& name : full) name.resize(digits);
  return full;
}

Value version_value(Shape& shape, const Changes& history, std::size_t count) {
  if (count == 0 || history.empty()) return {};
  const auto at = std::min(count, history.size()) - 1;
  Value out;
  out.set("version", version_names(history)[at]);
  out.set("at", Shape::time(history[at].change.time));
  out.set("by", shape.person(history[at].author));
  return out;
}

OpIndex::OpIndex(const Ref& ref, const Changes& history) {
  for (std::size_t i = 0; i < history.size(); ++i) {
    const auto& change = history[i].change;
    for (const auto& [k, name] : crdt::op_names(change, ref.object)) {
      first_.emplace(name, Written{i, &change.ops[k]});
    }
  }
}

std::pair<const Written*, crdt::OpId> OpIndex::find_with_name(const crdt::OpId& id) const {
  auto at = first_.upper_bound(id);
  if (at == first_.begin()) return {nullptr, {}};
  --at;
  const auto& [first, written] = *at;
  if (first.log != id.log || id.seq - first.seq >= written.op->span()) return {nullptr, {}};
  return {&written, first};
}

const Written* OpIndex::find(const crdt::OpId& id) const { return find_with_name(id).first; }

}  // namespace holm::work::views
