// What merging did to a text, paragraph by paragraph: "a paragraph both changed gets a 'merged'
// mark with both authors; a paragraph deleted here and edited there: the surviving words stay with
// a notice" (PRODUCT.md 3.3). A mark goes when a person at this device has looked (State::seen), or
// when somebody who has seen both changes the paragraph again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "work/state.h"

namespace holm::work::rules {

struct ParagraphMark {
  enum class Kind { merged, survived } kind = Kind::merged;
  std::uint64_t from = 0;  ///< code points of the live text: the paragraph, or the surviving words
  std::uint64_t to = 0;
  std::vector<MemberId> authors;  ///< sorted. survived: of the words that stayed
  MemberId deleted_by;            ///< survived only
};
/// In text order. Looks at the last 4,096 runs of the text: what is older counts as known to all.
Result<std::vector<ParagraphMark>> paragraph_marks(const State& state, const Ref& ref,
                                                   std::uint32_t field);

}  // namespace holm::work::rules
