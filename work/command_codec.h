// Commands and queries as trees: how they cross the control socket. {"do": "card.add", "board":
// ...}; lists of pairs are arrays of two-element arrays, because their order and repetition count.
#pragma once

#include "base/result.h"
#include "base/value.h"
#include "work/command.h"
#include "work/query.h"

namespace holm::work {

/// Absent options are left out.
Value to_value(const Command& command);
Value to_value(const Query& query);

/// Missing keys keep their defaults. Errors: usage, for an unknown name, an unknown key, a value of
/// another kind, or text that is not UTF-8.
Result<Command> command_from(const Value& value);
Result<Query> query_from(const Value& value);

/// True when `name` names a query, so that one door can take both.
bool is_query(std::string_view name);

}  // namespace holm::work
