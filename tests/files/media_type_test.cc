#include "files/media_type.h"

#include <doctest/doctest.h>

#include <string>

namespace holm::files {
namespace {

std::string_view of(std::string_view bytes, std::string_view name = "x") {
  return guess_media_type(as_bytes(bytes), name);
}

TEST_CASE("media type: told by the beginning, not by the name") {
  CHECK(of("\x89PNG\r\n\x1a\nrest", "notes.txt") == "image/png");
  CHECK(of("\xff\xd8\xff\xe0") == "image/jpeg");
  CHECK(of("%PDF-1.7") == "application/pdf");
  CHECK(of("RIFF1234WEBPVP8 ") == "image/webp");
  CHECK(of(std::string_view("\0\0\0\x18"
                            "ftypmp42",
                            12)) == "video/mp4");
  CHECK(of("just words", "photo.png") == "text/plain");
}

TEST_CASE("media type: the name tells formats apart that begin alike") {
  CHECK(of("PK\x03\x04...", "a.zip") == "application/zip");
  CHECK(of("PK\x03\x04...", "A.ODT") == "application/vnd.oasis.opendocument.text");
  CHECK(of("# Title", "a.md") == "text/markdown");
  CHECK(of("a,b", "a.csv") == "text/csv");
  CHECK(of("<svg xmlns='x'/>", "a") == "image/svg+xml");
}

TEST_CASE("media type: nothing, scripts of all kinds, and bytes that are no text") {
  CHECK(of("") == "text/plain");
  CHECK(of("شكرا 🚲") == "text/plain");
  CHECK(of(std::string_view("a\0b", 3)) == "application/octet-stream");
  CHECK(of("\xff\xfe\xfd") == "application/octet-stream");
  std::string cut(kMediaBytes - 1, 'a');
  cut += "\xc3";  // the first byte of a letter that goes on beyond what is looked at
  CHECK(of(cut) == "text/plain");
  CHECK(of("\xc3") == "application/octet-stream");
}

}  // namespace
}  // namespace holm::files
