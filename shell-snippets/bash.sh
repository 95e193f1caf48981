# Made by `rehome print-env bash`. To load it in every shell, put this line into ~/.bashrc, and also
# into ~/.bash_profile or ~/.bash_login if you have one of them:
#     eval "$(rehome print-env bash)"

export {name}="{value}"

[[ ":${PATH-}:" == *":{entry}:"* ]] || export PATH="{entry}${PATH:+:$PATH}"

if [[ -L "{link}" && ! -e "{link}" ]]; then
    command mkdir -p -- "{target}" 2>/dev/null || :
fi
