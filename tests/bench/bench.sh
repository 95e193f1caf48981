#!/usr/bin/env bash
# bench.sh [--quick]: measures rehome on sample homes and beside what else does a part of its work, all in
# one run and by the command lines that a user types. It prints; no figure makes it fail.
# `rehome` and `sample_home` are on PATH.
set -euo pipefail

# shellcheck source=tests/bench/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

few=1000 some=120000 many=1000000
apply_rounds=20 walk_rounds=7 start_rounds=200
if [[ ${1:-} == --quick ]]; then
    some=5000 many=20000
    apply_rounds=5 walk_rounds=3 start_rounds=50
fi

quick=("${@:1:1}")
rustup_home=${RUSTUP_HOME:-$HOME/.rustup}

# What counts is the sample's HOME alone.
unset "${!XDG_@}" "${!CARGO@}" "${!RUST@}"

ms() { awk -v us="$1" 'BEGIN { printf "%.1f ms", us / 1000 }'; }

# home N: the directory of a sample home with N files, made when first asked for.
home() {
    local home=$disk/home-$1
    [[ -d $home ]] || sample_home "$sample" "$home" --files "$1"
    echo "$home"
}

# compare WORDS MICROSECONDS_A MICROSECONDS_B GOAL
compare() {
    line "$(printf '%-28s A %9s   B %9s   A/B %s   (goal: at most %s)' \
        "$1" "$(ms "$2")" "$(ms "$3")" "$(ratio "$2" "$3")" "$4")"
}

# --- the work does not grow with the number of files ----------------------------------------------

# calls FILE NAME...: how many of these system calls strace -c counted; without names, of all.
calls() {
    local file=$1
    shift
    awk -v names=" ${*:-total} " 'index(names, " " $NF " ") { n += $4 } END { print n + 0 }' "$file"
}

system_calls() {
    title "System calls of an apply"
    line "$ strace -f -c rehome migrate --apply --yes"
    local files counted counts=()
    for files in "$few" "$many"; do
        HOME=$(home "$files")
        counted=$disk/calls-$files
        timed strace -f -c -o "$counted" rehome migrate --apply --yes
        timed rehome rollback --yes
        counts+=("$(calls "$counted")")
        line "$(printf '%9d files: %6d calls, among them %d fsync, %d fdatasync, %d syncfs' \
            "$files" "${counts[-1]}" "$(calls "$counted" fsync)" "$(calls "$counted" fdatasync)" \
            "$(calls "$counted" syncfs)")"
    done
    line "$(awk -v a="${counts[0]}" -v b="${counts[1]}" \
        'BEGIN { printf "difference: %+.1f %% (goal: less than 5 %%)", (b - a) * 100 / a }')"
}

# --- apply, beside bash ----------------------------------------------------------------------------

# Takes back what split.sh did in HOME.
unsplit() {
    local link target
    for link in "$HOME"/.{cargo,rustup}/{.[!.],}*; do
        target=$(readlink -- "$link") || continue
        [[ $target == "$HOME"/.@(config|local|cache)/* ]] || continue
        rm -- "$link"
        mv -T -- "$target" "$link"
    done
    find "$HOME"/.{config,local,cache} -depth -type d -empty -delete 2>/dev/null || true
}

links() { (cd "$HOME" && find .cargo .rustup -type l -printf '%p %l\n' | sed "s|$HOME/||" | sort); }

# apply_beside_bash PLACE DIRECTORY [ARGUMENT...]: the arguments go to rehome.
apply_beside_bash() {
    local place=$1 ours=$2/ours theirs=$2/theirs a=() b=() round
    shift 2
    sample_home "$sample" "$ours"
    sample_home "$sample" "$theirs"
    for ((round = 0; round < apply_rounds; ++round)); do
        HOME=$ours timed rehome migrate --apply --yes "$@"
        a+=("$took")
        HOME=$theirs XDG_STATE_HOME='' CARGO_STATE_HOME='' RUSTUP_STATE_HOME='' \
            timed bash "$here/split.sh"
        b+=("$took")
        if ((round == 0)) && ! diff <(HOME=$ours links) <(HOME=$theirs links); then
            echo "bench: the two did not make the same links" >&2
            exit 1
        fi
        HOME=$ours timed rehome rollback --yes
        HOME=$theirs unsplit
        # Each round is the first of its home.
        rm -rf -- "${XDG_STATE_HOME:-$ours/.local/state}/rehome"
    done
    compare "$place" "$(median "${a[@]}")" "$(median "${b[@]}")" 0.20
}

apply() {
    title "Apply, median of $apply_rounds rounds, each rolled back"
    line "A  $ rehome migrate --apply --yes    # journal, syncs and checks included"
    line "B  $ bash tests/bench/split.sh       # mkdir, mv, ln -s for each item, no sync"
    apply_beside_bash "disk ($(filesystem "$disk"))" "$disk"
    line "and with A's journal on the disk: XDG_STATE_HOME=/var/tmp/... and --allow-volatile"
    XDG_STATE_HOME=$disk/state \
        CARGO_STATE_HOME=$memory/ours/.local/state/cargo \
        RUSTUP_STATE_HOME=$memory/ours/.local/state/rustup \
        apply_beside_bash tmpfs "$memory" --allow-volatile
}

# --- the dry run, beside du ------------------------------------------------------------------------

dry_run() {
    title "Dry run with sizes, median of $walk_rounds rounds, warm cache"
    line "A  $ rehome migrate"
    line "B  $ du -s ~/.cargo ~/.rustup"
    local files goal a b round
    for files in "$some" "$many"; do
        HOME=$(home "$files") a=() b=()
        for ((round = -1; round < walk_rounds; ++round)); do
            timed rehome migrate
            ((round < 0)) || a+=("$took")
            timed du -s "$HOME/.cargo" "$HOME/.rustup"
            ((round < 0)) || b+=("$took")
        done
        goal=0.60
        ((files < 1000000)) || goal=0.55
        compare "$files files" "$(median "${a[@]}")" "$(median "${b[@]}")" "$goal"
    done
    title "Its memory (goal: flat)"
    line "$ \\time -f %M rehome migrate"
    for files in "$few" "$many"; do
        HOME=$(home "$files")
        timed env time -f %M -o "$disk/peak" rehome migrate
        line "$(awk -v files="$files" '{ printf "%9d files: %.1f MiB", files, $1 / 1024 }' "$disk/peak")"
    done
}

# --- what a shell's start pays ---------------------------------------------------------------------

shell_start() {
    title "print-env on a migrated home, median of $start_rounds rounds"
    line "A  $ rehome print-env bash"
    line "B  $ /bin/true"
    local a=() b=() round
    HOME=$(home "$few")
    timed rehome migrate --apply --yes
    for ((round = 0; round < start_rounds; ++round)); do
        timed rehome print-env bash
        a+=("$took")
        timed /bin/true
        b+=("$took")
    done
    timed rehome rollback --yes
    local ours theirs
    ours=$(median "${a[@]}") theirs=$(median "${b[@]}")
    line "A $(ms "$ours")   B $(ms "$theirs")   A-B $(ms $((ours - theirs)))   (goal: at most 2.0 ms)"
}

where_this_runs
system_calls
apply
dry_run
shell_start
export RUSTUP_HOME=$rustup_home
"$here/across.sh" "${quick[@]}"
if ((EUID == 0)); then
    "$here/across.sh" --image "${quick[@]}"
fi
