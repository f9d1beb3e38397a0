#include "tests/crdt/text/plain/indexed.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"
#include "crdt/text/utf8.h"

namespace holm::plain::text {
namespace {

// A lookup reads half a stride on average; a change moves one mark per stride behind it. At 4 KiB
// both stay below a microsecond or two up to tens of megabytes.
constexpr std::size_t kStride = 4096;

}  // namespace

IndexedText::IndexedText(std::string bytes)
    : bytes_(std::move(bytes)), size_(crdt::utf8::count(bytes_)) {
  if (!is_ascii()) fill_gap(0);
}

std::size_t IndexedText::offset(std::uint64_t index) const {
  if (is_ascii()) return static_cast<std::size_t>(index);
  const auto after =
      std::upper_bound(marks_.begin(), marks_.end(), index,
                       [](std::uint64_t at, const Mark& mark) { return at < mark.index; });
  const Mark from = after == marks_.begin() ? Mark{} : *std::prev(after);
  return from.offset +
         crdt::utf8::offset(std::string_view(bytes_).substr(from.offset), index - from.index);
}

std::string_view IndexedText::slice(std::uint64_t pos, std::uint64_t len) const {
  ENSURE(pos <= size_ && len <= size_ - pos);
  const auto begin = offset(pos);
  const auto end = offset(pos + len);
  return std::string_view(bytes_).substr(begin, end - begin);
}

void IndexedText::replace(std::uint64_t pos, std::uint64_t erased, std::string_view inserted) {
  ENSURE(pos <= size_ && erased <= size_ - pos);
  const auto begin = offset(pos);
  const auto end = offset(pos + erased);
  const bool was_ascii = is_ascii();
  bytes_.replace(begin, end - begin, inserted);
  const auto added = crdt::utf8::count(inserted);
  size_ += added - erased;
  if (is_ascii()) {
    marks_.clear();
    return;
  }
  if (was_ascii) return fill_gap(0);

  // Marks inside of what is erased go, those behind it move along.
  const auto first = std::upper_bound(marks_.begin(), marks_.end(), pos,
                                      [](auto at, const Mark& mark) { return at < mark.index; });
  const auto last = std::upper_bound(first, marks_.end(), pos + erased,
                                     [](auto at, const Mark& mark) { return at < mark.index; });
  for (auto mark = last; mark != marks_.end(); ++mark) {
    mark->index += added - erased;
    mark->offset += inserted.size() - (end - begin);
  }
  const auto before = static_cast<std::size_t>(first - marks_.begin());
  marks_.erase(first, last);
  fill_gap(before);
}

/// Sets marks between the first `before` marks and the next where they are too far apart.
void IndexedText::fill_gap(std::size_t before) {
  Mark at = before == 0 ? Mark{} : marks_[before - 1];
  const auto end = before < marks_.size() ? marks_[before].offset : bytes_.size();
  std::vector<Mark> added;
  while (end - at.offset > 2 * kStride) {
    // The stride may end within a code point; the mark goes where the next one begins.
    const auto stop = crdt::utf8::next(bytes_, at.offset + kStride - 1);
    at.index += crdt::utf8::count(std::string_view(bytes_).substr(at.offset, stop - at.offset));
    at.offset = stop;
    added.push_back(at);
  }
  marks_.insert(marks_.begin() + static_cast<std::ptrdiff_t>(before), added.begin(), added.end());
}

void IndexedText::append(const IndexedText& more) { replace(size_, 0, more.bytes_); }

void IndexedText::truncate(std::uint64_t size) { replace(size, size_ - size, {}); }

}  // namespace holm::plain::text
