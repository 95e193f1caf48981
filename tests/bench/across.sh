#!/usr/bin/env bash
# across.sh [--image] [--quick]: measures rehome where it has to copy, between the disk and a tmpfs, beside
# the programs that move a tree there, all in one run and by the command lines that a user types. Each of
# them gets a fresh copy, and what it leads to is on the disk at the end (sync -f). It prints; no figure
# makes it fail. With --image (root) the disk is an ext4 in a file in memory: then nobody waits for a device,
# and what is left is the work of the processor. `rehome` and `sample_home` are on PATH.
set -euo pipefail

if [[ ${1:-} == --image ]]; then
    image=$(mktemp -d /dev/shm/rehome-bench-image.XXXXXX)
    trap 'rm -rf -- "$image"' EXIT
    mkdir "$image/disk"
    truncate -s 16G "$image/ext4"
    mkfs.ext4 -q -i 4096 "$image/ext4" # an inode for each small file
    # What is removed there is to leave the memory, too: discard.
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare --mount --propagation private bash -c \
        'mount -o loop,discard "$1/ext4" "$1/disk" && TMPDIR=$1/disk "${@:2}"' - "$image" "$0" "${@:2}"
    exit
fi

# shellcheck source=tests/bench/common.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/common.sh"

small_files=300000 rounds=3 whole_home=yes
sizes=(1000 10000 100000 1000000)
if [[ ${1:-} == --quick ]]; then
    small_files=20000 rounds=1 whole_home=no
    sizes=(1000 10000 100000)
fi

toolchains=${RUSTUP_HOME:-$HOME/.rustup}/toolchains

# What counts is the sample's HOME alone.
unset "${!XDG_@}" "${!CARGO@}" "${!RUST@}"
export XDG_STATE_HOME=$disk/state # a journal never lies on a tmpfs
export from to base item

# All of them move the tree $from to $to, which is $base/ITEM.
# shellcheck disable=SC2016 # a shell of their own expands them
declare -A commands=(
    [rehome]='rehome migrate --apply --yes --allow-volatile --only "$item" --cache-dir "$base" --data-dir "$base"'
    [mv]='mv "$from" "$to"'
    [rsync]='rsync -a --remove-source-files "$from/" "$to/"'
    [cp]='cp -a "$from" "$to" && rm -rf "$from"'
    [tar]='mkdir "$to" && tar -C "$from" -cf - . | tar -C "$to" -xf - && rm -rf "$from"'
)
peers=(mv rsync cp tar)

seconds() { awk -v us="$1" 'BEGIN { printf "%.2f s", us / 1e6 }'; }

# sample DIRECTORY FILES: a sample home, but for what cannot be copied.
sample() {
    sample_home "$sample" "$1" --files "$2"
    find "$1" -type p,s,b,c -delete
}

names_below() { find "$1" -printf . | wc -c; }

# Runs the shell's LINE and then syncs $to. Sets `took`; `user`, `system` in microseconds; `peak` in KiB.
measured() {
    local used=$disk/used
    timed env time -f '%U %S %M' -o "$used" bash -c "set -o pipefail; { $1; } && sync -f \"\$to\""
    read -r user system peak < <(tail -n 1 "$used" | awk '{ printf "%d %d %d\n", $1 * 1e6, $2 * 1e6, $3 }')
}

# places SOURCE_DIRECTORY TARGET_DIRECTORY ITEM: nothing lies there yet. Sets HOME, from, to, base, item.
places() {
    HOME=$1/home base=$2/target item=$3
    rm -rf -- "$HOME" "$base" "$XDG_STATE_HOME"
    from=$HOME/.$item to=$base/$item
    mkdir -p -- "$(dirname -- "$from")" "$(dirname -- "$to")"
}

# What is still to be written of it would be written while the next one is measured.
settle() { sync -f "$disk"; }

# --- beside other programs -------------------------------------------------------------------------

# explain_bound NAMES OURS OUR_CPU KERNEL BYTES_ALONE: what bounds a move of `master` is the bytes, written
# as one file, or the kernel's work for each name.
explain_bound() {
    awk -v names="$1" -v ours="$2" -v cpu="$3" -v kernel="$4" -v alone="$5" \
        -v bytes="$(du -s --apparent-size -B1 "$master" | cut -f 1)" -v cores="$(nproc)" 'BEGIN {
        indent = "    "
        printf "%srehome: %.0f us a name, %.0f us of them user and system time; %.0f MB/s\n",
            indent, ours / names, cpu / names, bytes / ours
        printf "%sthe bytes alone, cat of one such file and sync -f: %.2f s, %.0f MB/s\n",
            indent, alone / 1e6, bytes / alone
        printf "%sthe names alone, system time of cp -a and rm -rf: %.2f s, %.0f us a name; %.2f s on %d cores\n",
            indent, kernel / 1e6, kernel / names, kernel / cores / 1e6, cores
        by = alone > kernel / cores ? "bytes" : "names"
        bound = by == "bytes" ? alone : kernel / cores
        printf "%sbound by the %s: rehome takes %.2f times that\n", indent, by, ours / bound
    }'
}

