#!/usr/bin/env bash
# demo.sh: rehome's main job on a sample home, from the dry run to the rollback, as a user would type it.
# `rehome` and `sample_home` are on PATH. The own home is not touched; the sample is removed at the end.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# Below /var/tmp: /tmp may be a tmpfs, where rehome refuses to keep a journal.
sample=$(mktemp -d /var/tmp/rehome-demo.XXXXXX)
trap 'rm -rf -- "$sample"' EXIT

own_cargo=${CARGO_HOME:-$HOME/.cargo}
own_rustup=${RUSTUP_HOME:-$HOME/.rustup}
unset "${!XDG_@}" "${!CARGO@}" "${!RUST@}"
export HOME=$sample/you

bold='' faint='' plain=''
if [[ -t 1 ]]; then bold=$'\e[1m' faint=$'\e[2m' plain=$'\e[0m'; fi

# step WORDS COMMAND: says what comes, shows the command, runs it.
step() {
    printf '\n%s# %s%s\n%s$ %s%s\n' "$faint" "$1" "$plain" "$bold" "$2" "$plain"
    (cd "$HOME" && bash -c "$2" 2>&1) | sed "s|$HOME|/home/you|g"
}

# Lends the sample the real cargo of this machine, with rustup if it came by that. Fails if there is none.
lend_cargo() {
    local rustup toolchain cargo
    rustup=$(command -v rustup) || rustup=$own_cargo/bin/rustup
    for toolchain in "$own_rustup"/toolchains/*; do
        [[ -x $toolchain/bin/cargo && -x $rustup ]] || continue
        cp --remove-destination -L -- "$rustup" "$HOME/.cargo/bin/rustup"
        PATH=$HOME/.cargo/bin:$PATH
        rustup toolchain link lent "$toolchain" && rustup default lent
        return
    done
    cargo=$(command -v cargo) && [[ $(readlink -f -- "$cargo") != */rustup ]]
}

# All that a move could change in either home, an entry a line.
record() (
    cd "$HOME"
    find .cargo .rustup -printf '%p %y %m %U:%G %T@ inode %i links %n %l\n' | sort
    find .cargo .rustup -type f -exec cksum {} + | sort -k 3
    if command -v getfattr >/dev/null; then getfattr -R -P -h -d -m - -e hex .cargo .rustup; fi
    if command -v getfacl >/dev/null; then getfacl -R -P -n .cargo .rustup; fi
)

sample_home "$here/../fixtures/homes/realistic.toml" "$HOME"
has_cargo=false
if { lend_cargo && cd "$HOME" && cargo new --vcs none hello && cd hello && cargo build --offline; } \
    &>"$sample/log"; then has_cargo=true; fi
record >"$HOME/before"

step 'A home as cargo and rustup make it (a sample: yours is not touched).' 'ls -AF ~/.cargo ~/.rustup'
step 'What would rehome do? This only looks.' 'rehome migrate'
step 'Do it: one transaction, all or nothing.' 'rehome migrate --apply --yes'
step 'Every old path still works: it is a link now.' 'ls -l ~/.cargo'
if $has_cargo; then
    step 'So cargo notices nothing. This is the real one; "b" is an alias in config.toml.' \
        'cargo install --list && cd hello && cargo b --offline && target/release/hello'
else
    printf '\n# (There is no cargo on this machine to look through the links.)\n'
fi
step 'The lines for ~/.bashrc, if other programs shall know the new places.' 'rehome print-env bash'
step 'What rehome has done here.' 'rehome history'
step 'All of it back.' 'rehome rollback --yes'

record >"$HOME/after"
step 'And is it the home it was? Names, contents, modes, owners, times, inodes, links, attributes, ACLs:' \
    "diff before after && echo 'no difference in $(wc -l <"$HOME/before") lines'"
