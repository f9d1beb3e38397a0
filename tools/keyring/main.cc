// `holm-keyring`: one question to the desktop's keyring, over libsecret (the Secret Service API,
// specifications.freedesktop.org/secret-service). A program of its own, so that `holm` neither
// loads the desktop's libraries nor shares its memory and time with them: node/keyring_program.h
// starts it. Not for people; its words may change.
//
//   holm-keyring put ID FOLDER      keeps the 32 bytes on stdin
//   holm-keyring get ID             gives them back
//   holm-keyring remove ID FOLDER   forgets them
//
// Says on stdout: "+" when it is done, with the 32 bytes where they were asked for; "-" when there
// is no such key; "!" and why, when the keyring cannot be used now.
#include <libsecret/secret.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace {

// Whoever asks kills this first; should they be gone, nobody waits any more.
constexpr unsigned kSecondsMax = 120;
constexpr std::size_t kKeyBytes = 32;

const SecretSchema* schema() {
  static const SecretSchema kSchema = {
      "holm.HomeKey",
      SECRET_SCHEMA_NONE,
      {{"home", SECRET_SCHEMA_ATTRIBUTE_STRING}, {"folder", SECRET_SCHEMA_ATTRIBUTE_STRING}},
      0,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr};
  return &kSchema;
}

/// What it ends with: 0 when it could say it.
int say(std::string_view answer, std::string_view more = {}) {
  for (auto rest : {answer, more}) {
    while (!rest.empty()) {
      const auto put = ::write(1, rest.data(), rest.size());
      if (put <= 0) return 1;
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  return 0;
}

int unusable(std::string_view why) { return say("!", why); }

int unusable(GError* error) {
  const bool is_dismissed = g_error_matches(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED) ||
                            g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  if (is_dismissed) return unusable("it is locked");
  if (g_error_matches(error, SECRET_ERROR, SECRET_ERROR_NO_SUCH_OBJECT))
    return unusable("nobody has made a keyring in it yet");
  return unusable(error->message);
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// Wipes itself. Keyrings keep text.
struct Hex {
  std::array<char, 2 * kKeyBytes + 1> text{};
  Hex() = default;
  Hex(const Hex&) = delete;
  Hex& operator=(const Hex&) = delete;
  ~Hex() { ::explicit_bzero(text.data(), text.size()); }
};
struct Key {
  std::array<std::uint8_t, kKeyBytes> bytes{};
  Key() = default;
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  ~Key() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

int put(const char* id, const char* folder) {
  Key key;
  std::size_t have = 0;
  while (have < kKeyBytes) {
    const auto got = ::read(0, key.bytes.data() + have, kKeyBytes - have);
    if (got <= 0) return unusable("no key was given");
    have += static_cast<std::size_t>(got);
  }
  Hex hex;
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    hex.text[2 * i] = "0123456789abcdef"[key.bytes[i] >> 4];
    hex.text[2 * i + 1] = "0123456789abcdef"[key.bytes[i] & 15];
  }
  GError* error = nullptr;
  const auto label = "Holm home " + std::string(folder);
  if (secret_password_store_sync(schema(), SECRET_COLLECTION_DEFAULT, label.c_str(),
                                 hex.text.data(), nullptr, &error, "home", id, "folder", folder,
                                 nullptr) == FALSE) {
    return error != nullptr ? unusable(error) : unusable("it keeps nothing");
  }
  return say("+");
}

/// Whether there is such an item that stayed locked, which a look-up answers as if there were none.
bool is_there_locked(const char* id) {
  GError* error = nullptr;
  auto* found = secret_password_search_sync(schema(), SECRET_SEARCH_ALL, nullptr, &error, "home",
                                            id, nullptr);
  return found != nullptr;
}

int get(const char* id) {
  GError* error = nullptr;
  auto* text =
      secret_password_lookup_nonpageable_sync(schema(), nullptr, &error, "home", id, nullptr);
  if (error != nullptr) return unusable(error);
  if (text == nullptr) return is_there_locked(id) ? unusable("it is locked") : say("-");
  Key key;
  bool is_key = std::strlen(text) == 2 * kKeyBytes;
  for (std::size_t i = 0; is_key && i < kKeyBytes; ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    is_key = high >= 0 && low >= 0;
    if (is_key) key.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  secret_password_free(text);
  if (!is_key) return unusable("what it holds for this home is no key");
  return say("+", {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
}

int remove(const char* id, const char* folder) {
  GError* error = nullptr;
  const bool is_removed = secret_password_clear_sync(schema(), nullptr, &error, "home", id,
                                                     "folder", folder, nullptr) != FALSE;
  if (error != nullptr) return unusable(error);
  return say(is_removed ? "+" : "-");
}

int run(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "get" && argc == 3) return get(argv[2]);
  if (what == "put" && argc == 4) return put(argv[2], argv[3]);
  if (what == "remove" && argc == 4) return remove(argv[2], argv[3]);
  return unusable("it was asked for what it does not know");
}

}  // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_DUMPABLE, 0);
  ::alarm(kSecondsMax);
  // Without a bus of a session, a library would start one that nobody ends.
  if (g_getenv("DBUS_SESSION_BUS_ADDRESS") == nullptr && g_getenv("XDG_RUNTIME_DIR") == nullptr) {
    ::_exit(unusable("there is no desktop session"));
  }
  // At once: what the libraries keep to their end is not worth taking apart.
  ::_exit(run(argc, argv));
}
