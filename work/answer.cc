#include "work/answer.h"

#include "work/views/view.h"

namespace holm::work {

Result<Value> answer(const State& state, const Asking& asking, const Query& query) {
  return std::visit([&](const auto& one) { return views::view(state, asking, one); }, query);
}

}  // namespace holm::work
