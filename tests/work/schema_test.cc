#include "work/schema.h"

#include <doctest/doctest.h>

#include <set>

using namespace holm;
using namespace holm::work;

TEST_CASE("schema: types and fields ascend by number, and names are unique") {
  std::uint32_t before = 0;
  std::set<std::string_view> names;
  for (const auto& type : schema()) {
    CHECK(type.number > before);
    before = type.number;
    CHECK(names.insert(type.name).second);
    std::uint32_t last = 0;
    std::set<std::string_view> fields;
    for (const auto& field : type.fields) {
      INFO(type.name, ".", field.name);
      CHECK(field.number > last);
      last = field.number;
      CHECK(fields.insert(field.name).second);
      CHECK_FALSE(field.label.empty());
      CHECK((field.holds == Holds::choice) == !field.choices.empty());
    }
  }
}

TEST_CASE("schema: names are stable snake_case, for JSON and SQL") {
  const auto snake = [](std::string_view name) {
    for (const char c : name)
      if (!((c >= 'a' && c <= 'z') || c == '_')) return false;
    return !name.empty();
  };
  for (const auto& type : schema()) {
    CHECK(snake(type.name));
    for (const auto& field : type.fields) CHECK(snake(field.name));
  }
}

TEST_CASE("schema: fields shared by all types mean the same in each") {
  const auto* card = find_type(kCard);
  for (const auto& type : schema()) {
    if (type.home == Home::trust) continue;  // of a kind of their own
    for (std::uint32_t number = 1; number < 20; ++number) {
      const auto* common = find_field(*card, number);
      const auto* here = find_field(type, number);
      REQUIRE((common == nullptr) == (here == nullptr));
      if (common) CHECK((common->name == here->name && common->kind == here->kind));
    }
  }
}

TEST_CASE("schema: finds by number and by name, and says when it does not know") {
  REQUIRE(find_type(kCard));
  CHECK(find_type("card") == find_type(kCard));
  CHECK(find_type(9999) == nullptr);
  CHECK(find_type("spaceship") == nullptr);
  CHECK(find_field(*find_type(kCard), "due")->number == card::kDue);
  CHECK(find_field(*find_type(kCard), 19) == nullptr);
}
