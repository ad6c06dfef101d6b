#!/usr/bin/env bash
# Fetches the Debian source packages that the referee clients are built from, into the folder given.
# The mirror is the one that this machine's apt uses; its lists and its settings stay untouched.
# Ends with 0 when all are there, else names what is missing and ends with 1.
set -u

folder=${1:?a folder}

# package   release    unpacks to
packages='
mbedtls     bookworm   mbedtls-2.28
wolfssl     bookworm   wolfssl-5.5
mbedtls     trixie     mbedtls-3.6
'

missing() {
  local package release start
  while read -r package release start; do
    if [ -n "$package" ] && ! compgen -G "$folder/$start.*/.complete" >/dev/null; then
      echo "$package $release $start"
    fi
  done <<<"$packages"
}

# The URI of Debian's main archive as this machine's apt knows it.
mirror() {
  local fields='$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)'
  apt-get indextargets --format "$fields" 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /-(security|updates|backports)/ { print $4; exit }'
}

# Runs apt-get with lists and cache of its own; it checks what it fetches against the signed lists.
apt_get() {
  local release=$1 user=()
  shift
  [ "$(id -u)" -eq 0 ] && user=(-o APT::Sandbox::User=root)
  apt-get -qq "${user[@]}" -o Dir::Etc::sourcelist="$work/$release.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$work/$release" -o Dir::Cache="$work/cache-$release" -o Acquire::Languages=none "$@"
}

fetch() {
  local package=$1 release=$2 start=$3 uri=$4 signed='' tree
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -e "$keyring" ] && signed="[signed-by=$keyring] "
  if [ ! -e "$work/$release.list" ]; then
    echo "deb-src $signed$uri $release main" >"$work/$release.list"
    mkdir -p "$work/$release/partial" "$work/cache-$release/archives/partial"
    apt_get "$release" update || return 1
  fi
  mkdir -p "$work/$start"
  (cd "$work/$start" && apt_get "$release" source --download-only "$package" &&
    dpkg-source --no-check -x ./*.dsc tree >/dev/null) || return 1
  # The upstream version names the folder; a package that has moved on to another line is not the one wanted.
  tree=$package-$(sed -n 's/^Version: *\([0-9]*:\)\{0,1\}\([0-9.]*\).*/\2/p' "$work/$start"/*.dsc | head -1)
  case $tree in "$start".*) ;; *) return 1 ;; esac
  rm -rf "${folder:?}/$tree"
  mv "$work/$start/tree" "$folder/$tree" && touch "$folder/$tree/.complete"
}

mkdir -p "$folder"
exec 8>"$folder/.lock"
flock 8
wanted=$(missing)
[ -z "$wanted" ] && exit 0
for tool in apt-get dpkg-source; do
  command -v "$tool" >/dev/null || { echo "sources: $tool is missing"; exit 1; }
done
uri=$(mirror)
[ -n "$uri" ] || { echo 'sources: apt knows no Debian mirror here'; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
while read -r package release start; do
  fetch "$package" "$release" "$start" "$uri" || echo "sources: $package of $release could not be fetched"
done <<<"$wanted"
[ -z "$(missing)" ]
