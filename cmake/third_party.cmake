# Debian packages, each behind one interface target that a folder links PRIVATE.
find_package(PkgConfig REQUIRED)
foreach(item sodium:libsodium uv:libuv sqlite:sqlite3 zstd:libzstd utf8proc:libutf8proc)
  string(REPLACE ":" ";" item ${item})
  list(GET item 0 name)
  list(GET item 1 module)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
  add_library(holm_${name} INTERFACE)
  target_link_libraries(holm_${name} INTERFACE PkgConfig::${name})
endforeach()

find_package(msgpackc-cxx CONFIG QUIET)
add_library(holm_msgpack INTERFACE)  # header only
target_compile_definitions(holm_msgpack INTERFACE MSGPACK_NO_BOOST)

add_library(holm_expected INTERFACE)  # header only: tl/expected.hpp
add_library(holm_json INTERFACE)      # header only: nlohmann/json.hpp
add_library(holm_cli11 INTERFACE)     # header only: CLI/CLI.hpp
find_package(date CONFIG REQUIRED)
add_library(holm_date INTERFACE)
target_link_libraries(holm_date INTERFACE date::date date::date-tz)
find_package(doctest CONFIG REQUIRED)
find_package(Threads REQUIRED)
