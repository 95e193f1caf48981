# Made by `rehome print-env powershell`. To load it in every shell, put this line into the file that
# $PROFILE.CurrentUserAllHosts names, which is ~/.config/powershell/profile.ps1 on Unix:
#     Invoke-Expression (rehome print-env powershell | Out-String)

$env:{name} = "{value}"

if (($env:PATH -split [IO.Path]::PathSeparator) -cnotcontains "{entry}") {
    $env:PATH = @("{entry}"; if ($env:PATH) { $env:PATH }) -join [IO.Path]::PathSeparator
}

try {
    if (([IO.File]::GetAttributes("{link}") -band [IO.FileAttributes]::ReparsePoint) -and
        -not [IO.Directory]::Exists("{link}")) {
        $null = [IO.Directory]::CreateDirectory("{target}")
    }
} catch {}
