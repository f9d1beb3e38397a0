#include "tools/holm/run.h"

#include "tools/holm/call.h"
#include "tools/holm/page.h"
#include "tools/holm/parse.h"
#include "tools/holm/spec.h"

namespace holm::cli {

int exit_code(Code code) {
  switch (code) {
    case Code::usage: return 2;
    case Code::not_found: return 3;
    case Code::denied: return 4;
    case Code::busy: return 5;
    case Code::corrupt: return 6;
    case Code::timeout: return 7;
    case Code::failed:
    case Code::reject:
    case Code::limit:
    case Code::unsupported:
    case Code::retry: return 1;
  }
  return 1;
}

std::string error_line(const Error& error) {
  return "holm: " + visible(error.text(), Lines::replace) + "\n";
}

int run(const std::vector<std::string>& words, const Host& host) {
  const auto end = [&](const Status& status) {
    if (status) return 0;
    // Whoever reads our output had enough: the work is done, and there is nothing to complain
    // about.
    if (status.error().code == Code::retry && status.error().what.empty()) return 0;
    static_cast<void>(host.err.write(error_line(status.error())));
    return exit_code(status.error().code);
  };
  const auto parsed = parse(command_table(), words);
  if (!parsed) return end(fail(parsed.error()));
  Call call(host, *parsed);
  return end(parsed->command->run(call));
}

}  // namespace holm::cli
