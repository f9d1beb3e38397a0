// The story that `holm demo` tells, with three real nodes: homes, stores and sockets of their own
// on loopback. Ana and Cy never meet; Bo carries. Every sentence is told after what it says was
// done, and checked where it can be.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/wire.h"
#include "node/local_node.h"
#include "node/runtime.h"

namespace holm::node {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kRoom = "Slipway";
constexpr std::string_view kDoc = "Slipway/Handbook/Opening day";
constexpr std::string_view kCard = "Open the doors";

Value ask(std::string_view what) { return Value::object().set("do", what); }

/// One person of the story.
struct Person {
  std::string name;
  std::string home;
  std::unique_ptr<LocalNode> node;
  std::string listening;

  Result<Value> call(const Value& request) { return node->call(request); }
};

class Story {
 public:
  Story(const DemoOptions& options, std::string dir) : options_(options), dir_(std::move(dir)) {
    for (auto* person : {&ana_, &bo_, &cy_}) person->home = dir_ + "/" + person->name;
  }

  Result<Value> run() {
    const auto start = std::chrono::steady_clock::now();
    TRY(chapter_team());
    TRY(chapter_import());
    TRY(chapter_apart());
    TRY(chapter_meeting());
    const auto agreed = TRY(chapter_agreement());
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    tell("");
    tell("All three hold the same " + std::to_string(agreed) + " objects, byte for byte (" +
         std::to_string(took.count()) + " ms).");
    return Value::object().set("agreed", true).set("objects", agreed).set("ms", took.count());
  }

 private:
  void tell(std::string_view line) const {
    if (options_.tell) options_.tell(line);
  }

  tl::unexpected<Error> broken(const std::string& what) const {
    return fail(Code::failed, "the demo failed: " + what, "nothing outside its folder was touched",
                "please report this");
  }

  // --- moving people about

  Status make_home(Person& person, const std::string& zone, const std::string& hours) {
    (void)TRY(init_home({person.home, person.name, zone, hours, {}}));
    return {};
  }
  Status wake(Person& person) {
    person.node = TRY(LocalNode::start(person.home, {}));
    return {};
  }
  Status serve(Person& person) {
    person.node = TRY(LocalNode::start_serving(person.home, {}, "127.0.0.1:0", person.listening));
    return {};
  }
  void sleep(Person& person) { person.node.reset(); }

