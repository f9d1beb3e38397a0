# Language, warnings and sanitizers, shared by every target.
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

add_library(holm_options INTERFACE)
target_include_directories(holm_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(holm_options INTERFACE
  -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wunused -fno-omit-frame-pointer)
if(HOLM_SANITIZE)
  target_compile_options(holm_options INTERFACE -fsanitize=${HOLM_SANITIZE} -fno-sanitize-recover=all -g1)
  target_link_options(holm_options INTERFACE -fsanitize=${HOLM_SANITIZE})
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
