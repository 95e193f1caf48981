#!/usr/bin/env bash
# run.sh NOUN SECONDS: lets libFuzzer try tests/fuzz/NOUN_fuzz.cpp on the corpora fixtures/fuzz/NOUN and
# build/fuzz/corpus/NOUN, which grows, and prints one line of figures. Fails when it found something, and
# says where the reproducer is.
set -euo pipefail

noun=$1 seconds=$2
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/fuzz
program=$build/tests/fuzz/${noun}_fuzz

# What a target is about, and how long its inputs may be.
declare -A sources=(
    [rules]='src/rules/parse.cpp src/rules/toml_reader.cpp' [journal]='src/journal/journal.cpp src/journal/record.cpp'
    [plan]='src/plan/plan_json.cpp src/plan/step_json.cpp' [shell]='src/shell/dialect.cpp src/shell/snippet.cpp'
)
declare -A lengths=([rules]=4096 [journal]=4096 [plan]=4096 [shell]=300)

[[ -x $program ]] || {
    echo "SKIPPED: $program is not built (that takes clang-14 and libclang-rt-14-dev)"
    exit 0
}

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
mkdir -p "$build/corpus/$noun" "$build/findings"
log=$build/$noun.log
options=(-fork=0 -max_total_time="$seconds" -max_len="${lengths[$noun]}" -timeout=300 -print_final_stats=1
    -artifact_prefix="$build/findings/$noun-")
dictionary=$root/fixtures/fuzz/$noun.dict
[[ ! -e $dictionary ]] || options+=(-dict="$dictionary")

if ! (cd "$scratch" && TMPDIR=$scratch LLVM_PROFILE_FILE=$scratch/profile UBSAN_OPTIONS=print_stacktrace=1 \
    "$program" "${options[@]}" "$build/corpus/$noun" "$root/fixtures/fuzz/$noun") &>"$log"; then
    grep -vE "^#[0-9]+[[:space:]]|^INFO: |^[[:space:]]+NEW_FUNC" "$log" | head -n 60
    echo "FAILED: $noun: once more with: $program $(sed -n 's/.*Test unit written to //p' "$log")"
    exit 1
fi

statistic() { awk -v name="stat::$1:" '$1 == name { print $2 }' "$log"; }

# The part of each source's lines that was run.
coverage() {
    command -v llvm-profdata-14 llvm-cov-14 >/dev/null || {
        echo 'unknown, for llvm-14 is not installed'
        return
    }
    llvm-profdata-14 merge -sparse "$scratch/profile" -o "$scratch/merged"
    # Columns 8 and 9 of its table: lines, and those that were not run.
    llvm-cov-14 report -instr-profile "$scratch/merged" "$program" |
        awk -v sources="$1" 'index(" " sources " ", " " $1 " ") {
            printf "%s%s %d of %d lines (%.0f %%)", separator, $1, $8 - $9, $8, 100 * ($8 - $9) / $8
            separator = ", "
        }'
}

printf '%s: %d inputs, %d/s, corpus of %d; %s\n' "$noun" \
    "$(statistic number_of_executed_units)" "$(statistic average_exec_per_sec)" \
    "$(find "$build/corpus/$noun" "$root/fixtures/fuzz/$noun" -type f | wc -l)" \
    "$(coverage "${sources[$noun]}")"
