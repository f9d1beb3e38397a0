// A machine for tests of the command line: answers from a table instead of a node, streams that are
// strings, an editor that is a function. Records what was asked.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/value.h"
#include "tools/holm/host.h"

namespace holm::cli {

struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

class FakeHost {
 public:
  FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  /// Answers requests of a name from now on; those without an answer get {"id": "0123..."}.
  void answer(const std::string& name, Result<Value> value) {
    answers_.insert_or_assign(name, value);
  }
  void answer_json(const std::string& name, std::string_view json);
  /// Events that a watch hands out.
  void events(std::vector<Value> values) { events_ = std::move(values); }

  Ran run(const std::vector<std::string>& words);
  /// Runs, and gives the one request that came of it as JSON; fails the test when it was not one.
  std::string request(const std::vector<std::string>& words);

  std::vector<Value> requests;
  std::vector<std::string> opened;  ///< homes, one per opening
  std::vector<std::optional<std::string>> passphrases;
  std::vector<Init> inits;
  std::vector<Serve> serves;
  std::vector<std::string> locked;
  std::vector<Relock> relocks;
  std::vector<Restore> restores;
  std::vector<Demo> demos;
  std::string signalled;  ///< what --ready-fd got

  std::string stdin_text;
  bool has_no_home = false;
  std::optional<Error> open_error;
  std::function<void(const std::string& path)> editor;
  std::vector<std::string> typed_secrets;  ///< answers at the terminal, first to last
  std::optional<Error> out_error;          ///< what writing to stdout ends with
  Host host;                               ///< to be adapted before a run

 private:
  class Client;
  std::map<std::string, Result<Value>> answers_;
  std::vector<Value> events_;
  std::string out_;
  std::string err_;
};

/// A folder of its own that is gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_whole(const std::string& path);
void write_whole(const std::string& path, std::string_view text);

}  // namespace holm::cli
