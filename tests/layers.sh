#!/usr/bin/env bash
# layers.sh SRC: fails when a folder of SRC includes a folder that comes after it, when a folder is not
# in the list, or when a file outside os includes a system header that only os may.
set -euo pipefail

src=$1
order=(base os tree rust rules layout shell plan journal scan apply care cli)

declare -A rank
for index in "${!order[@]}"; do
    rank[${order[$index]}]=$index
done

failures=0
fail() {
    echo "$1" >&2
    failures=$((failures + 1))
}

for folder in "$src"/*/; do
    name=$(basename "$folder")
    [[ -n ${rank[$name]:-} ]] || fail "src/$name has no place in the order of folders"
done

while IFS=: read -r file line include; do
    own=${file#"$src"/}
    [[ $own == */* ]] || continue
    folder=${own%%/*}
    included=$(sed -E 's/.*"([a-z_]+)\/.*/\1/' <<<"$include")
    [[ $included == embedded ]] && continue
    if [[ -z ${rank[$included]:-} ]]; then
        fail "$own:$line: includes '$included', which is no folder of src"
    elif ((rank[$included] > rank[$folder])); then
        fail "$own:$line: $folder includes $included, which comes after it"
    fi
done < <(grep -rnE '^#include "' "$src" --include='*.hpp' --include='*.cpp')

# tree walks millions of files and has its own calls to the system.
while IFS=: read -r file line include; do
    own=${file#"$src"/}
    [[ $own == os/* || $own == tree/* ]] || fail "$own:$line: only os and tree may ${include}"
done < <(grep -rnE '^#include <(unistd|fcntl|dirent|sys/.*)\.h>' "$src" --include='*.hpp' --include='*.cpp')

((failures == 0)) && echo "the order of folders holds"
exit $((failures > 0))