# Sets `took` to what it takes to bring the bytes of `master` over as one file.
bytes_alone() {
    places "$1" "$2" "$3"
    tar -C "$master" -cf "$from" .
    settle
    # shellcheck disable=SC2016
    measured 'cat "$from" >"$to"'
}

# side_by_side TITLE SOURCE_DIRECTORY TARGET_DIRECTORY ITEM GOAL_MV GOAL_RSYNC: moves copies of `master`.
side_by_side() {
    local source=$2 target=$3 names round name programs=(rehome "${peers[@]}")
    local -A times=() cpu=() kernel=() goals=([mv]=$5 [rsync]=$6)
    names=$(names_below "$master")
    title "$1, $names names, $(filesystem "$source") -> $(filesystem "$target"), median of $rounds, warm cache"
    for ((round = 0; round < rounds; ++round)); do
        # Each begins a round in turn: the first one finds the memory cold.
        for name in "${programs[@]:round%${#programs[@]}}" "${programs[@]:0:round%${#programs[@]}}"; do
            places "$source" "$target" "$4"
            cp -a -- "$master" "$from"
            settle
            measured "${commands[$name]}"
            times[$name]+=" $took" cpu[$name]+=" $((user + system))" kernel[$name]+=" $system"
            [[ $(names_below "$to") == "$names" ]] || {
                echo "bench: $name did not move all of $from" >&2
                exit 1
            }
        done
    done
    local ours theirs goal
    ours=$(median "${times[rehome]}")
    line "$(printf '%-7s %9s' rehome "$(seconds "$ours")")"
    for name in "${peers[@]}"; do
        theirs=$(median "${times[$name]}") goal=${goals[$name]:-}
        line "$(printf '%-7s %9s   rehome/%s %s%s' "$name" "$(seconds "$theirs")" "$name" \
            "$(ratio "$ours" "$theirs")" "${goal:+   (goal: at most $goal)}")"
    done
    bytes_alone "$source" "$target" "$4"
    explain_bound "$names" "$ours" "$(median "${cpu[rehome]}")" "$(median "${kernel[cp]}")" "$took"
    rm -rf -- "$HOME" "$base"
}

# Of those that are installed, not only linked.
smallest_toolchain() {
    find "$toolchains" -mindepth 1 -maxdepth 1 -type d -exec du -s {} + | sort -n | cut -f 2 | sed q
}

beside_others() {
    title "Across filesystems: all of a tree moved, and \`sync -f\` of its new place"
    local name
    for name in rehome "${peers[@]}"; do
        line "$(printf '%-7s $ %s' "$name" "${commands[$name]}")"
    done
    line "rehome also verifies: it reads back all that it wrote (--verify full, the default)"

    master=$disk/master
    if [[ ! -d $toolchains ]]; then
        title "A real rustup home: left out, there is no $toolchains"
    else
        # The real one is only read.
        if [[ $whole_home == yes ]]; then
            cp -a -- "$toolchains" "$master"
        else
            mkdir "$master"
            cp -a -- "$(smallest_toolchain)" "$master"
        fi
        side_by_side "A real rustup home" "$disk" "$memory" rustup/toolchains 0.60 0.45
        side_by_side "A real rustup home" "$memory" "$disk" rustup/toolchains 1.10 ''
        rm -rf -- "$master"
    fi

    sample "$disk/sample" "$small_files"
    mv -- "$disk/sample/.cargo/registry" "$master"
    rm -rf -- "$disk/sample"
    side_by_side "A registry of small files" "$disk" "$memory" cargo/registry 0.60 0.45
    side_by_side "A registry of small files" "$memory" "$disk" cargo/registry 0.70 ''
    rm -rf -- "$master"
}

# --- ten times the files ---------------------------------------------------------------------------

growing() {
    title "Across filesystems, $(filesystem "$disk") -> $(filesystem "$memory"), ten times the files"
    line "$ \\time -f '%U %S %M' ${commands[rehome]}"
    line "(goals: at most 64 MiB, all flat)"
    local files names
    for files in "${sizes[@]}"; do
        # Twice in memory: a page and an inode each at least.
        if ((files * 12 > $(awk '/^MemAvailable/ { print $2 }' /proc/meminfo))); then
            line "$(printf '%9d files: left out, too little memory' "$files")"
            continue
        fi
        places "$disk" "$memory" cargo/registry
        sample "$HOME" "$files"
        names=$(names_below "$from")
        settle
        measured "${commands[rehome]}"
        line "$(awk -v files="$files" -v names="$names" -v took="$took" -v cpu=$((user + system)) \
            -v peak="$peak" 'BEGIN {
            printf "%9d files: %5.1f MiB; a name %6.1f us, of them user and system %6.1f us",
                files, peak / 1024, took / names, cpu / names }')"
    done
    rm -rf -- "$HOME" "$base"
}

# --------------------------------------------------------------------------------------------------

if [[ $(filesystem "$disk") == tmpfs || $(filesystem "$memory") != tmpfs ]]; then
    title "Across filesystems: left out, $disk and $memory are not a disk and a tmpfs"
    exit 0
fi
for program in rsync tar; do
    command -v "$program" >/dev/null || {
        title "Across filesystems: left out, no $program"
        exit 0
    }
done
where_this_runs
beside_others
growing
