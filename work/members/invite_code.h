// The secret of an invite as a person types it: 28 characters in 7 groups, check included, and the
// keys it yields (DESIGN.md 4).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/keys.h"

namespace holm::work::members {

/// 128 bits, as drawn by the inviter.
using InviteSecret = Id<struct InviteSecretTag>;

/// "K7QF-2M8D-...": Crockford base32, 128 secret bits and 12 check bits.
std::string invite_code(const InviteSecret& secret);
/// Spaces, hyphens and case do not matter; O reads as 0, I and L as 1. Errors: usage, saying
/// whether the length or the check is wrong.
Result<InviteSecret> parse_invite_code(std::string_view code);

/// Signs the joiner's request; its public half stands in the invite op.
crypto::SigningKey invite_signing_key(const InviteSecret& secret);
/// Keys the joiner's handshake; stands in the invite op.
crypto::SecretKey32 invite_psk(const InviteSecret& secret);

}  // namespace holm::work::members
