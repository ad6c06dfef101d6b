#!/usr/bin/env bash
# `tlsfit check` with a report for each reader of a CI run, in tlsfit-reports/. For action.yml and deploy/ci/gitlab.yml.
# TLSFIT: how tlsfit is run; the build of this checkout where it is empty. Exits as tlsfit check does.
set -euo pipefail

reports=tlsfit-reports
rm -rf "$reports"
mkdir "$reports"

read -r -a command <<<"${TLSFIT:-}"
if [ "${#command[@]}" -eq 0 ]; then
  command=(node "$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/dist/cli/main.js")
fi

arguments=(check)
[ -z "${TLSFIT_FILE:-}" ] || arguments+=(--file "$TLSFIT_FILE")
[ -z "${TLSFIT_BASELINE:-}" ] || arguments+=(--baseline "$TLSFIT_BASELINE")
[ "${TLSFIT_STRICT:-true}" != true ] || arguments+=(--strict)
[ "${TLSFIT_FORECAST:-true}" != true ] || arguments+=(--forecast)

"${command[@]}" "${arguments[@]}" \
  --report "markdown:$reports/tlsfit.md" \
  --report "junit:$reports/tlsfit.xml" \
  --report "sarif:$reports/tlsfit.sarif" \
  --report "json:$reports/tlsfit.json"
