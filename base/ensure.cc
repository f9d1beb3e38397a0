#include "base/ensure.h"

#include <cstdio>
#include <cstdlib>

namespace holm::detail {

void ensure_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "holm: internal error: %s is false at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace holm::detail
