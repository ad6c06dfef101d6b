#!/usr/bin/env bash
# Builds the referee clients into a cache outside the repository.
#
#   build.sh NAME      builds one client when it is not there yet and prints its path; never uses the network
#   build.sh --list    the names
#   build.sh --all     fetches the source packages and builds every client; names what is missing, ends with 0
#
# A name without a header in configs/ is Debian's own build of that library; with one it is a build of
# Debian's source package with that header. A build is kept under a hash of all that it is made of.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${TLSFIT_CLIENTS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tlsfit-clients}
stock='bearssl mbedtls-2.28 wolfssl openssl gnutls'
common='main wire heap outcome request'
warnings='-std=gnu11 -Wall -Wextra -Werror'
jobs=$(nproc 2>/dev/null || echo 2)

names() {
  local config
  for config in $stock; do echo "$config"; done
  for config in "$here"/configs/*.h; do
    case $config in *\** | *-base.h) ;; *) basename "$config" .h ;; esac
  done
}

fail() {
  echo "clients: $*" >&2
  exit 1
}

# -- Debian's own builds --

stock_package() {
  case $1 in
    bearssl) echo libbearssl-dev ;;
    mbedtls-2.28) echo libmbedtls-dev ;;
    wolfssl) echo libwolfssl-dev ;;
    openssl) echo libssl-dev ;;
    gnutls) echo libgnutls28-dev ;;
  esac
}

stock_libraries() {
  case $1 in
    bearssl) echo -lbearssl ;;
    mbedtls-2.28) echo -lmbedtls -lmbedx509 -lmbedcrypto ;;
    wolfssl) echo -lwolfssl ;;
    openssl) echo -lssl -lcrypto ;;
    gnutls) echo -lgnutls ;;
  esac
}

# A newer Debian has another line of a library under the same package name: that is not the client named.
package_version() {
  local name=$1 package version
  package=$(stock_package "$name")
  version=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null) || fail "$package is missing: npm run peers"
  case $name:$version in
    mbedtls-2.28:2.28.* | [!m]*) echo "$version" ;;
    *) fail "$name ($package is $version here) is missing: npm run peers" ;;
  esac
}

# -- builds of ours from Debian's source packages --

# The folder of a source package that sources.sh has fetched, by the start of the build's name.
source_folder() {
  local family=${1%%-*} line=${1#*-} folder
  line=${line%%-*}
  for folder in "$cache/sources/$family-$line".*/; do
    [ -e "$folder/.complete" ] && echo "${folder%/}" && return
  done
  fail "the source package of $family $line is missing: npm run peers"
}

# Compiles one file into the cache of objects, which is keyed by the text after the preprocessor: builds that
# differ in a buffer size share every object but the few that read it.
compile() {
  local file=$1 text hash object
  shift
  text=$(mktemp "$work/XXXXXX.i")
  gcc -E -P "$@" "$file" -o "$text"
  hash=$(cat "$text" <(gcc -dumpfullversion) | sha256sum | cut -c1-40)
  object=$cache/objects/$hash.o
  if [ ! -e "$object" ]; then
    gcc -O1 -w -ffunction-sections -fdata-sections -x cpp-output -c "$text" -o "$object.$$"
    mv "$object.$$" "$object"
  fi
  echo "$object"
}

library_files() {
  case $1 in
    mbedtls-*) find "$2/library" -name '*.c' ;;
    wolfssl-*)
      ls "$2"/src/{ssl,internal,tls,tls13,keys,wolfio}.c
      find "$2/wolfcrypt/src" -maxdepth 1 -name '*.c' ! -name misc.c ! -name evp.c
      ;;
  esac
}

build_from_source() {
  local name=$1 out=$2 folder=$3 flags list objects
  cp "$here/configs/$name.h" "$work/user_settings.h"
  flags=(-I"$work" -I"$here/configs")
  case $name in
    mbedtls-*) flags+=(-I"$folder/include" -DMBEDTLS_USER_CONFIG_FILE='"user_settings.h"') ;;
    wolfssl-*) flags+=(-I"$folder" -DWOLFSSL_USER_SETTINGS) ;;
  esac
  list=$cache/objects/$name-$(cat "$here/build.sh" "$here"/configs/*-base.h "$work/user_settings.h" |
    cat - <(echo "$folder") | sha256sum | cut -c1-16).list
  if [ ! -e "$list" ]; then
    mkdir -p "$cache/objects"
    export -f compile
    export cache work
    # shellcheck disable=SC2016
    library_files "$name" "$folder" | sort |
      xargs -d '\n' -P "$jobs" -I{} bash -c 'set -euo pipefail; compile "$@"' _ {} "${flags[@]}" \
        -I"$folder/library" >"$list.new"
    mv "$list.new" "$list"
  fi
  mapfile -t objects <"$list"
  # shellcheck disable=SC2046,SC2086
  gcc -O1 $warnings -D_GNU_SOURCE -DCLIENT_BUILD="\"$name\"" "${flags[@]}" $(client_files "${name%%-*}") \
    "${objects[@]}" -Wl,--gc-sections -lm -o "$out"
}

build_stock() {
  local name=$1 out=$2
  # shellcheck disable=SC2046,SC2086
  gcc -O1 $warnings -D_GNU_SOURCE -DCLIENT_BUILD="\"$name\"" -DCLIENT_LIBRARY_VERSION="\"$3\"" \
    $(client_files "${name%%-*}") $(stock_libraries "$name") -o "$out"
}

client_files() {
  local part
  for part in $common "$1"; do echo "$here/src/$part.c"; done
}

# -- one client --

build() {
  local name=$1 made_of folder='' config="$here/configs/$1.h" configs=() hash out
  command -v gcc >/dev/null || fail 'gcc is missing: npm run peers'
  if [ -e "$config" ]; then
    folder=$(source_folder "$name")
    made_of=$(basename "$folder")
    configs=("$config" "$here/configs"/*-base.h)
  elif [ -n "$(stock_package "$name")" ]; then
    made_of=$(package_version "$name")
  else
    fail "$name: no such client"
  fi
  # A header may include another of the same family.
  hash=$(cat "$here/build.sh" "$here"/src/* ${configs[@]+"${configs[@]}"} <(echo "$name $made_of") |
    sha256sum | cut -c1-16)
  out=$cache/bin/$name-$hash
  if [ ! -x "$out" ]; then
    mkdir -p "$cache/bin"
    exec 9>"$cache/$name.lock"
    flock 9
    if [ ! -x "$out" ]; then
      work=$(mktemp -d)
      trap 'rm -rf "$work"' EXIT
      if [ -n "$folder" ]; then build_from_source "$name" "$out.new" "$folder" >&2
      else build_stock "$name" "$out.new" "$made_of" >&2; fi
      mv "$out.new" "$out"
    fi
    exec 9>&-
  fi
  echo "$out"
}

build_all() {
  local name missing=''
  bash "$here/sources.sh" "$cache/sources" || true
  for name in $(names); do
    (build "$name") >/dev/null || missing="$missing $name"
  done
  [ -z "$missing" ] && echo 'clients: all there' || echo "clients: missing:$missing"
}

case ${1:-} in
  --list) names ;;
  --all) build_all ;;
  '' | -*) fail 'usage: build.sh NAME | --list | --all' ;;
  *) build "$1" ;;
esac
