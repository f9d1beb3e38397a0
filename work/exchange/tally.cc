#include "work/exchange/tally.h"

#include <iterator>

#include "work/views/line.h"

namespace holm::work {
namespace {

constexpr std::size_t kListMax = 10'000;  // files of a vault are named one by one
constexpr std::size_t kWarningsMax = 200;

}  // namespace

void Tally::add(const SpaceId& space, SeedObject object, std::string_view kind,
                std::string_view name) {
  for (const auto& field : object.kept()) {
    warn(quoted(name) + ": " + field +
         " changed both here and in the source; what stands here was kept");
  }
  if (object.is_here()) plan_->here.insert(object.id());
  auto writes = object.take_writes();
  if (writes.empty()) {
    ++plan_->unchanged;
    return;
  }
  if (object.is_here()) {
    ++changed_;
  } else {
    ++plan_->created[std::string(kind)];
  }
  auto& all = plan_->writes[space];
  all.insert(all.end(), std::make_move_iterator(writes.begin()),
             std::make_move_iterator(writes.end()));
}

void Tally::skip(std::string what) {
  if (plan_->skipped.size() < kListMax) {
    plan_->skipped.push_back(std::move(what));
  } else {
    ++skips_left_out_;
  }
}

void Tally::warn(std::string what) {
  if (plan_->warnings.size() < kWarningsMax) {
    plan_->warnings.push_back(std::move(what));
  } else {
    ++warnings_left_out_;
  }
}

void Tally::finish() {
  if (skips_left_out_ > 0) {
    plan_->skipped.push_back("and " + std::to_string(skips_left_out_) + " more");
  }
  if (warnings_left_out_ > 0) {
    plan_->warnings.push_back("and " + std::to_string(warnings_left_out_) + " more warnings");
  }
  if (changed_ > 0) {
    plan_->warnings.push_back(std::to_string(changed_) +
                              " things that were here already were brought up to date");
  }
}

}  // namespace holm::work
