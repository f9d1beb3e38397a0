#include "crdt/varint.h"

#include <algorithm>

namespace holm::crdt {
namespace {

constexpr std::size_t kRunMin = 3;  // a shorter run costs more than literals

tl::unexpected<Error> damaged() { return fail(Code::reject, "columns of changes are damaged"); }

}  // namespace

void put_varint(Bytes& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<std::uint8_t>(number | 0x80));
  out.push_back(static_cast<std::uint8_t>(number));
}

Result<std::uint64_t> Cursor::varint() {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return damaged();
    const auto byte = rest_.front();
    rest_ = rest_.subspan(1);
    if (shift == 63 && byte > 1) return damaged();
    out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return out;
  }
  return damaged();
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
  out.values_.reserve(static_cast<std::size_t>(count));
  if (count == 1) {
    out.push(TRY(in.varint()));
    return out;
  }
  while (out.values_.size() < count) {
    const auto head = TRY(in.varint());
    const auto length = head >> 1;
    if (length == 0 || length > count - out.values_.size()) return damaged();
    if ((head & 1) == 0) {
      out.values_.insert(out.values_.end(), static_cast<std::size_t>(length), TRY(in.varint()));
    } else {
      for (std::uint64_t i = 0; i < length; ++i) out.push(TRY(in.varint()));
    }
  }
  return out;
}

}  // namespace holm::crdt
