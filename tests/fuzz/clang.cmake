# cmake -C tests/fuzz/clang.cmake -G Ninja -S . -B build-fuzz: the whole tree as libFuzzer wants it.
set(CMAKE_C_COMPILER clang-14 CACHE STRING "")
set(CMAKE_CXX_COMPILER clang++-14 CACHE STRING "")
set(CMAKE_CXX_FLAGS "-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -w"
    CACHE STRING "")
set(CMAKE_CXX_FLAGS_RELEASE "-O1 -g1" CACHE STRING "")
set(CMAKE_EXE_LINKER_FLAGS "-fsanitize=address,undefined" CACHE STRING "")
set(EDUDELTA_FUZZ ON CACHE BOOL "")
