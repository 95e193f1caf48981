# Made by `rehome print-env fish`. To load it in every shell, put this line into
# $XDG_CONFIG_HOME/fish/conf.d/rehome.fish, or into ~/.config/fish/conf.d/rehome.fish if
# XDG_CONFIG_HOME is not set:
#     rehome print-env fish | source

set -gx {name} "{value}"

contains -- "{entry}" $PATH; or set -gx PATH "{entry}" $PATH

if test -L "{link}"; and not test -e "{link}"
    command mkdir -p -- "{target}" 2>/dev/null
end
