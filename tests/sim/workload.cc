#include "tests/sim/workload.h"

#include <algorithm>
#include <array>

namespace holm::sim {
namespace {

constexpr std::array<const char*, 12> kWords = {"door",   "frame", "paint", "order",
                                                "Zürich", "crane", "check", "rails",
                                                "🌧",   "glass", "bolts", "list"};
constexpr std::array<const char*, 4> kColumns = {"Next", "Doing", "Waiting", "Done"};

/// What a person may be told without anything being wrong with the program.
bool is_ordinary(Code code) {
  return code == Code::not_found || code == Code::usage || code == Code::denied ||
         code == Code::failed || code == Code::limit;
}

}  // namespace

Status Workload::prepare(const std::string& founder) {
  auto& host = world_[founder];
  TRY(host.tell(request_of("room.new").set("name", "Yard")));
  room_ = "Yard";
  plan_ = TRY(host.tell(request_of("doc.new")
                            .set("path", "Yard/Plan")
                            .set("text", "First the rails, then the glass.\n")))["id"]
              .text();
  log_ = TRY(host.tell(request_of("doc.new").set("path", "Yard/Log").set("text", "Log:\n")))["id"]
             .text();
  board_ =
      TRY(host.tell(request_of("board.new").set("path", "Yard/Jobs").set("key", "J")))["id"].text();
  cards_.emplace_back(
      TRY(host.tell(request_of("card.add").set("board", board_).set("title", "Fit the door")))["id"]
          .text());
  const auto thread = TRY(host.tell(request_of("thread.new")
                                        .set("room", room_)
                                        .set("title", "Deliveries")
                                        .set("text", "When do they come?")));
  threads_.emplace_back(thread["id"].text());
  return {};
}

std::string Workload::words() {
  std::string out = "w" + std::to_string(++serial_);
  for (auto i = rng_.below(4); i > 0; --i)
    out += std::string(" ") + kWords[rng_.below(kWords.size())];
  return out;
}

const std::string& Workload::any(const std::vector<std::string>& ids) {
  return ids[rng_.below(ids.size())];
}

Value Workload::pair(const std::string& key, const std::string& value) {
  return Value(Value::Array{Value(Value::Array{key, value})});
}

Value Workload::draw() {
  switch (rng_.below(18)) {
    case 0:
    case 1: return request_of("doc.append").set("doc", log_).set("text", words() + ";\n");
    case 2:
    case 3:
      return request_of("doc.edit")
          .set("doc", plan_)
          .set("pos", rng_.below(30))
          .set("insert", words());
    case 4:
      return request_of("doc.edit")
          .set("doc", plan_)
          .set("pos", rng_.below(20))
          .set("erase", 1 + rng_.below(8));
    case 5: return request_of("doc.new").set("path", "Yard/" + words()).set("text", words());
    case 6:
    case 7: return request_of("card.add").set("board", board_).set("title", words());
    case 8:
      return request_of("card.move")
          .set("card", any(cards_))
          .set("column", kColumns[rng_.below(kColumns.size())])
          .set("top", rng_.chance(50));
    case 9:
      return request_of("card.set").set("card", any(cards_)).set("values", pair("title", words()));
    case 10:
      return request_of("card.set")
          .set("card", any(cards_))
          .set("values", pair("labels", "+" + words()));
    case 11: return request_of("item.add").set("card", any(cards_)).set("text", words());
    case 12:
      return request_of("item.check")
          .set("card", any(cards_))
          .set("item", "1")
          .set("off", rng_.chance(40));
    case 13:
      return request_of("item.move").set("card", any(cards_)).set("item", "2").set("before", "1");
    case 14: return request_of("comment.add").set("target", any(cards_)).set("text", words());
    case 15:
      return request_of("thread.new").set("room", room_).set("title", words()).set("text", words());
    case 16: return request_of("say").set("thread", any(threads_)).set("text", words());
    default:
      if (messages_.empty()) return request_of("card.done").set("card", any(cards_));
      return request_of("react")
          .set("message", any(messages_))
          .set("emoji", "👍")
          .set("off", rng_.chance(30));
  }
}

Status Workload::act(const std::string& name) {
  auto& host = world_[name];
  if (!host.is_up()) return {};
  const auto request = draw();
  const auto what = request["do"].text();
  const auto answer = host.tell(request);
  if (!answer) {
    if (is_ordinary(answer.error().code)) return {};
    return fail(Code::failed, name + ", " + std::string(what) + ": " + answer.error().text());
  }
  ++done_;
  const std::string id((*answer)["id"].text());
  if (what == "card.add") cards_.push_back(id);
  if (what == "thread.new") threads_.push_back(id);
  if (what == "say") messages_.push_back(id);
  return {};
}

Status Workload::act_all(const std::vector<std::string>& hosts, int count) {
  for (int i = 0; i < count; ++i) {
    TRY(act(hosts[rng_.below(hosts.size())]));
    world_.run_for(Millis{static_cast<Millis::rep>(rng_.below(120))});
  }
  return {};
}

Result<std::string> Workload::note(const std::string& host) {
  const auto answer =
      TRY(world_[host].tell(request_of("card.add").set("board", board_).set("title", words())));
  cards_.emplace_back(answer["id"].text());
  return cards_.back();
}

}  // namespace holm::sim
