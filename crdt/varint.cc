#include "crdt/varint.h"

#include <algorithm>

namespace holm::crdt {
namespace {

constexpr std::size_t kRunMin = 3;  // a shorter run costs more than literals

tl::unexpected<Error> damaged() { return fail(Code::reject, "columns of changes are damaged"); }

}  // namespace

Result<std::uint64_t> Cursor::varint() {
  std::uint64_t out = 0;
  if (!read(out)) return damaged();
  return out;
}

bool Cursor::read_long(std::uint64_t& out) {
  out = 0;
  std::size_t at = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at == rest_.size()) return false;
    const auto byte = rest_[at++];
    if (shift == 63 && byte > 1) return false;
    out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    rest_ = rest_.subspan(at);
    return true;
  }
  return false;
}

Result<ByteView> Cursor::take(std::uint64_t count) {
  if (count > rest_.size()) return damaged();
  const auto out = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(static_cast<std::size_t>(count));
  return out;
}

bool Column::is_zero() const {
  return std::all_of(values_.begin(), values_.end(),
                     [](std::uint64_t value) { return value == 0; });
}

void Column::encode(Bytes& out) const {
  if (values_.size() == 1) return put_varint(out, values_[0]);
  const auto run_from = [&](std::size_t at) {
    std::size_t end = at + 1;
    while (end < values_.size() && values_[end] == values_[at]) ++end;
    return end - at;
  };
  for (std::size_t at = 0; at < values_.size();) {
    if (const auto run = run_from(at); run >= kRunMin) {
      put_varint(out, run << 1);
      put_varint(out, values_[at]);
      at += run;
      continue;
    }
    auto end = at;
    while (end < values_.size()) {
      const auto run = run_from(end);
      if (run >= kRunMin) break;
      end += run;
    }
    put_varint(out, (end - at) << 1 | 1);
    for (; at < end; ++at) put_varint(out, values_[at]);
  }
}

Result<Column> Column::decode(Cursor& in, std::uint64_t count) {
  Column out;
  auto& values = out.values_;
  values.reserve(static_cast<std::size_t>(count));
  if (count == 1) {
    values.push_back(TRY(in.varint()));
    return out;
  }
  while (values.size() < count) {
    const auto head = TRY(in.varint());
    const auto length = head >> 1;
    if (length == 0 || length > count - values.size()) return damaged();
    if ((head & 1) == 0) {
      values.insert(values.end(), static_cast<std::size_t>(length), TRY(in.varint()));
      continue;
    }
    for (std::uint64_t i = 0; i < length; ++i) {
      std::uint64_t value = 0;
      if (!in.read(value)) return damaged();
      values.push_back(value);
    }
  }
  return out;
}

}  // namespace holm::crdt
