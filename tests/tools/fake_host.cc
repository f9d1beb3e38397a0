#include "tests/tools/fake_host.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "tools/holm/run.h"

namespace holm::cli {

class FakeHost::Client final : public node::Client {
 public:
  explicit Client(FakeHost& host) : host_(host) {}

  Result<Value> call(const Value& request) override {
    host_.requests.push_back(request);
    const auto found = host_.answers_.find(std::string(request["do"].text()));
    if (found != host_.answers_.end()) return found->second;
    return Value::object().set("id", "0123456789abcdef0123456789abcdef");
  }
  Status watch(const Value& request, const std::function<bool(const Value&)>& on_event) override {
    host_.requests.push_back(request);
    for (const auto& event : host_.events_)
      if (!on_event(event)) break;
    return {};
  }
  std::shared_ptr<const node::Snapshot> latest() const override { return nullptr; }
  bool is_remote() const override { return false; }

 private:
  FakeHost& host_;
};

FakeHost::FakeHost() {
  host.environment = {"/homes/default", std::nullopt, "editor", "Europe/Lisbon", "/samples", ""};
  host.out.write = [this](std::string_view bytes) -> Status {
    if (out_error) return fail(*out_error);
    out_ += bytes;
    return {};
  };
  host.err.write = [this](std::string_view bytes) -> Status {
    err_ += bytes;
    return {};
  };
  host.out.columns = host.err.columns = 0;
  host.read_stdin = [this]() -> Result<std::string> { return stdin_text; };
  host.ask = [](std::string_view) { return std::optional<std::string>("yes"); };
  host.ask_secret = [this](std::string_view) -> std::optional<std::string> {
    if (typed_secrets.empty()) return std::nullopt;
    auto typed = typed_secrets.front();
    typed_secrets.erase(typed_secrets.begin());
    return typed;
  };
  host.edit = [this](const std::string&, const std::string& path) -> Status {
    if (editor) editor(path);
    return {};
  };
  host.signal_ready = [this](int, std::string_view line) -> Status {
    signalled = line;
    return {};
  };
  host.is_home = [this](const std::string&) { return !has_no_home; };
  host.init = [this](const Init& init) -> Result<Value> {
    inits.push_back(init);
    return Value::object()
        .set("member", "aa11")
        .set("device", "bb22")
        .set("recovery_phrase", "one two three");
  };
  host.open = [this](const std::string& home, const std::optional<std::string>& passphrase)
      -> Result<std::unique_ptr<node::Client>> {
    opened.push_back(home);
    passphrases.push_back(passphrase);
    if (open_error) return fail(*open_error);
    return std::unique_ptr<node::Client>(new Client(*this));
  };
  host.lock = [this](const std::string& home) -> Result<Value> {
    locked.push_back(home);
    return Value::object().set("was_open", true).set("passphrase", false);
  };
  host.relock = [this](const Relock& relock) -> Result<Value> {
    relocks.push_back(relock);
    return Value::object().set("passphrase", relock.next.has_value());
  };
  host.restore = [this](const Restore& restore) -> Result<Value> {
    restores.push_back(restore);
    return Value::object().set("teams", 1).set("home", restore.home);
  };
  host.serve = [this](const Serve& serve) -> Status {
    serves.push_back(serve);
    serve.on_ready(Value::object().set("listening", "127.0.0.1:40123"));
    return {};
  };
  host.demo = [this](const Demo& demo) -> Result<Value> {
    demos.push_back(demo);
    demo.tell("Ana makes a team.");
    return Value::object().set("agree", true);
  };
}

void FakeHost::answer_json(const std::string& name, std::string_view json) {
  auto value = parse_json(json);
  REQUIRE(value);
  answer(name, std::move(*value));
}

Ran FakeHost::run(const std::vector<std::string>& words) {
  out_.clear();
  err_.clear();
  requests.clear();
  const int code = cli::run(words, host);
  return {code, out_, err_};
}

std::string FakeHost::request(const std::vector<std::string>& words) {
  const auto ran = run(words);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  REQUIRE(requests.size() == 1);
  return to_json(requests.front());
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "holm-cli-XXXXXX";
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_whole(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace holm::cli
