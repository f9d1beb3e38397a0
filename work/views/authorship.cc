#include "work/views/authorship.h"

#include <algorithm>

#include "crdt/text/utf8.h"

namespace holm::work::views {

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto size = end == std::string_view::npos ? text.size() : end + 1;
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

std::vector<LineRange> line_ranges(const std::vector<std::string_view>& lines) {
  std::vector<LineRange> out;
  out.reserve(lines.size());
  std::uint64_t at = 0;
  for (const auto& line : lines) {
    const auto from = at;
    at += crdt::utf8::count(line);
    out.push_back({from, at});
  }
  return out;
}

Writers::Writers(const crdt::Text& text, const OpIndex& index) {
  for (const auto& span : text.spans()) {
    // A stretch of consecutive ids may have been written by several changes of one log.
    for (std::uint64_t done = 0; done < span.len;) {
      const crdt::OpId id{span.first.log, span.first.seq + done};
      const auto [written, first] = index.find_with_name(id);
      if (written == nullptr) break;
      const auto len = std::min(span.len - done, first.seq + written->op->span() - id.seq);
      stretches_.push_back({{id, span.pos + done, len}, written->change});
      done += len;
    }
  }
}

std::vector<Writers::Stretch> Writers::stretches(const LineRange& range) const {
  std::vector<Stretch> out;
  auto at = std::upper_bound(stretches_.begin(), stretches_.end(), range.from,
                             [](std::uint64_t pos, const Stretch& s) { return pos < s.span.pos; });
  if (at != stretches_.begin()) --at;
  for (; at != stretches_.end() && at->span.pos < range.to; ++at) {
    const auto end = at->span.pos + at->span.len;
    if (end <= range.from) continue;
    Stretch part = *at;
    if (part.span.pos < range.from) {
      part.span.first.seq += range.from - part.span.pos;
      part.span.pos = range.from;
    }
    part.span.len = std::min(end, range.to) - part.span.pos;
    out.push_back(part);
  }
  return out;
}

std::set<std::size_t> Writers::of(const LineRange& range) const {
  std::set<std::size_t> out;
  for (const auto& stretch : stretches(range)) out.insert(stretch.change);
  return out;
}

Erasers::Erasers(const Ref& ref, std::uint32_t field, const crdt::Text& text,
                 const Changes& history, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < std::min(to, history.size()); ++i) {
    const auto& change = history[i].change;
    for (const auto& [k, name] : crdt::op_names(change, ref.object)) {
      const auto& op = change.ops[k];
      if (op.field != field || op.action != crdt::Action::erase) continue;
      for (const auto& removed : text.removed_by(name, op.len)) {
        gone_.emplace(removed.first, Gone{crdt::utf8::count(removed.text), i});
      }
    }
  }
}

std::set<std::size_t> Erasers::of(const std::vector<Writers::Stretch>& stretches) const {
  std::set<std::size_t> out;
  for (const auto& [span, change] : stretches) {
    const crdt::OpId end{span.first.log, span.first.seq + span.len};
    // Those that begin within the stretch, and the last that begins before it.
    auto at = gone_.lower_bound(span.first);
    if (at != gone_.begin()) {
      const auto& [first, gone] = *std::prev(at);
      if (first.log == span.first.log && first.seq + gone.len > span.first.seq) {
        out.insert(gone.change);
      }
    }
    for (; at != gone_.end() && at->first < end; ++at) out.insert(at->second.change);
  }
  return out;
}

}  // namespace holm::work::views
