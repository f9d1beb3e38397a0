// Rows out of single pages of a store's file, whatever table they belong to and whether or not
// anything still leads to them. Source: sqlite.org/fileformat2.html, 1.6 and 2.1.
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "store/page_file.h"

namespace holm::store {

/// A value of a row: nothing, a number, text or bytes. Reals are of no use here and read as
/// nothing.
using Cell = std::variant<std::monostate, std::int64_t, std::string, Bytes>;

struct Record {
  std::optional<std::int64_t> rowid;  ///< of a table that has them; else the row lies in an index
  std::vector<Cell> cells;            ///< as stored: in tables without rowid, the key's first
};

/// Hands each row that begins on a page to `visit`. Rows of which a part cannot be read are left
/// out and counted in `lost`. A page that holds no rows has none. Errors: failed (the disk).
Status each_record(PageFile& file, std::uint32_t number, const PageFile::Page& page,
                   std::uint64_t& lost, const std::function<void(Record)>& visit);

}  // namespace holm::store
