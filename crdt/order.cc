// A key is a path in a tree of blocks. Each step is (number, writer, count): the number says where
// the writer's block stands among its siblings, the count where the item stands in the block. The
// items under an item sort right behind it. A writer who goes on at his own item only counts, up or
// down, so his run stays one block and nobody's block can come to stand inside it.
//
// Numbers are written in a form that sorts by bytes and grows by the logarithm, so a block put
// before or after all its siblings is cheap; a step is added only between two neighbouring numbers.
// The byte 0 is a step below all numbers: it makes room under any key, whatever a peer sends.
#include "crdt/order.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/wire.h"
#include "base/wire_scan.h"

namespace holm::crdt {
namespace {

constexpr std::uint8_t kFloor = 0;
constexpr std::size_t kKeyBytesMax = 64u << 10;
constexpr std::size_t kWriterBytes = 4;

/// Width classes of the number form: values from the class's first on take `more` bytes behind a
/// first byte that counts up from `lead`.
struct Width {
  std::uint64_t first;
  std::uint8_t lead;
  std::uint8_t more;
};
constexpr std::array<Width, 5> kWidths{{
    {0, 0x80, 0},
    {48, 0xb0, 1},
    {48 + (0x20ull << 8), 0xd0, 2},
    {48 + (0x20ull << 8) + (0x10ull << 16), 0xe0, 3},
    {48 + (0x20ull << 8) + (0x10ull << 16) + (0x08ull << 24), 0xe8, 5},
}};
constexpr std::uint64_t kMagnitudeEnd = kWidths[4].first + (1ull << 40);
constexpr std::int64_t kNumberMax = static_cast<std::int64_t>(kMagnitudeEnd) - 1;
constexpr std::int64_t kNumberMin = -static_cast<std::int64_t>(kMagnitudeEnd);

struct Step {
  bool is_floor = false;
  std::int64_t number = 0;
  std::uint32_t writer = 0;
  std::int64_t count = 0;

  bool operator==(const Step&) const = default;
};
using Path = std::vector<Step>;

/// Negative numbers are the bitwise complement of the form of -1 - number.
void write_number(Bytes& out, std::int64_t number) {
  const bool is_negative = number < 0;
  const auto magnitude = static_cast<std::uint64_t>(is_negative ? -1 - number : number);
  const auto width = std::find_if(kWidths.rbegin(), kWidths.rend(),
                                  [&](const Width& one) { return magnitude >= one.first; });
  const auto rest = magnitude - width->first;
  const std::uint8_t flip = is_negative ? 0xff : 0;
  out.push_back(static_cast<std::uint8_t>((width->lead + (rest >> (8 * width->more))) ^ flip));
  for (int shift = 8 * (width->more - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(rest >> shift) ^ flip);
  }
}

std::optional<std::int64_t> read_number(ByteView& in) {
  if (in.empty()) return std::nullopt;
  const bool is_negative = in[0] < 0x80;
  const std::uint8_t flip = is_negative ? 0xff : 0;
  const auto lead = static_cast<std::uint8_t>(in[0] ^ flip);
  if (lead < kWidths[1].lead) {  // most are of one byte
    in = in.subspan(1);
    const auto magnitude = std::int64_t{lead} - kWidths[0].lead;
    return is_negative ? -1 - magnitude : magnitude;
  }
  const auto width = std::find_if(kWidths.rbegin(), kWidths.rend(),
                                  [&](const Width& one) { return lead >= one.lead; });
  if (lead > 0xe8 || in.size() < 1u + width->more) return std::nullopt;
  std::uint64_t rest = lead - width->lead;
  for (std::size_t i = 1; i <= width->more; ++i) {
    rest = rest << 8 | static_cast<std::uint8_t>(in[i] ^ flip);
  }
  in = in.subspan(1u + width->more);
  const auto magnitude = static_cast<std::int64_t>(width->first + rest);
  return is_negative ? -1 - magnitude : magnitude;
}

void write_step(Bytes& out, const Step& step) {
  if (step.is_floor) return out.push_back(kFloor);
  write_number(out, step.number);
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(step.writer >> shift));
  }
  write_number(out, step.count);
}

Bytes spelled(const Path& path) {
  Bytes out;
  for (const auto& step : path) write_step(out, step);
  return out;
}

/// Takes the next step off a key; nothing when it is cut off or not one.
std::optional<Step> read_step(ByteView& key) {
  Step step;
  if (key[0] == kFloor) {
    step.is_floor = true;
    key = key.subspan(1);
    return step;
  }
  const auto number = read_number(key);
  if (!number || key.size() < kWriterBytes) return std::nullopt;
  step.number = *number;
  for (std::size_t i = 0; i < kWriterBytes; ++i) step.writer = step.writer << 8 | key[i];
  key = key.subspan(kWriterBytes);
  const auto count = read_number(key);
  if (!count) return std::nullopt;
  step.count = *count;
  return step;
}

/// Hands each step of a key to `take`. False when it is none: empty, cut off, or ending in a floor.
template <class Take>
bool walk(ByteView key, Take take) {
  bool is_key = false;
  while (!key.empty()) {
    const auto step = read_step(key);
    if (!step) return false;
    is_key = !step->is_floor;
    take(*step);
  }
  return is_key;
}

