# Completion of keyfob in bash (3.2 or newer; the bash-completion package is not needed).
# Load it with: source <(keyfob completions bash)
_keyfob() {
  local line=${COMP_LINE:0:COMP_POINT} words=() value IFS=$' \t\n'
  read -r -a words <<<"$line"
  # A line that ends in a space has an empty word at the end.
  [[ $line == *[[:space:]] ]] && words+=("")
  local word=${words[${#words[@]} - 1]}
  # readline takes some characters within a word for its borders, and wants only what follows the last of them; an @
  # is a border that belongs to what follows it.
  local before=${word%"${word##*["$COMP_WORDBREAKS"]}"}
  before=${before%@}
  COMPREPLY=()
  while IFS=$'\t' read -r value _; do
    if [[ $value == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("${value#"$before"}")
    fi
  done < <(command keyfob complete -- "${words[@]:1}" 2>/dev/null)
}
complete -F _keyfob keyfob
