#!/usr/bin/env bash
# split.sh: what rehome is measured against, the pre-RFC's script made to work: each item that is there
# by mkdir, mv and ln -s to where rehome's default profile puts it. It syncs nothing and undoes nothing.
set -euo pipefail

# move HOME DIRECTORY ITEM...
move() {
    local home=$1 to=$2 item
    shift 2
    for item in "$@"; do
        [[ -e $home/$item && ! -L $home/$item ]] || continue
        mkdir -p -- "$to"
        mv -T -- "$home/$item" "$to/$item"
        ln -s -- "$to/$item" "$home/$item"
    done
}

config=${XDG_CONFIG_HOME:-$HOME/.config}
data=${XDG_DATA_HOME:-$HOME/.local/share}
state=${XDG_STATE_HOME:-$HOME/.local/state}
cache=${XDG_CACHE_HOME:-$HOME/.cache}

cargo=${CARGO_HOME:-$HOME/.cargo}
move "$cargo" "$config/cargo" \
    config.toml config binstall.toml .install_config.toml cargo-generate.toml audit.toml
move "$cargo" "$data/cargo" \
    credentials.toml credentials env env.fish env.nu env.tcsh env.ps1 env.xsh \
    .crates.toml .crates2.json binstall bin
move "$cargo" "$state/cargo" log
move "$cargo" "$cache/cargo" registry git build target advisory-db advisory-dbs

rustup=${RUSTUP_HOME:-$HOME/.rustup}
move "$rustup" "$config/rustup" settings.toml
move "$rustup" "$data/rustup" toolchains fallback
move "$rustup" "$state/rustup" state.toml update-hashes
move "$rustup" "$cache/rustup" downloads tmp
