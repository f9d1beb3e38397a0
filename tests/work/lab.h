// One device with a room, a document, a board and a card: what most tests of single commands need.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/memory_state.h"
#include "work/read.h"
#include "work/rules/columns.h"
#include "work/schema.h"

namespace holm::test {

struct Lab {
  Team team{{"ana", "bo"}};
  Device& ana = team["ana"];
  ObjectId room = ana.run(work::RoomNew{"Lab", "project", "Where we try things"});
  ObjectId doc = ana.run(work::DocNew{"Lab/notes/Plan", "one\ntwo\nthree\n"});
  ObjectId board = ana.run(work::BoardNew{"Lab/Roadmap", "R"});
  ObjectId card = ana.run(work::CardAdd{.board = "Roadmap", .title = "Paint"});

  crdt::ObjectState state(const ObjectId& id) { return ana.state(ana.ref(id)); }
  std::string text(const ObjectId& id, std::uint32_t field) {
    return *ana.text(ana.ref(id), field);
  }
  /// Runs what must fail, and checks that nothing happened.
  Error refused(const work::Command& command) {
    const auto before = ana.fingerprint();
    const auto outcome = ana.attempt(command);
    REQUIRE_FALSE(outcome);
    CHECK(ana.fingerprint() == before);
    return outcome.error();
  }
  /// The notices of what must succeed.
  std::vector<std::string> said(const work::Command& command) {
    const auto outcome = ana.attempt(command);
    REQUIRE_MESSAGE(outcome, (outcome ? "" : outcome.error().text()));
    return outcome->notices;
  }
  std::string column(const ObjectId& id) {
    return (*work::rules::column_of(ana, ana.ref(id)))->column.title;
  }
  std::vector<std::string> titles(const std::string& column_title) {
    std::vector<std::string> out;
    const auto shown = *work::rules::board_of(ana, ana.ref(board));
    for (const auto& one : shown)
      if (one.column.title == column_title)
        for (const auto& place : one.cards)
          out.push_back(work::words_of(ana.state(place.card), work::field::kTitle));
    return out;
  }
  std::vector<std::string> column_titles() {
    std::vector<std::string> out;
    const auto columns = *work::rules::columns_of(ana, ana.ref(board));
    for (const auto& one : columns) out.push_back(one.title);
    return out;
  }
};

}  // namespace holm::test