  Result<Value> meet(Person& who, Person& host) {
    TRY(serve(host));
    if (!who.node) TRY(wake(who));
    auto met = TRY(who.call(ask("sync").set("with", host.listening).set("timeout_ms", 10'000)));
    sleep(host);
    if (!met["in_sync"].flag()) return broken(who.name + " and " + host.name + " did not finish");
    return met;
  }

  // --- chapters

  Status chapter_team() {
    tell("1. A team, without a server");
    TRY(make_home(ana_, "Europe/Lisbon", "Mon-Fri 09:00-17:00"));
    TRY(make_home(bo_, "Africa/Accra", "Mon-Fri 08:00-16:00"));
    TRY(make_home(cy_, "Pacific/Auckland", "Mon-Fri 08:30-16:30"));
    TRY(serve(ana_));
    (void)TRY(ana_.call(ask("team.create").set("name", "Slipway Tools")));
    tell("   Ana, in Lisbon, founds \"Slipway Tools\" on her laptop.");
    const auto invite = TRY(ana_.call(ask("invite.create").set("uses", 2)));
    const auto code = std::string(invite["code"].text());
    tell("   She invites two people with one code: " + code);
    TRY(wake(bo_));
    (void)TRY(bo_.call(ask("join").set("code", code).set("at", ana_.listening)));
    tell("   Bo, in Accra, types it in and is let in by Ana's laptop.");
    sleep(bo_);
    sleep(ana_);
    tell("   Ana closes her laptop.");
    TRY(serve(bo_));
    TRY(wake(cy_));
    (void)TRY(cy_.call(ask("join").set("code", code).set("at", bo_.listening)));
    tell("   Cy, in Auckland, uses the same code. Ana is asleep, so Bo's laptop lets Cy in.");
    const auto members = TRY(cy_.call(ask("team.show").set("members", true)));
    if (members["members"].items().size() != 3) return broken("Cy does not see three members");
    sleep(cy_);
    sleep(bo_);
    return {};
  }

  Status chapter_import() {
    tell("");
    tell("2. What they already have");
    TRY(wake(ana_));
    const auto vault = TRY(ana_.call(ask("import")
                                         .set("format", "markdown")
                                         .set("path", options_.samples + "/vault")
                                         .set("room", kRoom)));
    const auto board = TRY(ana_.call(
        ask("import")
            .set("format", "trello")
            .set("path", options_.samples + "/board.json")
            .set("room", kRoom)
            .set("map", Value::object().set("Ana Duarte", "Ana").set("Bo Lindqvist", "Bo"))));
    const auto of = [](const Value& report, const char* kind) {
      return std::to_string(report["created"][kind].number()) + " " + kind;
    };
    tell("   Ana brings in what they have: " + of(vault, "documents") +
         " from a folder of notes, and a Trello board with " + of(board, "cards") + ", " +
         of(board, "checklists") + " and " + of(board, "comments") + ".");
    sleep(ana_);
    const auto met = TRY(meet(bo_, ana_));
    tell("   Bo meets Ana for a moment: " + received(met) + " arrive.");
    const auto carried = TRY(meet(bo_, cy_));
    tell("   Later Bo meets Cy and passes on what Ana made: " + sent(carried) +
         ". Ana and Cy have never been connected, and never will be.");
    sleep(bo_);
    return {};
  }

  Status chapter_apart() {
    tell("");
    tell("3. Apart: no network for anyone");
    TRY(wake(ana_));
    TRY(wake(cy_));
    TRY(replace(ana_, "Saturday 16 May at ten", "Saturday 16 May at half past nine"));
    tell("   Ana changes the opening time in the first paragraph of \"Opening day\".");
    TRY(replace(cy_, "even if it is only a bicycle pump",
                "even if it is only a bicycle pump or an umbrella"));
    tell("   Cy, in the next sentence of the same paragraph, adds an umbrella.");
    TRY(set(ana_, {{"assignees", "+Ana"}, {"due", "2026-05-15 17:00"}}));
    TRY(set(cy_, {{"assignees", "+Cy"}, {"due", "2026-05-16 09:00"}}));
    tell("   Both take the card \"Open the doors\", and each sets another due date.");
    (void)TRY(ana_.call(ask("item.check").set("card", kCard).set("item", "Wind the clock")));
    (void)TRY(
        cy_.call(ask("item.check").set("card", kCard).set("item", "Sweep towards the water")));
    (void)TRY(cy_.call(ask("item.add").set("card", kCard).set("text", "Umbrellas by the door")));
    tell(
        "   Ana ticks \"Wind the clock\"; Cy ticks another item and adds \"Umbrellas by the "
        "door\".");
    const auto thread = TRY(cy_.call(ask("thread.new")
                                         .set("room", kRoom)
                                         .set("title", "Umbrellas")
                                         .set("text", "Who can lend us ten umbrellas until May?")));
    (void)thread;
    sleep(ana_);
    sleep(cy_);
    return {};
  }

  Status chapter_meeting() {
    tell("");
    tell("4. Bo passes by");
    (void)TRY(meet(bo_, cy_));
    tell("   Bo meets Cy: " + std::string("Cy's work comes along."));
    (void)TRY(meet(bo_, ana_));
    tell("   Bo meets Ana: Cy's work reaches Ana, Ana's reaches Bo.");
    (void)TRY(meet(bo_, cy_));
    tell("   Bo meets Cy once more: now Cy has Ana's.");
    TRY(wake(ana_));
    const auto doc = TRY(ana_.call(ask("doc.show").set("doc", kDoc)));
    const auto text = doc["text"].text();
    if (text.find("half past nine") == std::string_view::npos ||
        text.find("or an umbrella") == std::string_view::npos) {
      return broken("the paragraph lost somebody's words");
    }
    const auto from = text.find("The doors open");
    tell("   The paragraph both edited now reads:");
    for (const auto& line : lines(text.substr(from, text.find("\n\n", from) - from))) {
      tell("     | " + line);
    }
    const auto card = TRY(ana_.call(ask("card.show").set("card", kCard)));
    tell("   The card: taken by " + names(card["assignees"]) + "; due " +
         std::string(card["due_shown"].text()) + also(card["also"]) + ".");
    std::string ticked;
    for (const auto& list : card["checklists"].items()) {
      for (const auto& item : list["items"].items()) {
        const auto words = item["text"].text();
        if (words == "Wind the clock" || words == "Sweep towards the water" ||
            words == "Umbrellas by the door") {
          ticked += std::string("     ") + (item["done"].flag() ? "[x] " : "[ ] ") +
                    std::string(words) + "\n";
        }
      }
    }
    tell("   Its checklist has everybody's work:");
    for (const auto& line : lines(ticked)) tell(line);
    if (lines(ticked).size() != 3) return broken("the checklist lost an item");
    sleep(ana_);
    return {};
  }

  Result<std::uint64_t> chapter_agreement() {
    tell("");
    tell("5. Do they agree?");
    std::optional<Value> first;
    std::uint64_t objects = 0;
    for (auto* person : {&ana_, &bo_, &cy_}) {
      if (!person->node) TRY(wake(*person));
      const auto audit = TRY(person->call(ask("audit")));
      const auto status = TRY(person->call(ask("status")));
      const auto verified = TRY(person->call(ask("verify").set("deep", true)));
      objects = audit["objects"].items().size();
      tell("   " + person->name + ": " + std::to_string(objects) + " objects, " +
           std::to_string(verified["teams"].items().front()["changes"].number()) +
           " changes, every chain and signature checked, digest " +
           std::string(audit["digest"].text().substr(0, 16)));
      Value seen = Value::object().set("objects", audit["objects"]);
      for (const auto& space : status["spaces"].items()) {
        seen.set(space["id"].text(), space["digest"]);
      }
      if (!first) {
        first = std::move(seen);
      } else if (!(*first == seen)) {
        return broken(ana_.name + " and " + person->name + " do not hold the same");
      }
    }
    for (auto* person : {&ana_, &bo_, &cy_}) sleep(*person);
    return objects;
  }

  // --- small steps

  Status replace(Person& person, std::string_view from, std::string_view to) {
    const auto doc = TRY(person.call(ask("doc.show").set("doc", kDoc)));
    std::string text(doc["text"].text());
    const auto at = text.find(from);
    if (at == std::string::npos) return broken("\"" + std::string(from) + "\" is not in the text");
    const auto base = text;
    text.replace(at, from.size(), to);
    (void)TRY(person.call(ask("doc.write").set("doc", kDoc).set("text", text).set("base", base)));
    return {};
  }

  Status set(Person& person, const std::vector<std::pair<std::string, std::string>>& values) {
    Value pairs = Value::array();
    for (const auto& [key, value] : values) {
      pairs.push(Value::array().push(key).push(value));
    }
    (void)TRY(person.call(ask("card.set").set("card", kCard).set("values", std::move(pairs))));
    return {};
  }

  static std::string bytes(const Value& met, std::string_view key) {
    std::int64_t total = 0;
    for (const auto& peer : met["peers"].items()) total += peer[key].number();
    return std::to_string((total + 512) / 1024) + " KB";
  }
  static std::string received(const Value& met) { return bytes(met, "received_bytes"); }
  static std::string sent(const Value& met) { return bytes(met, "sent_bytes"); }

  static std::string names(const Value& people) {
    std::string out;
    for (const auto& person : people.items()) {
      out += (out.empty() ? "" : " and ") + std::string(person["name"].text());
    }
    return out;
  }

  /// Chips, in words: "also set to ... by Ana".
  static std::string also(const Value& chips) {
    std::string out;
    for (const auto& chip : chips.items()) {
      if (chip["field"].text() != "due") continue;
      for (const auto& other : chip["others"].items()) {
        out += " (also set to " + std::string(other["shown"].text()) + " by " +
               std::string(other["by"]["name"].text()) + ")";
      }
    }
    return out;
  }

  static std::vector<std::string> lines(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      if (end > 0) out.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  }

  const DemoOptions& options_;
  std::string dir_;
  Person ana_{.name = "Ana", .home = {}, .node = {}, .listening = {}};
  Person bo_{.name = "Bo", .home = {}, .node = {}, .listening = {}};
  Person cy_{.name = "Cy", .home = {}, .node = {}, .listening = {}};
};

}  // namespace

Result<Value> demo(const DemoOptions& options) {
  std::error_code error;
  std::string dir = options.dir;
  if (dir.empty()) {
    std::string pattern = (fs::temp_directory_path(error) / "holm-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      return fail(Code::failed, "cannot make a folder for the demo in " + pattern);
    }
    dir = pattern;
    // What vouches for these homes goes with them. No thread has been started yet.
    ::setenv("XDG_STATE_HOME", (dir + "/state").c_str(), 1);
  } else {
    fs::create_directories(dir, error);
    if (error || !fs::is_empty(dir, error)) {
      return fail(Code::usage, "the folder " + dir + " cannot be used: it is not empty",
                  "nothing was changed", "name a new one");
    }
  }
  auto outcome = Story(options, dir).run();
  if (options.dir.empty()) fs::remove_all(dir, error);
  return outcome;
}

}  // namespace holm::node
