#include "files/media_type.h"

#include <algorithm>
#include <string>

#include "base/wire.h"

namespace holm::files {
namespace {

// NOLINTNEXTLINE(misc-unused-using-decls): the literals below use it
using std::string_view_literals::operator""sv;

struct Magic {
  std::size_t at;
  std::string_view bytes;
  std::string_view type;
};
constexpr Magic kMagic[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    {0, "\xff\xd8\xff"sv, "image/jpeg"},
    {0, "GIF8"sv, "image/gif"},
    {8, "WEBP"sv, "image/webp"},
    {8, "WAVE"sv, "audio/wav"},
    {8, "AVI "sv, "video/x-msvideo"},
    {4, "ftypavif"sv, "image/avif"},
    {4, "ftypheic"sv, "image/heic"},
    {4, "ftypM4A"sv, "audio/mp4"},
    {4, "ftypqt"sv, "video/quicktime"},
    {4, "ftyp"sv, "video/mp4"},
    {0, "BM"sv, "image/bmp"},
    {0, "II*\0"sv, "image/tiff"},
    {0, "MM\0*"sv, "image/tiff"},
    {0, "%PDF-"sv, "application/pdf"},
    {0, "\x1a\x45\xdf\xa3"sv, "video/webm"},
    {0, "ID3"sv, "audio/mpeg"},
    {0, "\xff\xfb"sv, "audio/mpeg"},
    {0, "OggS"sv, "audio/ogg"},
    {0, "fLaC"sv, "audio/flac"},
    {0, "\x1f\x8b"sv, "application/gzip"},
    {0, "\x28\xb5\x2f\xfd"sv, "application/zstd"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "application/x-xz"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    {0, "SQLite format 3\0"sv, "application/vnd.sqlite3"},
    {0,
     "\x7f"
     "ELF"sv,
     "application/x-executable"},
};

struct Ending {
  std::string_view ending;
  std::string_view type;
};
constexpr Ending kZips[] = {
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {".odt", "application/vnd.oasis.opendocument.text"},
    {".ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {".odp", "application/vnd.oasis.opendocument.presentation"},
    {".epub", "application/epub+zip"},
};
constexpr Ending kTexts[] = {
    {".md", "text/markdown"},  {".csv", "text/csv"},      {".json", "application/json"},
    {".html", "text/html"},    {".htm", "text/html"},     {".css", "text/css"},
    {".ics", "text/calendar"}, {".svg", "image/svg+xml"}, {".xml", "application/xml"},
    {".vcf", "text/vcard"},
};

std::string_view by_ending(std::string_view name, std::span<const Ending> endings,
                           std::string_view otherwise) {
  std::string low(name.substr(name.size() - std::min<std::size_t>(name.size(), 8)));
  for (auto& letter : low) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  for (const auto& [ending, type] : endings) {
    if (low.ends_with(ending)) return type;
  }
  return otherwise;
}

/// Whether the bytes are text; a last character that is cut off does not count against it.
bool is_text(ByteView beginning) {
  const auto text = as_text(beginning);
  if (text.find('\0') != std::string_view::npos) return false;
  for (std::size_t cut = 0; cut < 4 && cut <= text.size(); ++cut) {
    if (is_utf8(text.substr(0, text.size() - cut))) return true;
    if (beginning.size() < kMediaBytes) return false;
  }
  return false;
}

}  // namespace

std::string_view guess_media_type(ByteView beginning, std::string_view name) {
  const auto text = as_text(beginning.first(std::min(beginning.size(), kMediaBytes)));
  for (const auto& magic : kMagic) {
    if (text.size() >= magic.at && text.substr(magic.at).starts_with(magic.bytes))
      return magic.type;
  }
  if (text.starts_with("PK\x03\x04")) return by_ending(name, kZips, "application/zip");
  if (!is_text(as_bytes(text))) return "application/octet-stream";
  const auto first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  const auto words = first == std::string_view::npos ? std::string_view() : text.substr(first);
  if (words.starts_with("<svg")) return "image/svg+xml";
  if (words.starts_with("<!DOCTYPE html") || words.starts_with("<html")) return "text/html";
  return by_ending(name, kTexts, "text/plain");
}

}  // namespace holm::files
