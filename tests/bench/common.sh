#!/usr/bin/env bash
# common.sh: what the benchmarks share. To source it makes two directories that go at the end, `disk` and
# `memory`. `rehome` and `sample_home` are on PATH.
# shellcheck disable=SC2034 # used by those who source it
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
sample=$here/../../fixtures/homes/realistic.toml

# Below /var/tmp, as /tmp may be a tmpfs.
disk=$(mktemp -d "${TMPDIR:-/var/tmp}/rehome-bench.XXXXXX")
memory=$(mktemp -d /dev/shm/rehome-bench.XXXXXX)
trap 'rm -rf -- "$disk" "$memory"' EXIT

title() { printf '\n%s\n' "$1"; }
line() { printf '    %s\n' "$1"; }

# Runs COMMAND with its words kept for the case that it fails, and sets `took` to its microseconds.
timed() {
    local start=${EPOCHREALTIME//[.,]/}
    "$@" &>"$disk/output" || {
        cat "$disk/output" >&2
        printf 'bench: failed: %s\n' "$*" >&2
        exit 1
    }
    took=$((${EPOCHREALTIME//[.,]/} - start))
}

median() { printf '%s ' "$@" | xargs -n 1 | sort -n | awk '{ n[NR] = $1 } END { print n[int((NR + 1) / 2)] }'; }

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

filesystem() { df --output=fstype "$1" | tail -n 1; }

# The load is of the last minute: where others are at work, too, their work is in the figures.
where_this_runs() {
    echo "$(uname -sr), $(nproc) cores, load $(cut -d ' ' -f 1 /proc/loadavg), $disk on $(filesystem "$disk")"
}
