#include "work/exchange/seed_object.h"

#include <algorithm>
#include <set>

#include "base/ensure.h"
#include "base/wire.h"
#include "crdt/text/utf8.h"
#include "crypto/hash.h"
#include "work/exchange/text_merge.h"
#include "work/schema.h"

namespace holm::work {
namespace {

/// Values up to this size are remembered as they are.
constexpr std::size_t kPlainBytes = 40;
/// Tells keys made by imports from a person's.
constexpr std::uint64_t kPlaceTag = 0x696d706f72740001;

Value short_hash(ByteView bytes) {
  return Value(to_bytes(shorten(crypto::hash("holm import memory v1", bytes)).view()));
}

/// What to remember of a value: equal values give equal memories.
Value memory_of(const Value& value) {
  const auto encoded = encode(value);
  return encoded.size() <= kPlainBytes ? value : short_hash(encoded);
}

std::string piece_key(const std::string& key, std::size_t index) {
  return key + "/" + std::to_string(index);
}

/// The first part of a text that fits one write, cut between code points.
std::string_view first_piece(std::string_view text) {
  if (text.size() <= kSeedPieceBytes) return text;
  std::size_t end = kSeedPieceBytes;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

bool is_seeds_only(const crdt::Change& change, const Ref& ref) {
  return std::all_of(change.ops.begin(), change.ops.end(), [&](const crdt::Op& op) {
    return op.object != ref.object || op.kind != crdt::Kind::text || op.seed;
  });
}

}  // namespace

Result<SeedObject> SeedObject::open(const State& state, const Ref& ref, std::uint32_t type) {
  SeedObject out(state, ref, type);
  auto found = TRY(state.object(ref));
  if (found) {
    out.here_ = true;
    out.current_ = std::move(*found);
  }
  return out;
}

const Field& SeedObject::schema_field(std::uint32_t field) const {
  const auto* type = find_type(type_);
  ENSURE(type != nullptr);
  const auto* entry = find_field(*type, field);
  ENSURE(entry != nullptr);
  return *entry;
}

std::string SeedObject::key_of(std::uint32_t field) const {
  return std::string(schema_field(field).name);
}

Value SeedObject::remembered(const std::string& key) const {
  const auto* bytes = current_.value(field::kImported, as_bytes(key));
  if (bytes == nullptr) return {};
  return decode_value(*bytes).value_or(Value());
}

crdt::Write SeedObject::write(std::uint32_t field, crdt::Kind kind, crdt::Action action) const {
  crdt::Write out;
  out.object = ref_.object;
  out.type = type_;
  out.field = field;
  out.kind = kind;
  out.action = action;
  out.seed = true;
  return out;
}

void SeedObject::remember(const std::string& key, const Value& value) {
  auto out = write(field::kImported, crdt::Kind::map, crdt::Action::put);
  out.key = key;
  out.value = encode(value);
  writes_.push_back(std::move(out));
}

void SeedObject::put(std::uint32_t field, const Value& value) {
  auto out = write(field, crdt::Kind::reg, crdt::Action::put);
  out.value = encode(value);
  writes_.push_back(std::move(out));
}

void SeedObject::reg(std::uint32_t field, const Value& value) {
  const auto& entry = schema_field(field);
  // Every receiver refuses a change that writes over what may not change.
  if (entry.trait == Field::Trait::immutable && current_.value(field) != nullptr) return;
  const std::string key(entry.name);
  const auto memory = memory_of(value);
  const auto before = remembered(key);
  if (memory == before) return;
  const auto* cell = current_.find(field);
  const bool several = cell != nullptr && cell->entries.size() > 1;
  const auto* bytes = current_.value(field);
  const auto now = bytes != nullptr ? decode_value(*bytes).value_or(Value()) : Value();
  if (now == value) {
    // People and the source agree already.
  } else if (!several && memory_of(now) == before) {
    put(field, value);
  } else {
    kept_.push_back(key);
  }
  remember(key, memory);
}

void SeedObject::mark(std::uint32_t field, bool on, const Value& value) {
  const auto key = key_of(field);
  const bool before = remembered(key).flag();
  if (on == before) return;
  const auto* bytes = current_.value(field);
  const bool now = bytes != nullptr && !decode_value(*bytes).value_or(Value()).is_null();
  if (now == before) {
    put(field, on ? value : Value());
  } else if (now != on) {
    kept_.push_back(key);
  }
  remember(key, on);
}

void SeedObject::set(std::uint32_t field, const std::vector<Value>& values) {
  const auto key = key_of(field);
  std::set<Bytes> wanted;    // encoded values
  std::set<Bytes> memories;  // encoded memories of them
  for (const auto& value : values) {
    wanted.insert(encode(value));
    memories.insert(encode(memory_of(value)));
  }
  const auto remembered_value = remembered(key);
  std::set<Bytes> before;
  for (const auto& item : remembered_value.items()) before.insert(encode(item));
  if (memories == before) return;

  const auto* cell = current_.find(field);
  const auto standing = cell != nullptr ? crdt::set_values(*cell) : std::vector<Bytes>{};
  for (const auto& bytes : standing) {
    const auto memory = encode(memory_of(decode_value(bytes).value_or(Value())));
    if (!before.contains(memory) || memories.contains(memory)) continue;
    auto out = write(field, crdt::Kind::set, crdt::Action::remove);
    out.value = bytes;
    writes_.push_back(std::move(out));
  }
  for (const auto& bytes : wanted) {
    const auto memory = encode(memory_of(decode_value(bytes).value_or(Value())));
    if (before.contains(memory)) continue;  // people may have taken it out here
    if (std::find(standing.begin(), standing.end(), bytes) != standing.end()) continue;
    auto out = write(field, crdt::Kind::set, crdt::Action::add);
    out.value = bytes;
    writes_.push_back(std::move(out));
  }
  Value list = Value::array();
  for (const auto& memory : memories) list.push(decode_value(memory).value_or(Value()));
  remember(key, list);
}

void SeedObject::write_pieces(std::uint32_t field, std::string_view text, std::uint64_t pos) {
  while (!text.empty()) {
    const auto piece = first_piece(text);
    auto out = write(field, crdt::Kind::text, crdt::Action::insert);
    out.pos = pos;
    out.text = std::string(piece);
    writes_.push_back(std::move(out));
    pos += crdt::utf8::count(piece);
    text.remove_prefix(piece.size());
  }
}

void SeedObject::remember_text(const std::string& key, std::string_view text) {
  // In full, because a later import merges against exactly this text and nothing else holds it.
  const auto hash = short_hash(as_bytes(text));
  Value pieces = 0;
  std::size_t count = 0;
  while (!text.empty()) {
    const auto piece = first_piece(text);
    remember(piece_key(key, count++), piece);
    text.remove_prefix(piece.size());
  }
  Value memory = Value::array();
  memory.push(hash);
  memory.push(count);
  remember(key, memory);
}

/// What the source said last, if that can still be known.
Result<std::optional<std::string>> SeedObject::last_text(std::uint32_t field,
                                                         const Value& memory) const {
  if (memory.is_null()) return std::optional<std::string>("");
  const auto key = key_of(field);
  const auto is_it = [&](std::string_view text) {
    const auto hash = short_hash(as_bytes(text));
    return memory == hash || (memory.items().size() == 2 && memory.items()[0] == hash);
  };
  if (memory.as_bytes() == nullptr) {
    std::string text;
    const auto count = memory.items().size() == 2 ? memory.items()[1].number() : 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto piece = remembered(piece_key(key, static_cast<std::size_t>(i)));
      if (piece.as_string() == nullptr) break;
      text += *piece.as_string();
    }
    if (is_it(text)) return std::optional(std::move(text));
    return std::optional<std::string>();
  }
  auto now = TRY(state_->text(ref_, field));
  if (is_it(now)) return std::optional(std::move(now));
  // The text as it would be had nobody touched it: its seeds alone.
  auto changes = TRY(state_->history(ref_));
  for (auto& delivered : changes) {
    if (!is_seeds_only(delivered.change, ref_)) delivered.mark = crdt::Mark::is_void;
  }
  const auto rebuilt = TRY(crdt::rebuild(ref_.object, changes));
  const auto at = rebuilt.texts.find(field);
  if (at == rebuilt.texts.end() || !is_it(at->second.text())) return std::optional<std::string>();
  return std::optional(at->second.text());
}

Status SeedObject::text(std::uint32_t field, std::string_view value) {
  const auto key = key_of(field);
  const auto memory = remembered(key);
  const auto hash = short_hash(as_bytes(value));
  const bool same = memory.is_null() ? value.empty()
                    : memory.as_bytes() != nullptr
                        ? memory == hash
                        : memory.items().size() == 2 && memory.items()[0] == hash;
  if (same) return {};
  const auto now = here_ ? TRY(state_->text(ref_, field)) : std::string();
  if (memory.is_null()) {
    // The first time, or an import that has arrived in part: the rest is made as it was made there.
    if (now.empty() || (value.starts_with(now) && now.size() % kSeedPieceBytes < 4)) {
      write_pieces(field, value.substr(now.size()), crdt::utf8::count(now));
    } else if (now != value) {
      kept_.push_back(key);
    }
    remember(key, hash);
    return {};
  }
  const auto before = TRY(last_text(field, memory));
  if (!before) {
    if (now != value) kept_.push_back(key);
  } else {
    const auto changes =
        rebase(*before, changes_between(*before, value), changes_between(*before, now));
    for (auto at = changes.rbegin(); at != changes.rend(); ++at) {  // from the end: places hold
      if (at->erased > 0) {
        auto out = write(field, crdt::Kind::text, crdt::Action::erase);
        out.pos = at->pos;
        out.len = at->erased;
        writes_.push_back(std::move(out));
      }
      write_pieces(field, at->inserted, at->pos);
    }
  }
  remember_text(key, value);
  return {};
}

std::optional<crdt::Place> SeedObject::place() const {
  const auto* bytes = current_.value(field::kPlace);
  if (bytes == nullptr) return std::nullopt;
  auto place = crdt::decode_place(*bytes);
  if (!place) return std::nullopt;
  return std::move(*place);
}

bool SeedObject::wants_place(const ObjectId& container, const Value& token) {
  // Remembered: [container, key, token].
  const auto memory = remembered(key_of(field::kPlace));
  const auto& parts = memory.items();
  if (parts.size() != 3) return !place() || place()->container != container;
  const Value wanted_container = to_bytes(container.view());
  if (parts[0] == wanted_container && parts[2] == token) return false;
  const auto now = place();
  const bool untouched =
      now && Value(to_bytes(now->container.view())) == parts[0] && Value(now->key) == parts[1];
  if (untouched) return true;
  if (now && now->container != container) kept_.push_back(key_of(field::kPlace));
  Value renewed = Value::array();
  renewed.push(wanted_container).push(parts[1]).push(token);
  remember(key_of(field::kPlace), renewed);
  return false;
}

void SeedObject::put_place(const crdt::Place& place, const Value& token) {
  auto out = write(field::kPlace, crdt::Kind::order, crdt::Action::put);
  out.value = crdt::encode(place);
  writes_.push_back(std::move(out));
  Value memory = Value::array();
  memory.push(to_bytes(place.container.view())).push(place.key).push(token);
  remember(key_of(field::kPlace), memory);
}

Status seed_places(const State& state, const SpaceId& space, std::uint32_t type,
                   const ObjectId& container, std::vector<SeedChild>& children) {
  std::vector<SeedChild*> wanting;
  for (auto& child : children) {
    if (child.object->wants_place(container, child.token)) wanting.push_back(&child);
  }
  if (wanting.empty()) return {};

  // Keys that are taken in the container, by anyone.
  Lookup lookup;
  lookup.type = type;
  lookup.space = space;
  lookup.where.push_back({field::kPlace, Value(to_bytes(container.view()))});
  std::set<Bytes> taken;
  for (const auto& ref : TRY(state.find(lookup))) {
    const auto object = TRY(state.object(ref));
    const auto* bytes = object ? object->value(field::kPlace) : nullptr;
    if (bytes == nullptr) continue;
    if (auto place = crdt::decode_place(*bytes)) taken.insert(std::move(place->key));
  }

  std::optional<Bytes> left;
  std::size_t next = 0;
  for (auto& child : children) {
    if (next < wanting.size() && wanting[next] == &child) {
      ++next;
      const auto after = left ? taken.upper_bound(*left) : taken.begin();
      const auto right = after == taken.end() ? std::nullopt : std::optional<Bytes>(*after);
      const auto key = crdt::key_between(left, right, kPlaceTag);
      child.object->put_place({container, key}, child.token);
      taken.insert(key);
      left = key;
    } else if (const auto place = child.object->place();
               place && place->container == container && (!left || place->key > *left)) {
      left = place->key;
    }
  }
  return {};
}

}  // namespace holm::work
