// Whether the tables that are filled from canonical rows (winners, `also`) hold what those say.
#pragma once

#include "base/result.h"

namespace holm::store {

class Db;
class Objects;

/// Makes them anew in a transaction that is then rolled back, and compares. Requires: no
/// transaction. Errors: the store's. O(store).
Result<bool> tables_fit(Db& db, Objects& objects);

}  // namespace holm::store
