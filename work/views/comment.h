// The comments on one thing as the answers of comment.list and card.show hold them.
#pragma once

#include <algorithm>

#include "work/views/shape.h"

namespace holm::work::views {

enum class ResolvedComments { shown, left_out };

/// [{"id", "by", "at", "text", "quote", "orphaned", "resolved", ..., "replies"}], oldest first.
/// A resolved one with replies that its resolver had not seen is never left out.
Result<Value> comments_value(Shape& shape, const Ref& target, ResolvedComments which);

}  // namespace holm::work::views
