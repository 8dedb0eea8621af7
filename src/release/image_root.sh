#!/bin/sh
# image_root.sh PROGRAM FOLDER: makes FOLDER the whole file system of a container for PROGRAM, namely the program,
# the libraries it is linked with, and a folder for its data. Bun brings the certificates of authorities itself.
set -eu
program=$1 folder=$2

mkdir -p "$folder/usr/bin" "$folder/tmp"
chmod 1777 "$folder/tmp"
install -d -m 700 "$folder/data"
install -m 755 "$program" "$folder/usr/bin/keyfob"
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$folder${library%/*}"
  cp -L "$library" "$folder$library"
done
