#include "work/fold.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "base/wire.h"

namespace holm::work {

std::string fold(std::string_view text) {
  bool ascii = true;
  for (const unsigned char c : text) ascii = ascii && c < 0x80;
  if (ascii) {
    std::string out(text);
    for (auto& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
  }
  utf8proc_uint8_t* raw = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &raw,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(raw, &std::free);
  if (size < 0) return std::string(text);
  return {reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)};
}

Status check_text(std::string_view text, std::string_view what) {
  if (!is_utf8(text))
    return fail(Code::usage, std::string(what) + " is not UTF-8 text", "nothing was changed",
                "convert it to UTF-8 first");
  return {};
}

Status check_line(std::string_view text, std::string_view what, std::size_t bytes_max) {
  TRY(check_text(text, what));
  const std::string name(what);
  if (text.empty()) return fail(Code::usage, name + " is empty", "nothing was changed");
  if (text.size() > bytes_max)
    return fail(Code::usage, name + " is longer than " + std::to_string(bytes_max) + " bytes",
                "nothing was changed", "shorten it");
  for (const unsigned char c : text)
    if (c < 0x20 || c == 0x7F)
      return fail(Code::usage, name + " holds a line break or control character",
                  "nothing was changed", "write it on one line");
  return {};
}

}  // namespace holm::work
