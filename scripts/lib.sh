# Shared by the scripts of this folder; sourced, not run. Sets $root, the repository. Talks on stderr only.
# shellcheck shell=bash

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)
bin=$root/node_modules/.bin
# Bun takes nothing from the folder in which it is started: no .env, no bunfig.toml, which may name code to be run.
bun_alone=(--no-env-file --config=/dev/null)

# For DENO_V8_FLAGS. Small collections of young objects, since every one stops the world; and a full one marks beside
# requests, not in tasks of its own that nothing comes between (docs/resilience.md). The Dockerfile has the same.
# shellcheck disable=SC2034
deno_v8_flags=--max-semi-space-size=2,--no-incremental-marking-task

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "$(basename "$0"): $*"
  exit 70
}

# Brings node_modules in line with package-lock.json; Bun and Deno come with it. Costs nothing when nothing changed.
install_packages() {
  packages_are_current && return
  command -v npm >/dev/null || die "Node.js 20 or later with npm is needed (https://nodejs.org)"
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || die "Node.js 20 or later is needed, this is $(node -v)"
  (
    # One installation at a time, where the system can lock; whoever waited finds it done.
    if command -v flock >/dev/null; then
      exec 9<"$root/package-lock.json"
      flock 9
    fi
    packages_are_current && exit
    say "installing npm packages into $root/node_modules"
    cd "$root" && npm ci --ignore-scripts=false --no-audit --no-fund --loglevel=error >&2
  ) || die "npm ci failed in $root"
  [ -x "$bin/bun" ] && [ -x "$bin/deno" ] || die "npm ci did not bring Bun and Deno for $(uname -sm)"
}

# npm writes its own lock file last. When the repository's is newer, the versions decide: git touches files too.
packages_are_current() {
  local wanted=$root/package-lock.json installed=$root/node_modules/.package-lock.json
  [ -f "$installed" ] && [ -x "$bin/bun" ] && [ -x "$bin/deno" ] || return 1
  [ "$wanted" -nt "$installed" ] || return 0
  node -e '
    const [wanted, installed] = process.argv.slice(1).map((path) => JSON.parse(require("fs").readFileSync(path)).packages);
    const stale = Object.entries(wanted).some(([path, { version, optional }]) =>
      path !== "" && installed[path]?.version !== version && !(optional && installed[path] === undefined));
    process.exit(stale ? 1 : 0);
  ' "$wanted" "$installed" && touch "$installed"
}

# install_tools COMMAND=DEBIAN_PACKAGE…: brings what is missing, where that can be done without asking.
# Never fails: whoever needs an absent tool says so by name.
install_tools() {
  local pair missing=()
  for pair in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    say "not installed: ${missing[*]} (on Debian: apt-get install ${missing[*]})"
    return
  fi
  say "installing Debian packages: ${missing[*]}"
  without_services apt_get update -q && without_services apt_get install -qy --no-install-recommends "${missing[@]}" ||
    say "apt-get failed: ${missing[*]} stay absent"
}

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get "$@" </dev/null >&2
}

# Runs a command while packages may not start their services: we want nginx the program, not a server on port 80.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  "$@" || status=$?
  rm -f "$policy"
  return "$status"
}
