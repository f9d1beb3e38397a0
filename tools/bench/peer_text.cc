// Texts beside other programs: one measure per process. What a measure leaves for the next stands
// under a path prefix: .doc (saved), .full (the whole history as one message), .updates (a message
// per transaction: their count, their lengths, all u32 little-endian, then they) and .end (the
// text).
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "tools/bench/small_texts.h"
#include "tools/bench/text_case.h"
#include "tools/bench/typing.h"

namespace holm::bench {
namespace {

using Clock = std::chrono::steady_clock;
using crdt::Text;

Status write(const std::string& path, ByteView bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) return fail(Code::failed, path + " could not be written");
  return {};
}

Result<Bytes> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::not_found, "there is no " + path + ": replay or convert writes it");
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

Bytes pack(const std::vector<Bytes>& messages) {
  Bytes out;
  const auto put = [&](std::size_t number) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.push_back(static_cast<std::uint8_t>(number >> shift));
    }
  };
  put(messages.size());
  for (const auto& message : messages) put(message.size());
  for (const auto& message : messages) append(out, message);
  return out;
}

Result<std::vector<Bytes>> unpack(ByteView packed) {
  const auto word = [&](std::size_t index) -> std::size_t {
    const auto at = packed.subspan(index * 4);
    return at[0] | at[1] << 8 | at[2] << 16 | std::size_t{at[3]} << 24;
  };
  std::vector<Bytes> out;
  if (packed.size() < 4 || packed.size() / 4 <= word(0)) {
    return fail(Code::corrupt, "packed messages are damaged");
  }
  auto rest = packed.subspan(4 * (word(0) + 1));
  for (std::size_t i = 1; i <= word(0); ++i) {
    if (word(i) > rest.size()) return fail(Code::corrupt, "packed messages are damaged");
    out.push_back(to_bytes(rest.first(word(i))));
    rest = rest.subspan(word(i));
  }
  return out;
}

std::size_t bytes_of(const std::vector<Bytes>& messages) {
  std::size_t out = 0;
  for (const auto& message : messages) out += message.size();
  return out;
}

/// Calls `once` the first time in this process, with the memory that takes, and, where that is
/// quick, four times more. What it made is dropped in between, unmeasured; the first is given back.
constexpr double kWarmBelowMs = 400;
template <class Once>
auto measured(Value& out, Once once) {
  start_peak();
  out.set("rssBase", rss_kb() * 1024);
  auto began = Clock::now();
  auto made = once();
  const auto first = ms_since(began);
  out.set("ms", first).set("rssPeak", peak_kb() * 1024).set("rssAfter", rss_kb() * 1024);
  if (first < kWarmBelowMs) {
    out.set("warmMs", median_ms(4, [&] {
              began = Clock::now();
              [[maybe_unused]] const auto again = once();
              return ms_since(began);
            }));
  }
  return made;
}

struct Opened {
  Text text;
  std::string shown;
};
Result<Opened> shown(Result<Text> text) {
  if (!text) return fail(std::move(text).error());
  auto says = text->text();
  return Opened{std::move(*text), std::move(says)};
}

void print(const Value& out) { std::puts(to_json(out).c_str()); }

Status peer_replay(const Trace& trace, const std::string& base) {
  Value out = Value::object();
  const auto typed = TRY(measured(out, [&]() -> Result<Text> {
    Text text;
    TRY(type_all(trace, text));
    return text;
  }));
  const auto began = Clock::now();
  const auto saved = typed.save();
  out.set("saveMs", ms_since(began));
  TRY(write(base + ".doc", saved));
  Text timed;
  const auto laps = TRY(type_timed(trace, timed));
  out.set("p999us", p999(laps)).set("maxMs", laps.back() / 1000);
  print(out.set("bytes", saved.size()).set("ok", typed.text() == trace.end));
  return {};
}

