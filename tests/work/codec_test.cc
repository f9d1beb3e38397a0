#include <doctest/doctest.h>

#include <algorithm>

#include "base/wire.h"
#include "work/command_codec.h"

using namespace holm;
using namespace holm::work;

namespace {

template <class Variant, std::size_t... I>
void every(auto check, std::index_sequence<I...>) {
  (check(Variant(std::in_place_index<I>)), ...);
}

/// Puts something into every field, so that a field that is lost shows.
struct Filler {
  int n = 0;
  void operator()() {}
  template <class Member, class... Rest>
  void operator()(const char* name, Member& member, Rest&&... rest) {
    fill(name, member);
    (*this)(std::forward<Rest>(rest)...);
  }
  void fill(const char* name, std::string& out) { out = name + std::to_string(++n); }
  void fill(const char* name, Optional& out) { out = name; }
  void fill(const char*, bool& out) { out = true; }
  void fill(const char*, std::uint64_t& out) { out = static_cast<std::uint64_t>(++n); }
  void fill(const char* name, Words& out) { out = {name, "ü"}; }
  void fill(const char* name, Pairs& out) { out = {{name, "a"}, {name, "b"}}; }
};

}  // namespace

TEST_CASE("codec: every command crosses as a tree and comes back the same") {
  every<Command>(
      [](Command command) {
        std::visit([](auto& one) { one.fields(Filler{}); }, command);
        const auto tree = to_value(command);
        // Over the control socket it is canonical msgpack in between.
        const auto back = command_from(*decode_value(encode(tree)));
        REQUIRE_MESSAGE(back, (back ? "" : back.error().text()));
        CHECK(back->index() == command.index());
        CHECK(to_value(*back) == tree);
      },
      std::make_index_sequence<std::variant_size_v<Command>>{});
}

TEST_CASE("codec: every query crosses as a tree and comes back the same") {
  every<Query>(
      [](Query query) {
        std::visit([](auto& one) { one.fields(Filler{}); }, query);
        const auto tree = to_value(query);
        const auto back = query_from(tree);
        REQUIRE_MESSAGE(back, (back ? "" : back.error().text()));
        CHECK(to_value(*back) == tree);
        CHECK(is_query(tree["do"].text()));
      },
      std::make_index_sequence<std::variant_size_v<Query>>{});
}

TEST_CASE("codec: no two commands or queries share a name") {
  std::vector<std::string> names;
  const auto note = [&](const auto& any) { names.emplace_back(to_value(any)["do"].text()); };
  every<Command>(note, std::make_index_sequence<std::variant_size_v<Command>>{});
  every<Query>(note, std::make_index_sequence<std::variant_size_v<Query>>{});
  const auto count = names.size();
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  CHECK(names.size() == count);
}

TEST_CASE("codec: what is left out keeps its default") {
  Value tree;
  tree.set("do", "board.new").set("path", "Lab/Plan");
  const auto command = command_from(tree);
  REQUIRE(command);
  const auto& board = std::get<BoardNew>(*command);
  CHECK(board.path == "Lab/Plan");
  CHECK_FALSE(board.key);
  CHECK(board.columns == BoardNew{}.columns);
}

TEST_CASE("codec: what makes no sense is refused as wrong usage, and named") {
  const auto refused = [](Value tree, std::string_view names) {
    const auto command = command_from(tree);
    REQUIRE_FALSE(command);
    CHECK(command.error().code == Code::usage);
    CHECK(command.error().what.find(names) != std::string::npos);
  };
  refused(Value("doc.new"), "map");
  refused(Value().set("do", "doc.fly"), "doc.fly");
  refused(Value().set("do", "doc.new").set("colour", "red"), "colour");
  refused(Value().set("do", "doc.new").set("path", 3), "path");
  refused(Value().set("do", "doc.new").set("path", "\xff"), "path");
  refused(Value().set("do", "doc.edit").set("pos", -1), "pos");
  refused(Value().set("do", "card.done").set("reopen", "yes"), "reopen");
  refused(Value().set("do", "card.add").set("assign", "ana"), "assign");
  refused(Value().set("do", "card.set").set("values", Value::array().push("title")), "values");
  CHECK_FALSE(query_from(Value().set("do", "doc.new")));
}