bool is_key(ByteView key) {
  return walk(key, [](const Step&) {});
}

/// The steps of a key; nothing when it is none.
std::optional<Path> parse(ByteView key) {
  Path out;
  if (!walk(key, [&](const Step& step) { out.push_back(step); })) return std::nullopt;
  return out;
}

/// The first `size` steps of `path`, and one more.
Path with(const Path& path, std::size_t size, const Step& last) {
  Path out(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(size));
  out.push_back(last);
  return out;
}

/// A step behind `step` and all under it, in the writer's own block when it is his.
std::optional<Step> after(const Step& step, std::uint32_t writer) {
  if (step.is_floor) return Step{false, 0, writer, 0};
  if (step.writer == writer && step.count < kNumberMax) {
    return Step{false, step.number, writer, step.count + 1};
  }
  if (step.number == kNumberMax) return std::nullopt;
  return Step{false, step.number + 1, writer, 0};
}

/// A path before `path[depth]` and all under it, sharing the steps above it.
Path before(const Path& path, std::size_t depth, std::uint32_t writer) {
  Path out(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(depth));
  // Only floors lie below a floor: pass them, and one more, until there is a number to go below.
  while (depth < path.size() && path[depth].is_floor) out.push_back(path[depth++]);
  const auto& step = path[depth];  // keys do not end in a floor
  if (depth + 1 == path.size() && step.writer == writer && step.count > kNumberMin) {
    out.push_back({false, step.number, writer, step.count - 1});
  } else if (step.number > kNumberMin) {
    out.push_back({false, step.number - 1, writer, 0});
  } else {
    out.push_back({true, 0, 0, 0});
    out.push_back({false, 0, writer, 0});
  }
  return out;
}

/// The shortest path behind `left`, at `depth` or below it, whatever lies to the right of that.
Path behind(const Path& left, std::size_t depth, std::uint32_t writer) {
  for (; depth < left.size(); ++depth) {
    if (const auto step = after(left[depth], writer)) return with(left, depth, *step);
  }
  return with(left, left.size(), {false, 0, writer, 0});
}

Path between(const Path& left, const Path& right, std::uint32_t writer) {
  // Going on at one's own item keeps a run together.
  const auto left_key = spelled(left);
  const auto right_key = spelled(right);
  const auto fits = [&](const Path& path) {
    const auto key = spelled(path);
    return left_key < key && key < right_key;
  };
  if (!left.empty() && left.back().writer == writer && left.back().count < kNumberMax) {
    auto step = left.back();
    ++step.count;
    if (auto path = with(left, left.size() - 1, step); fits(path)) return path;
  }
  if (!right.empty() && right.back().writer == writer && right.back().count > kNumberMin) {
    auto step = right.back();
    --step.count;
    if (auto path = with(right, right.size() - 1, step); fits(path)) return path;
  }
  const auto [mine, theirs] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  const auto depth = static_cast<std::size_t>(mine - left.begin());
  if (mine == left.end()) {
    return theirs == right.end() ? behind(left, depth, writer) : before(right, depth, writer);
  }
  if (theirs == right.end()) return behind(left, depth, writer);
  // The paths part at `depth`: a block between the two there, else under the left one.
  if (!mine->is_floor) {
    const std::array<Step, 3> steps{{{false, mine->number + 1, writer, 0},
                                     {false, mine->number, writer, 0},
                                     {false, theirs->number, writer, 0}}};
    for (const auto& step : steps) {
      if (step.number > kNumberMax) continue;
      if (auto path = with(left, depth, step); fits(path)) return path;
    }
  }
  return behind(left, depth + 1, writer);
}

}  // namespace

Bytes encode(const Place& place) {
  return Writer().array(2).id(place.container).bytes(place.key).take();
}

Result<PlaceView> read_place(ByteView content) {
  WireScanner in(content);
  PlaceView out;
  const bool is_place = in.next() == WireKind::array && in.number() == 2 &&
                        in.next() == WireKind::bytes && in.number() == ObjectId::kBytes;
  if (!is_place) return fail(Code::reject, "a place names no container");
  out.container = *ObjectId::from(in.body());
  if (in.next() != WireKind::bytes || !in.rest().empty()) {
    return fail(Code::reject, "a place has no position key");
  }
  out.key = in.body();
  if (out.key.size() > kKeyBytesMax) return fail(Code::limit, "a position key is too long");
  if (!is_key(out.key)) return fail(Code::reject, "a position key is malformed");
  return out;
}

Result<Place> decode_place(ByteView content) {
  const auto place = TRY(read_place(content));
  return Place{place.container, to_bytes(place.key)};
}

Bytes key_between(const std::optional<Bytes>& left, const std::optional<Bytes>& right,
                  std::uint64_t tag) {
  const auto writer = static_cast<std::uint32_t>(tag ^ tag >> 32);
  const auto from = left ? parse(*left).value_or(Path{}) : Path{};
  const auto to = right ? parse(*right).value_or(Path{}) : Path{};
  if (from.empty() && to.empty()) return spelled({{false, 0, writer, 0}});
  if (to.empty()) return spelled(behind(from, 0, writer));
  if (from.empty()) return spelled(before(to, 0, writer));
  return spelled(between(from, to, writer));
}

}  // namespace holm::crdt
