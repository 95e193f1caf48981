#!/usr/bin/env bash
# build.sh: builds the targets of tests/fuzz (preset `fuzz`); shows the whole log when that fails.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
log=$root/build/fuzz.log

if ! clang++-14 -fsanitize=fuzzer,address -x c++ - -o /dev/null \
    <<<'extern "C" int LLVMFuzzerTestOneInput(const unsigned char *, unsigned long) { return 0; }' 2>/dev/null; then
    echo "SKIPPED: libFuzzer is not there (packages clang-14 and libclang-rt-14-dev)"
    exit 0
fi
mkdir -p "$root/build"
if ! (cd "$root" && cmake --preset fuzz && cmake --build build/fuzz --parallel "$(nproc)" --target fuzz) &>"$log"; then
    cat "$log" >&2
    exit 1
fi
