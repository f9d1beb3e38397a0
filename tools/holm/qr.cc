#include "tools/holm/qr.h"

#include <png.h>
#include <qrencode.h>

#include <cerrno>
#include <memory>
#include <string>

namespace holm::cli {
namespace {

constexpr std::size_t kScale = 8;
constexpr std::size_t kMargin = 4;

}  // namespace

Result<Bytes> qr_png(std::string_view text) {
  const std::string words(text);  // ends in zero
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
      QRcode_encodeString8bit(words.c_str(), 0, QR_ECLEVEL_M), QRcode_free);
  if (!code) {
    if (errno == ERANGE) return fail(Code::limit, "that is too long for a QR code");
    return fail(Code::failed, "the QR code could not be made");
  }
  const auto modules = static_cast<std::size_t>(code->width);
  const auto side = (modules + 2 * kMargin) * kScale;
  Bytes pixels(side * side, 0xff);
  for (std::size_t y = 0; y < modules * kScale; ++y) {
    for (std::size_t x = 0; x < modules * kScale; ++x) {
      const bool is_dark = (code->data[y / kScale * modules + x / kScale] & 1) != 0;
      if (is_dark) pixels[(y + kMargin * kScale) * side + x + kMargin * kScale] = 0;
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = 0;
  Bytes out;
  const auto write = [&](void* to) {
    return png_image_write_to_memory(&image, to, &size, 0, pixels.data(), 0, nullptr) != 0;
  };
  bool is_done = write(nullptr);
  if (is_done) {
    out.resize(size);
    is_done = write(out.data());
  }
  png_image_free(&image);
  if (!is_done) return fail(Code::failed, "the picture of the QR code could not be made");
  out.resize(size);
  return out;
}

}  // namespace holm::cli
