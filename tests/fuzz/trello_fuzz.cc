// work/exchange/trello.cc: any JSON is refused or brought in with writes that a home accepts, and
// bringing it in again changes nothing. Two exports, one after the other, are separated by 0x1d.
#include "tests/fuzz/seed_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holm;
  fuzz::SeedState state;
  auto rest = as_text({data, size});
  for (int exports = 0; exports < 2; ++exports) {
    const auto cut = rest.find('\x1d');
    const auto json = as_bytes(rest.substr(0, cut));
    const auto acting = state.acting();
    const auto plan = work::import_trello(state, acting, {state.room, {}}, json);
    if (plan) {
      state.take(*plan);
      const auto again = work::import_trello(state, acting, {state.room, {}}, json);
      ENSURE(again.has_value());
      ENSURE(fuzz::write_count(*again) == 0);
    } else {
      ENSURE(plan.error().code == Code::reject);
    }
    if (cut == std::string_view::npos) return 0;
    rest.remove_prefix(cut + 1);
  }
  return 0;
}
