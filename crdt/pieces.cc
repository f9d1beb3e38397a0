#include "crdt/pieces.h"

#include "crdt/text/utf8.h"

namespace holm::crdt {

Pieces::Pieces(std::uint64_t size) : original_(size) {
  if (size > 0) pieces_.push_back({0, size});
}

Status Pieces::insert(std::uint64_t pos, std::string_view text) {
  const auto index = TRY(cut(pos));
  if (text.empty()) return {};
  pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(index),
                 {0, utf8::count(text), std::string(text)});
  return {};
}

Status Pieces::erase(std::uint64_t pos, std::uint64_t len) {
  const auto from = TRY(cut(pos));
  if (len > UINT64_MAX - pos) return fail(Code::reject, "an edit lies outside of its text");
  const auto to = TRY(cut(pos + len));
  pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(from),
                pieces_.begin() + static_cast<std::ptrdiff_t>(to));
  return {};
}

std::vector<TextEdit> Pieces::edits() const {
  std::vector<TextEdit> out;
  TextEdit edit;
  std::uint64_t original = 0;  // how far the original text has been gone through
  std::uint64_t pos = 0;       // where that is in the new text
  const auto close = [&](std::uint64_t next) {
    edit.erased = next - original;
    original = next;
    if (edit.erased == 0 && edit.inserted.empty()) return;
    edit.pos = pos;
    pos += utf8::count(edit.inserted);
    out.push_back(std::move(edit));
    edit = {};
  };
  for (const auto& piece : pieces_) {
    if (piece.is_new()) {
      edit.inserted += piece.text;
      continue;
    }
    close(piece.from);
    original += piece.len;
    pos += piece.len;
  }
  close(original_);
  return out;
}

Result<std::size_t> Pieces::cut(std::uint64_t pos) {
  std::size_t index = 0;
  for (; index < pieces_.size() && pos > 0; ++index) {
    auto& piece = pieces_[index];
    if (pos >= piece.len) {
      pos -= piece.len;
      continue;
    }
    Piece rest{piece.from + pos, piece.len - pos};
    if (piece.is_new()) {
      const auto at = utf8::offset(piece.text, pos);
      rest.text = piece.text.substr(at);
      piece.text.resize(at);
    }
    piece.len = pos;
    pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(index) + 1, std::move(rest));
    return index + 1;
  }
  if (pos > 0) return fail(Code::reject, "an edit lies outside of its text");
  return index;
}

}  // namespace holm::crdt
