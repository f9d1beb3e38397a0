#include "tests/support/doc_hex.h"

#include <fstream>

namespace holm::test {

Bytes doc_hex(const std::string& page, std::string_view name) {
  std::ifstream file("docs/formats/" + page);
  const auto opening = "```hex " + std::string(name);
  std::string digits;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (is_inside && line == "```") break;
    if (is_inside) {
      for (char c : line) {
        if (c != ' ') digits += c;
      }
    }
    is_inside = is_inside || line == opening;
  }
  return from_hex(digits).value_or(Bytes{});
}

}  // namespace holm::test
