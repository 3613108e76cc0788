#!/bin/bash
# Make the environment FOLDER with PYTHON and install exactly what requirements.lock names, by hash.
# Usage: make_venv.sh PYTHON FOLDER. Called by make; repeating it repairs or updates the folder.
set -euo pipefail
python=$1 venv=$2

say() { echo "set-up: $*" >&2; }

if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  say "Python 3.11 or later is needed: run \`apt-get install python3.11 python3.11-venv\`, or make PYTHON=/path/to/python."
  exit 1
fi

# Debian packs venv without pip unless python3-venv is there: three ways, the last one named in a sentence.
make_venv() {
  "$python" -m venv "$venv" 2>/dev/null && return
  rm -rf "$venv"
  "$python" -m virtualenv -q "$venv" 2>/dev/null && return
  rm -rf "$venv"
  # Any pip of 22.3 or later can install into an environment that has none.
  "$python" -m venv --without-pip "$venv" 2>/dev/null &&
    "$python" -m pip --python "$venv/bin/python" install -q pip 2>/dev/null && return
  rm -rf "$venv"
  return 1
}

if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  rm -rf "$venv"
  if ! make_venv; then
    say "cannot make an environment: run \`apt-get install python3.11-venv\` (or \`python3-venv\`)."
    exit 1
  fi
fi

begin=$SECONDS
say "installing requirements.lock into $venv (once; about a minute)"
# A killed pip leaves its environment unusable to others only until make runs this again: the stamp comes last.
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
echo "$((SECONDS - begin))" > "$venv/.install-seconds"
say "done in $((SECONDS - begin)) s"
