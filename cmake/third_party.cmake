# Debian packages, each behind one interface target that a folder links PRIVATE. Which folder may
# see which header, and why each is here at all, stands in docs/ARCHITECTURE.md.
find_package(PkgConfig REQUIRED)
foreach(item sodium:libsodium uv:libuv sqlite:sqlite3 zstd:libzstd zlib:zlib utf8proc:libutf8proc
    qrencode:libqrencode png:libpng)
  string(REPLACE ":" ";" item ${item})
  list(GET item 0 name)
  list(GET item 1 module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  add_library(holm_${name} INTERFACE)
  target_link_libraries(holm_${name} INTERFACE PkgConfig::${name})
endforeach()

# Header only. msgpack's own CMake package insists on Boost, which the headers can do without.
foreach(item msgpack:msgpack.hpp expected:tl/expected.hpp json:nlohmann/json.hpp cli11:CLI/CLI.hpp)
  string(REPLACE ":" ";" item ${item})
  list(GET item 0 name)
  list(GET item 1 header)
  find_path(HOLM_${name}_INCLUDE ${header} REQUIRED)
  mark_as_advanced(HOLM_${name}_INCLUDE)
  add_library(holm_${name} INTERFACE)
  target_include_directories(holm_${name} SYSTEM INTERFACE ${HOLM_${name}_INCLUDE})
endforeach()
target_compile_definitions(holm_msgpack INTERFACE MSGPACK_NO_BOOST)

find_package(date CONFIG REQUIRED)
add_library(holm_date INTERFACE)
target_link_libraries(holm_date INTERFACE date::date date::date-tz)
find_package(doctest CONFIG REQUIRED)
find_package(Threads REQUIRED)
