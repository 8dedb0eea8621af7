#compdef keyfob
# Completion of keyfob in zsh, after compinit.
# Load it with: source <(keyfob completions zsh), or save it as _keyfob in a folder of fpath.
_keyfob() {
  local line files
  local -a names
  while IFS= read -r line; do
    if [[ $line == :files* ]]; then
      files=yes
    else
      names+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done < <(command keyfob complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#names )) && _describe 'keyfob' names
  [[ -n $files ]] && _files
}
if [[ ${funcstack[1]} == _keyfob ]]; then
  _keyfob "$@"
else
  compdef _keyfob keyfob
fi
