// Runs the tests of one program, with what homes keep outside of themselves in a folder of its own.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

int main(int argc, char** argv) {
  auto state = (std::filesystem::temp_directory_path() / "holm-state-XXXXXX").string();
  if (mkdtemp(state.data()) == nullptr) return 1;
  setenv("XDG_STATE_HOME", state.c_str(), 1);
  const int code = doctest::Context(argc, argv).run();
  std::error_code ignored;
  std::filesystem::remove_all(state, ignored);
  return code;
}
