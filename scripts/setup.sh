#!/usr/bin/env bash
# Prepares a fresh machine for `npm run demo`, `npm test` and `npm run sandbox`: checks what must be there, installs
# the npm packages, and hands over to sandbox/setup.ts on the Node 24 that they bring. A second run takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
fail() { echo "setup: $*" >&2; exit 1; }

[ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null || fail 'the sandbox needs Linux with apt-get (Debian or Ubuntu).'
[ "$(uname -m)" = x86_64 ] || fail 'the sandbox needs an x86-64 machine.'
[ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || fail 'be root, or allow sudo without a password.'
command -v node >/dev/null || fail 'Node 20 or newer is missing.'
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || fail "Node 20 or newer is needed; this is $(node --version)."
command -v python3 >/dev/null || fail 'Python 3.10 or newer is missing (apt-get install python3 python3-venv).'
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "Python 3.10 or newer is needed; this is $(python3 --version)."
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  echo 'setup: python3-venv'
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qqy -o DPkg::Lock::Timeout=300 install --no-install-recommends python3-venv >/dev/null
fi
command -v go >/dev/null || fail 'Go 1.25 or newer is missing (https://go.dev/dl): buildx, act and actionlint are compiled with it.'

mkdir -p .sandbox/log
exec 9>.sandbox/setup.lock
flock 9

lock=$(sha256sum package-lock.json | cut -d ' ' -f 1)
stamp=node_modules/.package-lock.sha256
if [ ! -x node_modules/.bin/node ] || [ "$(cat $stamp 2>/dev/null)" != "$lock" ]; then
  echo 'setup: npm packages'
  npm ci --no-audit --no-fund >.sandbox/log/setup-npm.log 2>&1 || { tail -n 30 .sandbox/log/setup-npm.log >&2; fail 'npm ci failed.'; }
  echo "$lock" >$stamp
fi

exec node_modules/.bin/node sandbox/setup.ts
