# Made by `rehome print-env nushell`. Nushell reads its start-up files before it runs anything, so
# save the lines once, and again when `rehome migrate` or `rehome rollback` has changed something:
#     rehome print-env nushell | save --force ~/.config/nushell/rehome.nu
# and put this line into ~/.config/nushell/config.nu:
#     source ~/.config/nushell/rehome.nu

$env.{name} = $"{value}"

$env.PATH = ($env.PATH? | default [] | split row (char esep) | where $it != "")
if $"{entry}" not-in $env.PATH { $env.PATH = ($env.PATH | prepend $"{entry}") }

try {
    if ($"{link}" | path type) == "symlink" and (not ($"{link}" | path exists)) {
        mkdir $"{target}"
    }
}
