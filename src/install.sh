#!/bin/sh
# Installs keyfob: finds the program for this machine, checks it, and puts it in place in one step.
#
#   curl -fsSL ADDRESS/install.sh | sh
#   sh install.sh [--dir DIR] [--version VERSION] [--from DIR] [--quiet] [--uninstall] [--help]
#
# Nothing runs before the last line was read, so a cut download of this script does nothing.
set -eu

# Filled in by the release: its public key (Ed25519) as SPKI DER in base64 and as OpenSSH has it, and where releases are.
release_key=''
release_ssh_key=''
release_url=''

usage() {
  cat <<'END'
Installs keyfob, or removes it.

  sh install.sh [options]          curl -fsSL ADDRESS/install.sh | sh -s -- [options]

  --dir DIR          folder to install into (default: ~/.local/bin)
  --version VERSION  this version instead of the newest
  --from DIR         from the files of a release in DIR, without network
  --quiet            say nothing unless it fails
  --uninstall        remove the program; accounts stay
  --help             this text

Environment: KEYFOB_INSTALL_URL (where releases are), KEYFOB_INSTALL_DIR (as --dir),
http_proxy, https_proxy, no_proxy.
END
}

main() {
  folder=${KEYFOB_INSTALL_DIR:-}
  wanted='' source='' quiet='' task=install work='' failed=1
  read_options "$@"
  choose_folder
  if [ "$task" = uninstall ]; then
    uninstall
  else
    install_program
  fi
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --dir | --version | --from)
        [ $# -ge 2 ] || misuse "$1 needs a value"
        read_value "$1" "$2"
        shift
        ;;
      --dir=* | --version=* | --from=*) read_value "${1%%=*}" "${1#*=}" ;;
      --quiet | -q) quiet=yes ;;
      --uninstall) task=uninstall ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) misuse "there is no option \"$1\"" ;;
    esac
    shift
  done
}

# read_value OPTION VALUE: an empty value is a variable that was not set, and never means the default.
read_value() {
  [ -n "$2" ] || misuse "the value of $1 is empty"
  case $1 in
    --dir) folder=$2 ;;
    --version) wanted=${2#v} ;;
    --from) source=$2 ;;
  esac
}

# --- talking ---------------------------------------------------------------------------------------------------

say() {
  [ -n "$quiet" ] || printf '%s\n' "$1" >&2
}

# fail MESSAGE [HINT]
fail() {
  printf 'keyfob-install: Cannot %s: %s\n' "${task:-install}" "$1" >&2
  [ -z "${2:-}" ] || printf '  hint: %s\n' "$2" >&2
  exit "$failed"
}

