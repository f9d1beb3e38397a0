#include "node/store_state.h"

#include <algorithm>

#include "node/seen.h"
#include "store/logs.h"
#include "store/objects.h"
#include "store/search.h"
#include "work/read.h"
#include "work/rules/erasure.h"
#include "work/schema.h"
#include "work/search/terms.h"

namespace holm::node {
namespace {

bool has_column(crdt::Kind kind) {
  return kind == crdt::Kind::reg || kind == crdt::Kind::order || kind == crdt::Kind::counter;
}

std::vector<work::Ref> refs(const std::vector<store::Found>& found) {
  std::vector<work::Ref> out;
  out.reserve(found.size());
  for (const auto& item : found) out.push_back({item.space, item.object});
  return out;
}

}  // namespace

std::vector<store::TableSpec> table_specs() {
  std::vector<store::TableSpec> out;
  for (const auto& type : work::schema()) {
    store::TableSpec spec{.type = type.number, .name = std::string(type.name), .columns = {}};
    for (const auto& field : type.fields) {
      if (!has_column(field.kind) || field.trait == work::Field::Trait::hidden) continue;
      spec.columns.push_back({.field = field.number,
                              .name = std::string(field.name),
                              .kind = field.kind,
                              .indexed = field.index == work::Field::Index::yes});
    }
    out.push_back(std::move(spec));
  }
  return out;
}

store::Indexer search_indexer() {
  return {.terms_of =
              [](const store::Indexed& object) {
                return work::search::terms_of(object.space, object.state, object.texts,
                                              object.author);
              },
          .version = work::search::kTermsVersion};
}

StoreState::StoreState(store::Store& store, const Merger& merger, const Erasures& erasures,
                       const work::members::Roster& roster, const SpaceId& commons,
                       const MemberId& self, const DeviceId& device)
    : store_(store),
      merger_(merger),
      erasures_(erasures),
      roster_(roster),
      commons_(commons),
      self_(self),
      device_(device) {}

Result<std::optional<crdt::ObjectState>> StoreState::object(const work::Ref& ref) const {
  return store_.objects().find(ref.space, ref.object);
}

Result<WallTime> StoreState::met_at(const work::Ref& ref) const {
  return store_.objects().met_at(ref.space, ref.object);
}

Result<std::string> StoreState::text(const work::Ref& ref, std::uint32_t field) const {
  return store_.objects().content(ref.space, {ref.object, field});
}

Result<crdt::Text> StoreState::full_text(const work::Ref& ref, std::uint32_t field) const {
  return merger_.full_text(ref.space, {ref.object, field});
}

namespace {

/// Errors: usage.
Result<store::Selection> selection_of(const work::Lookup& lookup, const work::Type& type) {
  using Is = store::Condition::Is;
  store::Selection out;
  out.type = lookup.type;
  out.space = lookup.space;
  out.limit = lookup.limit;
  const auto column = [&](std::uint32_t number) -> Result<std::string> {
    const auto* field = work::find_field(type, number);
    if (field == nullptr) return fail(Code::usage, "a lookup names a field its type lacks");
    return std::string(field->name) + (field->kind == crdt::Kind::order ? "_in" : "");
  };
  for (const auto& equals : lookup.where) {
    out.where.push_back(
        {TRY(column(equals.field)), equals.value.is_null() ? Is::null : Is::equal, equals.value});
  }
  for (const auto number : lookup.having) {
    out.where.push_back({TRY(column(number)), Is::not_null, {}});
  }
  std::string order;
  switch (lookup.order) {
    case work::Lookup::By::birth: order = "born_lamport"; break;
    case work::Lookup::By::touch: order = "touched_lamport"; break;
    case work::Lookup::By::place: order = "place_key"; break;
    case work::Lookup::By::title: order = "title"; break;
  }
  const bool is_reversed = lookup.direction == work::Lookup::Direction::descending;
  out.order_by = {is_reversed ? "-" + order : order};
  return out;
}

}  // namespace

Result<std::vector<work::Ref>> StoreState::find(const work::Lookup& lookup) const {
  const auto* type = work::find_type(lookup.type);
  if (type == nullptr) return std::vector<work::Ref>();
  auto out = refs(TRY(store_.objects().select(TRY(selection_of(lookup, *type)))));
  if (lookup.type != work::kErasure) TRY(leave_out_erased(out));
  return out;
}

Result<std::size_t> StoreState::count(const work::Lookup& lookup) const {
  const auto* type = work::find_type(lookup.type);
  if (type == nullptr) return 0;
  const auto selection = TRY(selection_of(lookup, *type));
  auto all = selection;
  all.limit = SIZE_MAX;
  auto out = TRY(store_.objects().count(all));
  if (lookup.type != work::kErasure && out > 0) {
    // An index counts what is left of erased things too.
    for (const auto& ref : erasures_.in(lookup.space)) {
      auto one = all;
      one.space = ref.space;
      one.where.push_back({"object", store::Condition::Is::equal, work::id_value(ref.object)});
      if (TRY(store_.objects().count(one)) > 0 && TRY(work::rules::erasure_of(*this, ref))) --out;
    }
  }
  return std::min<std::size_t>(out, selection.limit);
}

/// What was erased is told of where somebody asks for it, and listed nowhere.
Status StoreState::leave_out_erased(std::vector<work::Ref>& refs) const {
  std::vector<work::Ref> out;
  for (const auto& ref : refs) {
    if (!erasures_.knows(ref) || !TRY(work::rules::erasure_of(*this, ref))) out.push_back(ref);
  }
  refs = std::move(out);
  return {};
}

Result<std::optional<work::Ref>> StoreState::locate(const ObjectId& id) const {
  const auto space = TRY(store_.objects().space_of(id));
  if (!space) return std::optional<work::Ref>();
  return std::optional<work::Ref>(work::Ref{*space, id});
}

Result<std::vector<work::Ref>> StoreState::by_prefix(std::string_view hex,
                                                     std::size_t limit) const {
  return refs(TRY(store_.objects().by_prefix(hex, limit)));
}

Result<std::vector<work::Matched>> StoreState::matching(const Match& match, std::uint64_t before,
                                                        std::size_t limit) const {
  const auto is_readable = [&](const SpaceId& space) {
    return space == commons_ || roster_.rooms.contains(space);
  };
  std::vector<work::Matched> out;
  while (out.size() < limit) {
    const auto rows = TRY(store_.search().matching(match, before, limit));
    for (const auto& row : rows) {
      before = row.no;
      const work::Ref ref{row.space, row.object};
      if (erasures_.knows(ref) && TRY(work::rules::erasure_of(*this, ref))) continue;
      if (is_readable(row.space)) out.push_back({{row.space, row.object}, row.type, row.no});
      if (out.size() == limit) break;
    }
    if (rows.size() < limit) break;
  }
  return out;
}

Result<std::vector<std::string>> StoreState::words_like(std::string_view word,
                                                        std::size_t limit) const {
  return store_.search().words_like(word, limit);
}

Result<std::map<LogId, std::uint64_t>> StoreState::seen(const work::Ref& ref) const {
  return seen_of(store_.facts(), ref);
}

Result<std::vector<crdt::Delivered>> StoreState::history(const work::Ref& ref) const {
  return store_.logs().touching(ref.space, ref.object);
}

Result<std::map<LogId, std::uint64_t>> StoreState::positions(const SpaceId& space) const {
  std::map<LogId, std::uint64_t> out;
  for (const auto& log : TRY(store_.logs().of_space(space))) {
    if (log.applied_seq > log.base_seq) out[log.log] = log.applied_seq;
  }
  return out;
}

Result<crdt::OpId> StoreState::meant(const crdt::OpId& by, const crdt::OpId& named) const {
  return TRY(store_.logs().path(by, named)).front();
}

Result<std::map<LogId, std::uint64_t>> StoreState::meant(
    const SpaceId& space, const crdt::OpId& by, std::map<LogId, std::uint64_t> positions) const {
  std::map<LogId, std::uint64_t> out;
  const auto reach = [&](const LogId& log, std::uint64_t seq) {
    auto& reached = out[log];
    reached = std::max(reached, seq);
  };
  for (const auto& [log, seq] : positions) {
    for (const auto& place : TRY(store_.logs().path(by, {log, seq}))) reach(place.log, place.seq);
  }
  for (const auto& log : TRY(store_.logs().of_space(space))) {
    if (log.is_branch()) reach(log.log, log.base_seq);
  }
  return out;
}

std::optional<MemberId> StoreState::author(const LogId& log) const {
  const auto known = authors_.find(log);
  if (known != authors_.end()) return known->second;
  auto info = store_.logs().find(log);
  if (!info || !*info) return std::nullopt;
  authors_[log] = (*info)->member;
  return (*info)->member;
}

}  // namespace holm::node
