// Files as other answers name them: attachments of messages and comments.
#pragma once

#include "work/views/shape.h"

namespace holm::work::views {

/// [{"id", "name", "bytes", "media", "archived"}] of the files in a set of attachments, by name.
/// Those that have not arrived are left out.
Result<Value> attachments_value(Shape& shape, const Ref& ref, const crdt::ObjectState& object,
                                std::uint32_t field);

}  // namespace holm::work::views
