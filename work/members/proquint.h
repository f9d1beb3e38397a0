// Bytes as words that can be read out: proquints (Wilkerson, arXiv:0901.4016, 2009), 16 bits each.
// Recovery phrases and safety words are made of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "work/members/membership.h"

namespace holm::work::members {

/// Two bytes as five letters: "babad".
std::string proquint(std::uint16_t bits);
/// Nothing when it is none. Lower case only.
std::optional<std::uint16_t> parse_proquint(std::string_view word);
/// An even number of bytes as words with spaces between them.
std::string proquints(ByteView bytes);

/// Six words that two members of a team compare over another way: the same at both, others
/// for other root keys or another team. Order does not matter.
std::string safety_words(const TeamId& team, const crypto::VerifyKey& one,
                         const crypto::VerifyKey& other);
/// Six words that a person compares on two devices after one let in the other.
std::string safety_words(const TeamId& team, const crypto::VerifyKey& root, const DeviceId& device);

}  // namespace holm::work::members
