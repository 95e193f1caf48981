# Made by `rehome print-env tcsh`. To load it in every shell, put these lines into ~/.tcshrc, or into
# ~/.cshrc if that is the one you have:
#     source /dev/stdin << END
#     `rehome print-env tcsh`
#     END

setenv {name} "{value}"

set rehome_missing
foreach rehome_entry ( $path:q )
    if ( "$rehome_entry:q" == "{entry}" ) unset rehome_missing
end
if ( $?rehome_missing ) set path = ( "{entry}" $path:q )
unset rehome_missing rehome_entry

if ( -l "{link}" && ! -e "{link}" ) then
    \mkdir -p -- "{target}" >& /dev/null
endif
