// Many small documents, saved, as the harness that compares programs makes them (its case `small`).
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace holm::bench {

struct SmallTexts {
  std::vector<Bytes> saved;
  std::vector<std::string> ends;  ///< what each says
  std::size_t bytes() const;
};
/// 1,000 texts of 100 edits each: words typed, mostly at the end, and a fifth as many removals.
Result<SmallTexts> small_texts();

/// Each of them as text in hand; or with its whole history too, checked. False when one is not what
/// it should be.
bool read_all(const SmallTexts& texts);
bool load_all(const SmallTexts& texts);

}  // namespace holm::bench
