# Made by `rehome print-env xonsh`. To load it in every shell, put this line into
# $XDG_CONFIG_HOME/xonsh/rc.xsh, or into ~/.config/xonsh/rc.xsh if XDG_CONFIG_HOME is not set:
#     execx(__import__("subprocess").check_output(["rehome", "print-env", "xonsh"], text=True, env=${...}.detype()))
# It is longer than execx($(...)), which in xonsh 0.13 sometimes comes back empty on a busy machine.

${name} = f"{value}"

$PATH.add(f"{entry}", front=True)

if __import__("os").path.islink(f"{link}") and not __import__("os").path.exists(f"{link}"):
    try:
        __import__("os").makedirs(f"{target}", exist_ok=True)
    except OSError:
        pass
