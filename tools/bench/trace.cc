#include "tools/bench/trace.h"

#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/json.h"
#include "crdt/text/utf8.h"

namespace holm::bench {
namespace {

constexpr std::size_t kExpandedMax = 1u << 30;

tl::unexpected<Error> unreadable(const std::string& path, const std::string& why) {
  return fail(Code::reject, path + " is no editing trace: " + why);
}

Result<std::string> read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::not_found, "there is no file " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// gzip (RFC 1952), or the bytes as they are when they are none.
Result<std::string> expand(const std::string& path, const std::string& packed) {
  if (packed.size() < 2 || packed[0] != '\x1f' || packed[1] != '\x8b') return packed;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail(Code::failed, "zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::vector<char> piece(1u << 20);
  int code = Z_OK;
  while (code == Z_OK && out.size() < kExpandedMax) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    code = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() >= kExpandedMax) return fail(Code::limit, path + " expands to more than 1 GiB");
  if (code != Z_STREAM_END) return unreadable(path, "it is cut short or damaged");
  return out;
}

bool is_count(double number) { return number >= 0 && number <= UINT32_MAX; }

Result<Trace> from_json(const std::string& path, std::string_view text) {
  const auto json = TRY(parse_json(text));
  Trace out;
  const bool is_concurrent = json.has("kind");
  if (json.has("numAgents")) out.agents = static_cast<std::uint32_t>(json["numAgents"].number());
  out.end = json["endContent"].text();
  if (!json["startContent"].text().empty()) return unreadable(path, "it starts with a text");
  for (const auto& item : json["txns"].items()) {
    const auto index = static_cast<std::uint32_t>(out.transactions.size());
    std::vector<std::uint32_t> parents;
    if (is_concurrent) {
      for (const auto& parent : item["parents"].items()) {
        if (parent.number() < 0 || parent.number() >= index) {
          return unreadable(path, "a transaction names a parent that is not before it");
        }
        parents.push_back(static_cast<std::uint32_t>(parent.number()));
      }
    } else if (index > 0) {
      parents.push_back(index - 1);
    }
    out.begin(static_cast<std::uint32_t>(item["agent"].number()), std::move(parents));
    for (const auto& patch : item["patches"].items()) {
      const auto& parts = patch.items();
      if (parts.size() < 3 || !is_count(parts[0].number()) || !is_count(parts[1].number())) {
        return unreadable(path, "a patch has the wrong form");
      }
      out.add(static_cast<std::uint64_t>(parts[0].number()),
              static_cast<std::uint64_t>(parts[1].number()), parts[2].text());
    }
  }
  if (out.transactions.empty()) return unreadable(path, "it has no transactions");
  return out;
}

/// "HTRC", then little-endian u32: version 1, counts of transactions, patches and parent links,
/// bytes of text and of the end, agents; per transaction (and once more) its first patch, first
/// parent link and agent; per patch its position, code points removed, and offset and length of
/// what it inserts; the parent links; then the text and the end, UTF-8.
Result<Trace> from_flat(const std::string& path, std::string_view bytes) {
  std::size_t at = 4;
  const auto word = [&](std::uint32_t& out) {
    if (bytes.size() - at < 4) return false;
    std::uint8_t raw[4];
    std::memcpy(raw, bytes.data() + at, 4);
    out = raw[0] | raw[1] << 8 | raw[2] << 16 | std::uint32_t{raw[3]} << 24;
    at += 4;
    return true;
  };
  std::uint32_t head[7];
  for (auto& item : head) {
    if (!word(item)) return unreadable(path, "it is cut short");
  }
  const auto [version, count, patch_count, links, text_bytes, end_bytes, agents] = head;
  const auto words = (std::uint64_t{count} + 1) * 3 + std::uint64_t{patch_count} * 4 + links;
  if (version != 1 || bytes.size() - at != words * 4 + text_bytes + end_bytes) {
    return unreadable(path, "its parts do not add up");
  }
  const auto take = [&](std::uint64_t n) {
    std::vector<std::uint32_t> out(n);
    for (auto& item : out) (void)word(item);
    return out;
  };
  const auto rows = take((std::uint64_t{count} + 1) * 3);
  const auto patches = take(std::uint64_t{patch_count} * 4);
  const auto parents = take(links);
  const auto text = bytes.substr(at, text_bytes);
  Trace out;
  out.agents = agents;
  out.end = bytes.substr(at + text_bytes);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto* row = &rows[std::size_t{i} * 3];
    if (row[3] < row[0] || row[3] > patch_count || row[4] < row[1] || row[4] > links) {
      return unreadable(path, "a transaction lies outside of the file");
    }
    std::vector<std::uint32_t> before;
    for (auto link = row[1]; link < row[4]; ++link) {
      if (parents[link] >= i) return unreadable(path, "a parent is not before its child");
      before.push_back(parents[link]);
    }
    out.begin(row[2], std::move(before));
    for (auto p = row[0]; p < row[3]; ++p) {
      const auto* patch = &patches[std::size_t{p} * 4];
      if (std::uint64_t{patch[2]} + patch[3] > text_bytes) {
        return unreadable(path, "a patch lies outside of the text");
      }
      out.add(patch[0], patch[1], text.substr(patch[2], patch[3]));
    }
  }
  return out;
}

}  // namespace

void Trace::begin(std::uint32_t agent, std::vector<std::uint32_t> parents) {
  transactions.push_back({agent, std::move(parents), patches.size(), 0});
}

void Trace::add(std::uint64_t pos, std::uint64_t erased, std::string_view inserted) {
  patches.push_back({static_cast<std::uint32_t>(pos), static_cast<std::uint32_t>(erased),
                     static_cast<std::uint32_t>(text.size()),
                     static_cast<std::uint32_t>(inserted.size()),
                     static_cast<std::uint32_t>(crdt::utf8::count(inserted))});
  text += inserted;
  ++transactions.back().patch_count;
}

bool Trace::is_linear() const {
  for (std::uint32_t i = 0; i < transactions.size(); ++i) {
    const auto& parents = transactions[i].parents;
    if (i == 0 ? !parents.empty() : parents.size() != 1 || parents[0] != i - 1) return false;
  }
  return true;
}

Result<Trace> load_trace(const std::string& path) {
  const auto bytes = TRY(expand(path, TRY(read_whole(path))));
  auto out = TRY(bytes.starts_with("HTRC") ? from_flat(path, bytes) : from_json(path, bytes));
  auto name = std::filesystem::path(path).filename().string();
  for (const std::string_view tail : {".gz", ".json"}) {
    if (name.ends_with(tail)) name.resize(name.size() - tail.size());
  }
  out.name = name;
  return out;
}

}  // namespace holm::bench