# misuse MESSAGE: the command line is wrong.
misuse() {
  failed=2
  fail "$1" 'sh install.sh --help'
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# --- the folder ------------------------------------------------------------------------------------------------

choose_folder() {
  if [ -z "$folder" ]; then
    [ -n "${HOME:-}" ] || fail 'HOME is not set' 'name a folder: --dir /usr/local/bin'
    refuse_foreign_home
    folder=$HOME/.local/bin
  fi
  case $folder in
    /*) ;;
    *) folder=$PWD/$folder ;;
  esac
  while [ "$folder" != / ] && [ "$folder" != "${folder%/}" ]; do folder=${folder%/}; done
}

# Under sudo, HOME may be another person's: files of root in there would be in their way.
refuse_foreign_home() {
  [ -n "${SUDO_USER:-${DOAS_USER:-}}" ] && [ "$(id -u)" = 0 ] && [ -d "$HOME" ] || return 0
  # shellcheck disable=SC2012 # the third field of `ls -n` is the owner's number in every ls; stat is not POSIX
  owner=$(ls -ldn "$HOME" | awk '{ print $3 }')
  [ "$owner" = 0 ] ||
    fail "you are root, and \"$HOME\" is another user's home" 'run it without sudo, or name a folder: --dir /usr/local/bin'
}

# A folder beside the target, so that the last step is a rename within one file system.
make_work_folder() {
  mkdir -p "$folder" 2>/dev/null || fail "the folder \"$folder\" cannot be made" 'name another: --dir DIR'
  [ ! -d "$folder/keyfob" ] || fail "\"$folder/keyfob\" is a folder" 'name another: --dir DIR'
  work=$(mktemp -d "$folder/.keyfob-install.XXXXXX" 2>/dev/null) ||
    fail "the folder \"$folder\" cannot be written to" 'name another: --dir DIR'
  trap 'rm -rf "$work"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# --- this machine ----------------------------------------------------------------------------------------------

find_platform() {
  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    MINGW* | MSYS* | CYGWIN*) fail 'this is Windows' 'unpack keyfob-VERSION-windows-x64.zip from the releases, or: npm install -g keyfob' ;;
    *) fail "there is no keyfob for $(uname -s)" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) processor=x64 ;;
    aarch64 | arm64) processor=arm64 ;;
    *) fail "there is no keyfob for a processor of kind $(uname -m)" ;;
  esac
  if [ "$system" = linux ]; then
    linux_platform
  else
    # A shell under Rosetta says x86_64 on an ARM Mac.
    [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" != 1 ] || processor=arm64
    platform=$system-$processor
  fi
}

linux_platform() {
  if has getconf && [ "$(getconf LONG_BIT 2>/dev/null || :)" = 32 ]; then
    fail 'this system is a 32-bit one' 'keyfob needs a 64-bit system'
  fi
  platform=linux-$processor
  if is_musl; then
    platform=$platform-musl
  elif [ "$processor" = x64 ] && ! grep -q '[[:space:]]avx2[[:space:]]' /proc/cpuinfo 2>/dev/null; then
    platform=$platform-baseline
  fi
}

# Musl's loader and not glibc's: both can be there, and then the glibc program runs.
is_musl() {
  for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 /lib/x86_64-linux-gnu/libc.so.6 /lib/aarch64-linux-gnu/libc.so.6; do
    [ ! -e "$loader" ] || return 1
  done
  for loader in /lib/ld-musl-*.so.1; do
    [ ! -e "$loader" ] || return 0
  done
  return 1
}

# --- fetching --------------------------------------------------------------------------------------------------

choose_source() {
  url=${KEYFOB_INSTALL_URL:-$release_url}
  url=${url%/}
  if [ -n "$source" ]; then
    [ -d "$source" ] || fail "\"$source\" is no folder"
    return 0
  fi
  case $url in
    https://*) protocol=https ;;
    http://127.0.0.1[:/]* | http://localhost[:/]* | http://\[::1\][:/]*) protocol=http ;;
    '') fail 'this installer does not know where releases are' 'set KEYFOB_INSTALL_URL, or use --from DIR' ;;
    *) fail "\"$url\" is not https" 'set KEYFOB_INSTALL_URL to an https address' ;;
  esac
  if has curl; then
    downloader=curl
  elif ! has wget; then
    fail 'there is neither curl nor wget' 'install one, or copy a release here and use --from DIR'
  elif wget --help 2>&1 | grep -qi busybox; then
    downloader=busybox
  else
    downloader=wget
  fi
}

# fetch NAME [VERSION]: the file NAME of the newest release, or of VERSION, into the work folder.
fetch() {
  if [ -n "$source" ]; then
    cp "$source/$1" "$work/$1" 2>/dev/null || fetch_failed "\"$source/$1\" cannot be copied"
    return 0
  fi
  if [ -n "${2:-}" ]; then from=$url/download/v$2/$1; else from=$url/latest/download/$1; fi
  download "$from" "$work/$1" || fetch_failed "\"$from\" could not be downloaded"
}

download() {
  case $downloader in
    curl)
      curl --fail --silent --show-error --location --proto "=$protocol" --connect-timeout 20 --retry 2 \
        --speed-limit 1 --speed-time 60 --output "$2" "$1" </dev/null
      ;;
    wget)
      wget --no-verbose --server-response --timeout=60 --tries=3 --output-document="$2" "$1" \
        </dev/null 2>"$work/said" || wget_said || return 1
      refuse_downgrade
      ;;
    # No -T: busybox 1.35 of Debian 12 crashes with it.
    busybox) wget -q -O "$2" "$1" </dev/null ;;
  esac
}

wget_said() {
  tail -n 1 "$work/said" >&2
  return 1
}

# GNU wget follows https to http, where anybody on the way can put in what they like; it says so when it is done.
refuse_downgrade() {
  [ "$protocol" = https ] && grep -qi '^[[:space:]]*location:[[:space:]]*http:' "$work/said" || return 0
  fail 'the download is redirected to an address that is not https' 'install curl, or try again; nothing was changed'
}

fetch_failed() {
  if is_full; then
    fail "the disk is full; $1" "make room in \"$folder\"; nothing was changed"
  fi
  fail "$1" 'is the network up, and the proxy right? nothing was changed'
}

# Whether not even 4 KiB can be written: more than an empty file, which a full disk may still have room for.
is_full() {
  rm -f "$work/probe"
  ! { dd if=/dev/zero of="$work/probe" bs=4096 count=1 >/dev/null 2>&1 && [ -s "$work/probe" ]; }
}

# --- checking --------------------------------------------------------------------------------------------------

fetch_manifest() {
  fetch keyfob.manifest "$wanted"
  check_signature
  { read -r kind format && read -r key version; } <"$work/keyfob.manifest" || fail 'the release manifest is cut off'
  [ "$kind $format $key" = 'keyfob-release 1 version' ] || fail 'the release manifest is of another kind'
  case $version in
    '' | *[!0-9A-Za-z.-]*) fail 'the release manifest names no version' ;;
  esac
  if [ -n "$wanted" ] && [ "$version" != "$wanted" ]; then
    fail "version $wanted was asked for, and the release is $version"
  fi
}

check_signature() {
  signature='not checked'
  if [ -z "$release_key" ]; then
    reason='this installer was built without a release key'
  elif openssl_can_verify; then
    verify_with_openssl || wrong_signature
    signature=good
  elif ssh_keygen_can_verify; then
    verify_with_ssh_keygen || wrong_signature
    signature=good
  else
    reason='that takes openssl 3 or ssh-keygen 8.2'
  fi
  [ "$signature" != good ] || return 0
  if [ -z "$source" ] && [ "$downloader" = busybox ] && [ "$protocol" = https ]; then
    fail "the signature cannot be checked ($reason), and busybox's wget does not check certificates" \
      'install curl or openssl'
  fi
}

wrong_signature() {
  fail "the release's signature is wrong" 'somebody may be tampering with the download; nothing was changed'
}

# write NAME TEXT: a key that could not be written must not pass for a program that cannot check.
write() {
  printf '%s\n' "$2" 2>/dev/null >"$work/$1" ||
    fail 'the disk is full' "make room in \"$folder\"; nothing was changed"
}

openssl_can_verify() {
  has openssl && openssl pkeyutl -help 2>&1 </dev/null | grep -q -e '-rawin' || return 1
  write key.pem "-----BEGIN PUBLIC KEY-----
$release_key
-----END PUBLIC KEY-----"
  openssl pkey -pubin -in "$work/key.pem" -noout >/dev/null 2>&1 </dev/null
}

verify_with_openssl() {
  fetch keyfob.manifest.sig "$wanted"
  openssl base64 -d -A <"$work/keyfob.manifest.sig" >"$work/signature" 2>/dev/null || return 1
  openssl pkeyutl -verify -pubin -inkey "$work/key.pem" -rawin -in "$work/keyfob.manifest" \
    -sigfile "$work/signature" >/dev/null 2>&1 </dev/null
}

# Older ones know no -Y verify, and say so instead of what is missing.
ssh_keygen_can_verify() {
  has ssh-keygen && ssh-keygen -Y verify 2>&1 </dev/null | grep -qi 'too few arguments'
}

verify_with_ssh_keygen() {
  fetch keyfob.manifest.sshsig "$wanted"
  write signers "release $release_ssh_key"
  ssh-keygen -Y verify -f "$work/signers" -I release -n keyfob-release -s "$work/keyfob.manifest.sshsig" \
    >/dev/null 2>&1 <"$work/keyfob.manifest"
}

# check_file NAME: that the file has the size and the hash that the manifest says.
check_file() {
  expected=$(awk -v name="$1" '$1 == "file" && $4 == name { print $2, $3 }' "$work/keyfob.manifest")
  [ -n "$expected" ] || fail "the release has no \"$1\""
  actual="$(hash_of "$work/$1") $(wc -c <"$work/$1" | tr -d ' ')"
  [ "$actual" = "$expected" ] ||
    fail "\"$1\" is not the file that was released (its checksum differs)" 'try again; nothing was changed'
}

hash_of() {
  if has sha256sum; then
    sha256sum <"$1"
  elif has shasum; then
    shasum -a 256 <"$1"
  elif has openssl; then
    openssl dgst -sha256 -r <"$1"
  else
    fail 'there is neither sha256sum nor shasum nor openssl to check the download with'
  fi | awk '{ print $1 }'
}

# Whether version $1 is older than $2, by their three numbers.
is_older() {
  printf '%s %s\n' "${1%%-*}" "${2%%-*}" |
    awk '{ split($1, a, "."); split($2, b, "."); for (i = 1; i <= 3; i++) if (a[i] + 0 != b[i] + 0) exit !(a[i] + 0 < b[i] + 0); exit 1 }'
}

# --- putting in place ------------------------------------------------------------------------------------------

install_program() {
  umask 022
  find_platform
  choose_source
  make_work_folder
  fetch_manifest
  refuse_older
  archive=keyfob-$version-$platform.tar.gz
  say "Fetching keyfob $version for $platform"
  fetch "$archive" "$version"
  check_file "$archive"
  unpack
  put_in_place
  say "Installed keyfob $version in $folder (checksum good, signature $signature${reason:+: $reason})"
  advise
}

# An old release that somebody serves as the newest must not replace a newer one; --version says it is meant.
refuse_older() {
  reason=${reason:-}
  [ -z "$wanted" ] && [ -x "$folder/keyfob" ] || return 0
  present=$("$folder/keyfob" --version 2>/dev/null </dev/null) || return 0
  if is_older "$version" "$present"; then
    fail "keyfob $present is there and newer than $version" "to go back on purpose: --version $version"
  fi
}

unpack() {
  # From within: GNU tar takes backslashes in the name of a folder for escapes.
  if ! (cd "$work" && tar -xzf "$archive") 2>"$work/said" </dev/null; then
    if is_full; then fail 'the disk is full' "make room in \"$folder\"; nothing was changed"; fi
    fail "the archive cannot be unpacked: $(tail -n 1 "$work/said")"
  fi
  chmod 755 "$work/keyfob"
  says=$("$work/keyfob" --version 2>"$work/said" </dev/null) || :
  [ "$says" = "$version" ] ||
    fail "the program does not start here: $(tail -n 1 "$work/said")" "$(start_hint)"
}

start_hint() {
  case $platform in
    *-musl) printf 'apk add libstdc++ libgcc; nothing was changed' ;;
    *) printf 'keyfob needs Linux 5.1 with glibc 2.17, or macOS 13, and a folder that programs may run in; nothing was changed' ;;
  esac
}

put_in_place() {
  mv -f "$work/keyfob" "$folder/keyfob" || fail "\"$folder/keyfob\" cannot be replaced"
  manual=$(manual_folder)
  [ -n "$manual" ] || return 0
  # A man page that cannot be installed is no reason to fail.
  { mkdir -p "$manual" && cp "$work/keyfob.1" "$manual/keyfob.1"; } 2>/dev/null || :
}

# Where man looks for the pages of programs in this folder: bin's neighbour.
manual_folder() {
  case $folder in
    */bin) printf '%s' "${folder%/bin}/share/man/man1" ;;
  esac
}

