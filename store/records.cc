#include "store/records.h"

#include <algorithm>
#include <span>

namespace holm::store {
namespace {

using View = std::span<const std::uint8_t>;

// A pointer map, of files that give pages back, may begin like this one; four zeros follow there,
// so it holds no rows.
constexpr std::uint8_t kInteriorIndex = 0x02;
constexpr std::uint8_t kLeafIndex = 0x0a;
constexpr std::uint8_t kLeafTable = 0x0d;
constexpr std::size_t kFileHeader = 100;

/// Reads on from a place in bytes; nothing once they are at an end.
class Cursor {
 public:
  explicit Cursor(View bytes) : bytes_(bytes) {}

  std::optional<std::uint64_t> varint() {
    std::uint64_t out = 0;
    for (int i = 0; i < 9; ++i) {
      if (at_ >= bytes_.size()) return std::nullopt;
      const auto byte = bytes_[at_++];
      if (i == 8) return out << 8 | byte;
      out = out << 7 | (byte & 0x7fU);
      if ((byte & 0x80U) == 0) return out;
    }
    return out;
  }
  std::optional<View> take(std::uint64_t count) {
    if (count > bytes_.size() - at_) return std::nullopt;
    const auto out = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return out;
  }
  View rest() const { return bytes_.subspan(at_); }

 private:
  View bytes_;
  std::size_t at_ = 0;
};

std::uint64_t number_in(View bytes) {
  std::uint64_t out = 0;
  for (const auto byte : bytes) out = out << 8 | byte;
  return out;
}

std::int64_t signed_in(View bytes) {
  const auto bits = 8 * bytes.size();
  auto out = number_in(bytes);
  if (bits < 64 && (bytes[0] & 0x80U) != 0) out |= ~std::uint64_t{0} << bits;
  return static_cast<std::int64_t>(out);
}

/// The whole payload of a cell, whose local part begins at the cursor. Nothing when a page that it
/// runs over to cannot be read.
Result<std::optional<Bytes>> payload(PageFile& file, Cursor& cell, std::uint64_t size,
                                     bool is_table) {
  const auto usable = static_cast<std::uint64_t>(file.usable());
  if (size > usable * file.count()) return std::optional<Bytes>();
  const auto most = is_table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
  const auto least = (usable - 12) * 32 / 255 - 23;
  auto local = size;
  if (size > most) {
    local = least + (size - least) % (usable - 4);
    if (local > most) local = least;
  }
  const auto first = cell.take(local);
  if (!first) return std::optional<Bytes>();
  Bytes out(first->begin(), first->end());
  if (local == size) return std::optional(std::move(out));
  const auto link = cell.take(4);
  if (!link) return std::optional<Bytes>();
  // Never back to where it was: each page adds bytes, and they are counted.
  for (auto next = static_cast<std::uint32_t>(number_in(*link)); out.size() < size;) {
    if (next == 0 || next > file.count()) return std::optional<Bytes>();
    const auto page = TRY(file.page(next));
    if (!page) return std::optional<Bytes>();
    const View bytes(*page);
    next = static_cast<std::uint32_t>(number_in(bytes.first(4)));
    const auto count = std::min<std::uint64_t>(size - out.size(), usable - 4);
    append(out, bytes.subspan(4, static_cast<std::size_t>(count)));
  }
  return std::optional(std::move(out));
}

std::optional<std::vector<Cell>> cells_in(View bytes) {
  Cursor in(bytes);
  const auto header_size = in.varint();
  const auto spelled = bytes.size() - in.rest().size();
  if (!header_size || *header_size < spelled) return std::nullopt;
  const auto header = in.take(*header_size - spelled);
  if (!header) return std::nullopt;
  std::vector<Cell> out;
  Cursor types(*header);
  while (!types.rest().empty()) {
    const auto type = types.varint();
    if (!type) return std::nullopt;
    static constexpr std::uint64_t kSizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (*type >= 12) {
      const auto body = in.take((*type - 12) / 2);
      if (!body) return std::nullopt;
      if (*type % 2 == 0) {
        out.emplace_back(Bytes(body->begin(), body->end()));
      } else {
        out.emplace_back(std::string(body->begin(), body->end()));
      }
      continue;
    }
    if (*type >= std::size(kSizes)) return std::nullopt;
    const auto body = in.take(kSizes[*type]);
    if (!body) return std::nullopt;
    if (*type == 0 || *type == 7) {
      out.emplace_back();
    } else if (*type >= 8) {
      out.emplace_back(static_cast<std::int64_t>(*type - 8));
    } else {
      out.emplace_back(signed_in(*body));
    }
  }
  return out;
}

}  // namespace

Status each_record(PageFile& file, std::uint32_t number, const PageFile::Page& page,
                   std::uint64_t& lost, const std::function<void(Record)>& visit) {
  const auto all = View(page).first(file.usable());
  const auto head = all.subspan(number == 1 ? kFileHeader : 0);
  const auto kind = head[0];
  if (kind != kInteriorIndex && kind != kLeafIndex && kind != kLeafTable) return {};
  const auto count = static_cast<std::size_t>(number_in(head.subspan(3, 2)));
  auto pointers = Cursor(head.subspan(kind == kInteriorIndex ? 12 : 8));
  for (std::size_t i = 0; i < count; ++i) {
    const auto pointer = pointers.take(2);
    if (!pointer) break;  // no page of rows after all
    const auto at = static_cast<std::size_t>(number_in(*pointer));
    if (at >= all.size()) continue;
    Cursor cell(all.subspan(at));
    if (kind == kInteriorIndex && !cell.take(4)) continue;
    const auto size = cell.varint();
    Record out;
    if (kind == kLeafTable) {
      const auto rowid = cell.varint();
      if (!rowid) continue;
      out.rowid = static_cast<std::int64_t>(*rowid);
    }
    if (!size) continue;
    const auto bytes = TRY(payload(file, cell, *size, kind == kLeafTable));
    auto cells = bytes ? cells_in(*bytes) : std::nullopt;
    if (!cells) {
      ++lost;
      continue;
    }
    out.cells = std::move(*cells);
    visit(std::move(out));
  }
  return {};
}

}  // namespace holm::store
