// Arbitrary bytes as a saved text and as a delta, on an empty text and on one with a history: never
// a crash, a refusal leaves no trace, and what is accepted is whole: it can be saved, loaded, sent
// and asked about like any other. The first byte says which of the three the rest is.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ensure.h"
#include "crdt/text/text.h"
#include "crdt/text/utf8.h"

using namespace holm;
using namespace holm::crdt;

namespace {

// Beyond this a check would take longer than a fuzzer waits.
constexpr std::uint64_t kQuestionsMax = 100'000;

TextRun run_of(std::uint8_t log, std::uint64_t seq, std::vector<OpId> parents, std::uint64_t pos,
               std::string text) {
  TextRun out;
  out.id.log.bytes.fill(log);
  out.id.seq = seq;
  out.parents = std::move(parents);
  out.pos = pos;
  out.len = text.size();
  out.text = std::move(text);
  return out;
}

/// What the corpus's deltas go on from: two branches, an erasure, an open end on each side.
Text fixed() {
  const auto base = run_of(1, 1, {}, 0, "hello world");
  const OpId last{base.id.log, 11};
  const auto left = run_of(1, 12, {last}, 5, ", dear");
  auto right = run_of(2, 1, {last}, 5, "");
  right.insert = false;
  right.len = 6;
  Text out;
  ENSURE(out.merge(std::vector<TextRun>{base, left, right}).has_value());
  return out;
}

std::string applied(std::string text, const std::vector<TextEdit>& edits) {
  for (const auto& edit : edits) {
    ENSURE(edit.pos + edit.erased <= utf8::count(text));
    const auto from = utf8::offset(text, edit.pos);
    text.replace(from, utf8::offset(text, edit.pos + edit.erased) - from, edit.inserted);
  }
  return text;
}

void check_whole(const Text& text) {
  const auto now = text.text();
  ENSURE(utf8::checked_count(now) == text.size());
  const auto saved = text.save();
  ENSURE(Text::read(saved).value() == now);
  const auto back = Text::load(saved);
  ENSURE(back.has_value() && back->text() == now && back->frontier() == text.frontier());
  Text other;
  ENSURE(other.merge_delta(text.delta({}, false).value()).has_value());
  ENSURE(other.text() == now && other.frontier() == text.frontier());
  if (now.size() > kQuestionsMax || saved.size() > kQuestionsMax) return;
  ENSURE(back->spans() == text.spans() && other.spans() == text.spans());
  for (const auto& head : text.frontier()) {
    ENSURE(text.at({&head, 1}).value() == back->at({&head, 1}).value());
    (void)text.removed_by(head, 1);
    (void)text.resolve({.id = head, .after = true});
  }
}

void check_delta(Text text, ByteView bytes) {
  const auto before = text.text();
  const auto saved = text.save();
  const auto edits = text.merge_delta(bytes);
  if (!edits) {
    ENSURE(text.text() == before);
    ENSURE(text.save() == saved);
    return;
  }
  if (before.size() + edits->size() < kQuestionsMax / 100) {
    ENSURE(applied(before, *edits) == text.text());
  }
  check_whole(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: {
      const auto text = Text::load(bytes);
      const auto read = Text::read(bytes);
      if (!text) break;
      ENSURE(read.has_value() && *read == text->text());
      check_whole(*text);
      break;
    }
    case 1: check_delta(Text(), bytes); break;
    default: check_delta(fixed(), bytes);
  }
  return 0;
}