advise() {
  case :${PATH:-}: in
    *":$folder:"* | *":$folder/:"*)
      found=$(command -v keyfob || :)
      case $found in
        "$folder/keyfob" | "$folder//keyfob") ;;
        *) say "Another keyfob comes first in PATH: $found" ;;
      esac
      say 'Log in with: keyfob login'
      return 0
      ;;
  esac
  case $folder in
    *:*)
      say "PATH cannot hold a folder with a colon in its name. Log in with: $(word "$folder/keyfob") login"
      return 0
      ;;
  esac
  say "$folder is not in PATH yet. Add it with:"
  home='~'
  case ${SHELL:-} in
    */fish) say "  fish_add_path $(fish_word "$folder")" ;;
    */zsh) say "  $(path_line "${ZDOTDIR:-$home}/.zshrc")" ;;
    */bash) say "  $(path_line "$home/.bashrc")" ;;
    *) say "  $(path_line "$home/.profile")" ;;
  esac
  say 'and open a new terminal. Then log in with: keyfob login'
}

# path_line FILE: the command that puts the folder into PATH for good. Plain for a plain folder; else each shell that
# reads it, today's and the one that starts with FILE, has to find a word that it takes literally.
path_line() {
  if is_plain "$folder"; then
    printf "echo 'export PATH=\"%s:\$PATH\"' >> %s" "$folder" "$(file_word "$1")"
  else
    printf "printf '%%s\\\\n' %s >> %s" "$(word "export PATH=$(word "$folder"):\"\$PATH\"")" "$(file_word "$1")"
  fi
}

