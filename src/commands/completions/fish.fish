# Completion of keyfob in fish.
# Load it with: keyfob completions fish | source, or save it as ~/.config/fish/completions/keyfob.fish.
function __keyfob_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l last (commandline -ct)
    command keyfob complete -- $words "$last" 2>/dev/null
end
complete -c keyfob -f -a '(__keyfob_complete | string match -v -r "^:files")'
complete -c keyfob -F -n '__keyfob_complete | string match -q -r "^:files"'