/// ms: until the text can be read. historyMs: the same with the whole history, checked.
Status peer_load(const std::string& end, const std::string& base) {
  const auto saved = TRY(read(base + ".doc"));
  Value out = Value::object();
  const auto text = TRY(measured(out, [&] { return Text::read(saved); }));
  Value history = Value::object();
  const auto whole = TRY(measured(history, [&] { return shown(Text::load(saved)); }));
  out.set("historyMs", history["ms"]).set("historyWarmMs", history["warmMs"]);
  out.set("historyRss", history["rssAfter"].number() - history["rssBase"].number());
  print(out.set("bytes", saved.size()).set("ok", text == end && whole.shown == end));
  return {};
}

Status peer_convert(Trace trace, const std::string& base) {
  Value out = Value::object();
  const auto began = Clock::now();
  const auto one = TRY(text_case(std::move(trace)));
  out.set("ms", ms_since(began)).set("rssAfter", rss_kb() * 1024).set("rssPeak", peak_kb() * 1024);
  const auto whole = TRY(one.text.delta({}, false));
  TRY(write(base + ".full", whole));
  TRY(write(base + ".updates", pack(one.updates)));
  TRY(write(base + ".end", as_bytes(one.text.text())));
  print(out.set("bytes", whole.size())
            .set("updates", one.updates.size())
            .set("updateBytes", bytes_of(one.updates))
            .set("ok", true)
            .set("judge", one.matches_source()
                              ? "ends as its source has it"
                              : "positions clamped; merged in the trace's order, as one message, "
                                "and loaded from saved bytes, it ends alike"));
  return {};
}

Status peer_merge(const std::string& base) {
  const auto whole = TRY(read(base + ".full"));
  const auto end = to_text(TRY(read(base + ".end")));
  Value out = Value::object();
  const auto merged = TRY(measured(out, [&]() -> Result<Opened> {
    Text text;
    TRY(text.merge_delta(whole));
    return shown(std::move(text));
  }));
  print(out.set("bytes", merged.text.save().size())
            .set("messageBytes", whole.size())
            .set("ok", merged.shown == end)
            .set("judge", "the text that convert ends with"));
  return {};
}

Status peer_stream(const std::string& base) {
  const auto updates = TRY(unpack(TRY(read(base + ".updates"))));
  const auto end = to_text(TRY(read(base + ".end")));
  Value out = Value::object();
  const auto merged = TRY(measured(out, [&]() -> Result<Opened> {
    Text text;
    for (const auto& update : updates) TRY(text.merge_delta(update));
    return shown(std::move(text));
  }));
  print(out.set("updates", updates.size())
            .set("messageBytes", bytes_of(updates))
            .set("ok", merged.shown == end)
            .set("judge", "the text that convert ends with"));
  return {};
}

/// ms: until all texts can be read. historyMs: the same with their whole histories, checked.
Status peer_small() {
  const auto texts = TRY(small_texts());
  Value out = Value::object();
  const bool is_read = measured(out, [&] { return read_all(texts); });
  Value history = Value::object();
  const bool is_loaded = measured(history, [&] { return load_all(texts); });
  out.set("historyMs", history["ms"]).set("historyWarmMs", history["warmMs"]);
  print(out.set("bytes", texts.bytes()).set("ok", is_read && is_loaded));
  return {};
}

}  // namespace

Result<bool> run_text_peer(std::string_view measure, const std::string& flat,
                           const std::string& base) {
  if (measure == "small") {
    TRY(peer_small());
    return true;
  }
  const bool is_alone = measure == "replay" || measure == "load";
  if (!is_alone && measure != "convert" && measure != "merge" && measure != "stream") return false;
  auto trace = TRY(load_trace(flat));
  if (trace.is_linear() != is_alone) return false;
  if (measure == "replay") TRY(peer_replay(trace, base));
  if (measure == "convert") TRY(peer_convert(std::move(trace), base));
  const auto end = std::exchange(trace, {}).end;
  if (measure == "load") TRY(peer_load(end, base));
  if (measure == "merge") TRY(peer_merge(base));
  if (measure == "stream") TRY(peer_stream(base));
  return true;
}

}  // namespace holm::bench