is_plain() {
  case $1 in
    *[!A-Za-z0-9/._+@%,\ -]*) return 1 ;;
  esac
}

# word TEXT: as a word of a shell. file_word PATH: so, as it is where that does. fish_word TEXT: for fish.
word() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

file_word() {
  case $1 in
    *[!A-Za-z0-9/._+@%,~-]*) word "$1" ;;
    *) printf '%s' "$1" ;;
  esac
}

fish_word() {
  if is_plain "$1"; then printf '"%s"' "$1"; else printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"; fi
}

uninstall() {
  [ -e "$folder/keyfob" ] || [ -L "$folder/keyfob" ] || fail "there is no \"$folder/keyfob\"" 'name its folder: --dir DIR'
  rm -f "$folder/keyfob" 2>/dev/null || fail "\"$folder/keyfob\" cannot be removed"
  rm -f "$folder/keyfob.previous"
  manual=$(manual_folder)
  [ -z "$manual" ] || rm -f "$manual/keyfob.1"
  say "Removed $folder/keyfob"
  say "Accounts and settings stay in $(kept_folders)"
}

kept_folders() {
  if [ -n "${KEYFOB_HOME:-}" ]; then
    printf '%s' "$KEYFOB_HOME"
  elif [ "$(uname -s)" = Darwin ]; then
    printf '%s/Library/Application Support/keyfob' '~'
  else
    printf '%s' "${XDG_DATA_HOME:-~/.local/share}/keyfob and ${XDG_CONFIG_HOME:-~/.config}/keyfob"
  fi
}

main "$@"
