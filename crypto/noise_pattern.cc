// The pattern table reads like section 7.4 and 7.5 of the specification; psk modifiers are applied
// to it as section 9.4 says: psk0 opens the first message, pskN closes the Nth.
#include "crypto/noise_pattern.h"

#include <algorithm>
#include <array>

namespace holm::crypto {
namespace {

constexpr std::size_t kNameBytesMax = 255;

struct Pattern {
  std::string_view name;
  bool initiator_static_known;
  bool responder_static_known;
  std::array<std::string_view, 3> messages;  // tokens between spaces; unused ones empty
};

constexpr Pattern kPatterns[] = {
    {"N", false, true, {"e es"}},
    {"K", true, true, {"e es ss"}},
    {"X", false, true, {"e es s ss"}},
    {"NN", false, false, {"e", "e ee"}},
    {"NK", false, true, {"e es", "e ee"}},
    {"NX", false, false, {"e", "e ee s es"}},
    {"KN", true, false, {"e", "e ee se"}},
    {"KK", true, true, {"e es ss", "e ee se"}},
    {"KX", true, false, {"e", "e ee se s es"}},
    {"XN", false, false, {"e", "e ee", "s se"}},
    {"XK", false, true, {"e es", "e ee", "s se"}},
    {"XX", false, false, {"e", "e ee s es", "s se"}},
    {"IN", false, false, {"e s", "e ee se"}},
    {"IK", false, true, {"e es s ss", "e ee se"}},
    {"IX", false, false, {"e s", "e ee se s es"}},
};

/// Splits at every `separator`; "a+" gives "a" and "".
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

NoiseToken token(std::string_view text) {
  if (text == "e") return NoiseToken::e;
  if (text == "s") return NoiseToken::s;
  if (text == "ee") return NoiseToken::ee;
  if (text == "es") return NoiseToken::es;
  if (text == "se") return NoiseToken::se;
  return NoiseToken::ss;
}

/// Adds the psk tokens that "psk0+psk2" names.
Status apply_modifiers(std::string_view modifiers, NoiseProtocol& out) {
  int previous = -1;
  for (auto modifier : split(modifiers, '+')) {
    if (modifier.size() != 4 || !modifier.starts_with("psk") || modifier[3] < '0' ||
        modifier[3] > '9') {
      return fail(Code::unsupported,
                  "unknown handshake modifier \"" + std::string(modifier) + "\"");
    }
    const int place = modifier[3] - '0';
    if (place <= previous) {
      return fail(Code::reject,
                  "handshake modifiers must ascend: \"" + std::string(modifiers) + "\"");
    }
    if (static_cast<std::size_t>(place) > out.messages.size()) {
      return fail(Code::unsupported,
                  "the handshake pattern has no place for " + std::string(modifier));
    }
    if (place == 0) {
      out.messages[0].insert(out.messages[0].begin(), NoiseToken::psk);
    } else {
      out.messages[static_cast<std::size_t>(place) - 1].push_back(NoiseToken::psk);
    }
    ++out.psk_count;
    previous = place;
  }
  return {};
}

}  // namespace

Result<NoiseProtocol> parse_noise_protocol(std::string_view name) {
  if (name.size() > kNameBytesMax) return fail(Code::reject, "the Noise protocol name is too long");
  const auto sections = split(name, '_');
  if (sections.size() != 5 || sections[0] != "Noise") {
    return fail(Code::reject, "not a Noise protocol name: \"" + std::string(name) + "\"");
  }
  if (sections[2] != "25519" || sections[3] != "ChaChaPoly" || sections[4] != "BLAKE2b") {
    return fail(Code::unsupported,
                "only 25519_ChaChaPoly_BLAKE2b is built in, not \"" + std::string(name) + "\"");
  }
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto head = sections[1];
  const auto end = std::find_if_not(head.begin(), head.end(), is_upper);
  const auto base = head.substr(0, static_cast<std::size_t>(end - head.begin()));
  const auto* const pattern = std::find_if(std::begin(kPatterns), std::end(kPatterns),
                                           [&](const Pattern& p) { return p.name == base; });
  if (pattern == std::end(kPatterns)) {
    return fail(Code::unsupported, "unknown handshake pattern \"" + std::string(head) + "\"");
  }
  NoiseProtocol out;
  out.name = std::string(name);
  out.initiator_static_known = pattern->initiator_static_known;
  out.responder_static_known = pattern->responder_static_known;
  for (auto message : pattern->messages) {
    if (message.empty()) break;
    auto& tokens = out.messages.emplace_back();
    for (auto text : split(message, ' ')) tokens.push_back(token(text));
  }
  if (const auto modifiers = head.substr(base.size()); !modifiers.empty()) {
    TRY(apply_modifiers(modifiers, out));
  }
  return out;
}

}  // namespace holm::crypto
