#include "crdt/text/runs.h"

#include <algorithm>

#include "base/ensure.h"
#include "crdt/text/utf8.h"

namespace holm::crdt::text {
namespace {

// A run that is not all ASCII ends here, since finding a code point in it takes a walk.
constexpr Lv kWalkMax = 2048;

}  // namespace

std::size_t Runs::index_of(Lv lv) const {
  ENSURE(lv < end_);
  if (lv >= begins_.back()) return begins_.size() - 1;
  return index_below(begins_, lv);
}

void Runs::append_content(LvRange range, std::string& out) const {
  for (auto i = index_of(range.begin); range.begin < range.end; ++i) {
    const auto end = std::min(range.end, end_of(i));
    out += content(i, {range.begin, end});
    range.begin = end;
  }
}

RunIndex::RunIndex(const Runs& runs) : runs_(runs) {
  if (runs.size() == 0) return;
  while (runs.end() >> shift_ > runs.size()) ++shift_;
  firsts_.reserve((runs.end() >> shift_) + 2);
  std::uint32_t i = 0;
  for (std::uint64_t begin = 0; begin < runs.end(); begin += std::uint64_t{1} << shift_) {
    while (runs.end_of(i) <= begin) ++i;
    firsts_.push_back(i);
  }
  firsts_.push_back(static_cast<std::uint32_t>(runs.size() - 1));
}

std::string_view Runs::content(std::size_t index, LvRange range) const {
  const auto& run = runs_[index];
  const auto whole =
      std::string_view(contents_).substr(run.content, content_end(index) - run.content);
  const auto offset = range.begin - begins_[index];
  const Lv len = end_of(index) - begins_[index];
  if (whole.size() == len) return whole.substr(offset, range.size());
  const auto from = utf8::offset(whole, offset);
  const auto tail = whole.substr(from);
  return tail.substr(0,
                     range.end == end_of(index) ? tail.size() : utf8::offset(tail, range.size()));
}

bool Runs::join(std::uint32_t flags, std::uint32_t pos, Lv len, std::string_view text) {
  if (runs_.empty()) return false;
  auto last = run(runs_.size() - 1);
  if ((flags & (kInsert | kWiped)) == kInsert) {
    const auto whole = last.range.size() + len;
    const auto bytes = contents_.size() - runs_.back().content + text.size();
    if (bytes != whole && whole > kWalkMax) return false;
  }
  if (!text::join(last, {{end_, end_ + len}, pos, flags})) return false;
  runs_.back().flags = last.flags;
  return true;
}

void Runs::append(std::uint32_t flags, std::uint32_t pos, Lv len, std::string_view text) {
  ENSURE(len > 0 && len <= kLvMax - end_ && contents_.size() + text.size() <= kContentMax);
  if (text.size() > len && len > kWalkMax) {
    while (len > 0) {
      const auto part = std::min(len, kWalkMax);
      const auto bytes = utf8::offset(text, part);
      begins_.push_back(end_);
      runs_.push_back({pos, static_cast<std::uint32_t>(contents_.size()), flags});
      if ((flags & (kVoid | kWiped)) != 0) ++marked_;
      contents_ += text.substr(0, bytes);
      text.remove_prefix(bytes);
      end_ += part;
      pos += part;
      len -= part;
    }
    return;
  }
  if (!join(flags, pos, len, text)) {
    begins_.push_back(end_);
    runs_.push_back({pos, static_cast<std::uint32_t>(contents_.size()), flags});
    if ((flags & (kVoid | kWiped)) != 0) ++marked_;
  }
  if (!text.empty()) contents_ += text;
  end_ += len;
}

bool Runs::fill(std::string contents) {
  std::vector<std::uint32_t> offsets(runs_.size());
  std::size_t at = 0;
  const std::string_view all = contents;
  const bool is_ascii = utf8::count(all) == all.size();
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    offsets[i] = static_cast<std::uint32_t>(at);
    if ((runs_[i].flags & (kInsert | kWiped)) != kInsert) continue;
    const Lv len = end_of(i) - begins_[i];
    if (is_ascii) {
      if (all.size() - at < len) return false;
      at += len;
      continue;
    }
    const auto tail = all.substr(at);
    const auto bytes = utf8::offset(tail, len);
    if (bytes == tail.size() && utf8::count(tail) < len) return false;
    at += bytes;
  }
  return at == all.size() && fill(std::move(contents), offsets);
}

bool Runs::fill(std::string contents, const std::vector<std::uint32_t>& offsets) {
  for (std::size_t i = 0; i < runs_.size(); ++i) runs_[i].content = offsets[i];
  contents_ = std::move(contents);
  cut_long();
  return true;
}

void Runs::cut_long() {
  const auto is_long = [&](std::size_t i) {
    const Lv len = end_of(i) - begins_[i];
    return len > kWalkMax && (runs_[i].flags & (kInsert | kWiped)) == kInsert &&
           content_end(i) - runs_[i].content != len;
  };
  std::size_t i = 0;
  while (i < runs_.size() && !is_long(i)) ++i;
  if (i == runs_.size()) return;
  auto begins = std::vector<Lv>(begins_.begin(), begins_.begin() + static_cast<std::ptrdiff_t>(i));
  auto runs = std::vector<Run>(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(i));
  for (; i < runs_.size(); ++i) {
    auto run = runs_[i];
    auto begin = begins_[i];
    for (const bool is_cut = is_long(i); is_cut && end_of(i) - begin > kWalkMax;) {
      begins.push_back(begin);
      runs.push_back(run);
      if ((run.flags & kVoid) != 0) ++marked_;
      const auto rest = std::string_view(contents_).substr(run.content);
      run.content += static_cast<std::uint32_t>(utf8::offset(rest, kWalkMax));
      run.pos += kWalkMax;
      begin += kWalkMax;
    }
    begins.push_back(begin);
    runs.push_back(run);
  }
  begins_ = std::move(begins);
  runs_ = std::move(runs);
}

void Runs::truncate(Lv end) {
  while (!runs_.empty() && begins_.back() >= end) {
    const auto& last = runs_.back();
    if ((last.flags & (kVoid | kWiped)) != 0) --marked_;
    contents_.resize(last.content);
    end_ = begins_.back();
    runs_.pop_back();
    begins_.pop_back();
  }
  if (!runs_.empty() && end_ > end) {
    const auto& last = runs_.back();
    if ((last.flags & kInsert) != 0 && (last.flags & kWiped) == 0) {
      const auto kept = content({begins_.back(), end});
      contents_.resize(last.content + kept.size());
    }
    end_ = end;
  }
}

}  // namespace holm::crdt::text
