# Completion of keyfob in PowerShell (5.1 or newer).
# Load it with: keyfob completions powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName keyfob -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -le $cursorPosition } |
        ForEach-Object { $_.ToString() })
    # Older versions drop an empty argument, so that a flag says it.
    $next = @()
    if ($wordToComplete -eq '') { $next = @('--next') }
    & keyfob complete @next -- @words 2>$null | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if ($value -ne ':files') {
            if (-not $description) { $description = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
        }
    }
}
