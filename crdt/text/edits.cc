#include "crdt/text/edits.h"

namespace holm::crdt::text {

void EditList::insert(std::uint64_t pos, std::uint64_t len, std::string_view inserted) {
  if (live_ != nullptr) return live_->insert(pos, inserted, len);
  if (!edits_.empty() && pos == edits_.back().pos + last_inserted_len_) {
    edits_.back().inserted += inserted;
    last_inserted_len_ += len;
    return;
  }
  edits_.push_back({.pos = pos, .erased = 0, .inserted = std::string(inserted)});
  last_inserted_len_ = len;
}

void EditList::erase(std::uint64_t pos, std::uint64_t len) {
  if (live_ != nullptr) return live_->erase(pos, len);
  if (!edits_.empty() && last_inserted_len_ == 0) {
    auto& last = edits_.back();
    if (pos <= last.pos && last.pos <= pos + len) {
      last.pos = pos;
      last.erased += len;
      return;
    }
  }
  edits_.push_back({.pos = pos, .erased = len, .inserted = {}});
  last_inserted_len_ = 0;
}

}  // namespace holm::crdt::text
