#include "crdt/text/indexed.h"

#include <utility>

#include "base/ensure.h"
#include "crdt/text/utf8.h"

namespace holm::crdt::text {
namespace {

// Going back is byte by byte, going forward eight bytes at a time: farther back than this, starting
// over is usually faster.
constexpr std::uint64_t kStepsBackMax = 256;

}  // namespace

IndexedText::IndexedText(std::string bytes)
    : bytes_(std::move(bytes)), size_(utf8::count(bytes_)) {}

std::size_t IndexedText::offset(std::uint64_t index) const {
  if (size_ == bytes_.size()) return static_cast<std::size_t>(index);
  if (index == size_) return bytes_.size();
  const std::string_view all = bytes_;
  std::size_t at = 0;
  if (index >= near_index_) {
    at = near_offset_ + utf8::offset(all.substr(near_offset_), index - near_index_);
  } else if (near_index_ - index <= kStepsBackMax) {
    at = near_offset_;
    for (auto left = near_index_ - index; left > 0; --left) at = utf8::previous(all, at);
  } else {
    at = utf8::offset(all, index);
  }
  near_index_ = index;
  near_offset_ = at;
  return at;
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
  bytes_.replace(begin, end - begin, inserted);
  size_ += utf8::count(inserted) - erased;
  near_index_ = pos;
  near_offset_ = begin;
}

void IndexedText::append(const IndexedText& more) {
  bytes_ += more.bytes_;
  size_ += more.size_;
}

void IndexedText::truncate(std::uint64_t size) { replace(size, size_ - size, {}); }

}  // namespace holm::crdt::text
