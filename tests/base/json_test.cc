#include "base/json.h"

#include <doctest/doctest.h>

using namespace holm;

TEST_CASE("json: text to value and back keeps keys in order") {
  const std::string text = R"({"b":[1,-2,3.5,true,null],"a":"é\n"})";
  auto value = parse_json(text);
  REQUIRE(value.has_value());
  CHECK((*value)["b"].items().size() == 5);
  CHECK((*value)["a"].text() == "é\n");
  CHECK(to_json(*value) == text);
}

TEST_CASE("json: broken input names the place") {
  auto bad = parse_json(R"({"a": [1, )");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().code == Code::reject);
  CHECK(bad.error().what.find("byte") != std::string::npos);
  CHECK_FALSE(parse_json(std::string(1000, '[')).has_value());
  CHECK_FALSE(parse_json("\"\xff\"").has_value());
}
