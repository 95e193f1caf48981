# Made by `rehome print-env posix`. To load it at every login, put this line into ~/.profile:
#     eval "$(rehome print-env posix)"

export {name}="{value}"

case ":${PATH-}:" in
    *":{entry}:"*) ;;
    *) export PATH="{entry}${PATH:+:$PATH}" ;;
esac

if [ -L "{link}" ] && [ ! -e "{link}" ]; then
    command mkdir -p -- "{target}" 2>/dev/null || :
fi
