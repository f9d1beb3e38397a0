// What an import has to report: counts by kind, what did not come, warnings; bounded, because a
// broken source can be wrong in every line. Not what it writes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "work/exchange/import.h"
#include "work/exchange/seed_object.h"

namespace holm::work {

class Tally {
 public:
  explicit Tally(ImportPlan& plan) : plan_(&plan) {}

  /// Takes over what an object amounts to. `kind` as in ImportPlan::created, `name` for people.
  void add(const SpaceId& space, SeedObject object, std::string_view kind, std::string_view name);
  void skip(std::string what);
  void warn(std::string what);
  /// Says how much was left out of the lists, and what was brought up to date. Call once, last.
  void finish();

 private:
  ImportPlan* plan_;
  std::size_t changed_ = 0;
  std::size_t skips_left_out_ = 0;
  std::size_t warnings_left_out_ = 0;
};

}  // namespace holm::work
