# Made by `rehome print-env zsh`. To load it in every shell, put this line into $ZDOTDIR/.zshenv, or
# into ~/.zshenv if ZDOTDIR is not set:
#     eval "$(rehome print-env zsh)"

export {name}="{value}"

[[ ":${PATH-}:" == *":{entry}:"* ]] || export PATH="{entry}${PATH:+:$PATH}"

if [[ -L "{link}" && ! -e "{link}" ]]; then
    command mkdir -p -- "{target}" 2>/dev/null || :
fi
