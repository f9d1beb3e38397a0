# Language, warnings and sanitizers, shared by every target.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release; see CMakePresets.json" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(HOLM_CCACHE ccache)
if(HOLM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HOLM_CCACHE})
endif()

# Whichever quick linker is there; the system's own otherwise.
find_program(HOLM_LLD ld.lld)
find_program(HOLM_MOLD mold)
if(HOLM_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_link_options(-fuse-ld=mold)
elseif(HOLM_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(holm_options INTERFACE)
target_include_directories(holm_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(holm_options INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wunused -fno-omit-frame-pointer
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)  # messages name files as the repository does
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 reports these inside optimised library code that is right (GCC bugs 105329, 105562,
  # 105651); memory errors are AddressSanitizer's to find.
  target_compile_options(holm_options INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
    -Wno-dangling-pointer -Wno-free-nonheap-object -Wno-stringop-overread)
endif()
# Library assertions where speed is not the point. ENSURE is on everywhere.
target_compile_definitions(holm_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(HOLM_SANITIZE)
  target_compile_options(holm_options INTERFACE -fsanitize=${HOLM_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(holm_options INTERFACE -fsanitize=${HOLM_SANITIZE})
endif()
if(HOLM_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    message(FATAL_ERROR "HOLM_FUZZ needs Clang: cmake --preset fuzz")
  endif()
  target_compile_options(holm_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# holm_library(folder sources...) makes the static library of one folder.
function(holm_library name)
  add_library(holm_${name} STATIC ${ARGN})
  target_link_libraries(holm_${name} PUBLIC holm_options)
endfunction()

# holm_test(folder sources...) makes one doctest binary and one ctest entry.
function(holm_test name)
  add_executable(${name}_test ${ARGN})
  target_link_libraries(${name}_test PRIVATE holm_doctest_main)
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
endfunction()
