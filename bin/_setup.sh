# Sourced by bin/dev and bin/test: finds Python, makes .venv, installs a lock file into it when that has changed.

# Hundreds of processes start here: where nothing compiled may be kept, each would compile everything again.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s\n' "$*" >&2; }
stop() { say "$@"; exit 1; }

good_python() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 && good_python "$name"; then command -v "$name"; return; fi
  done
  return 1
}

make_venv() {
  local python
  if [ -x .venv/bin/python ] && good_python .venv/bin/python; then return; fi
  rm -rf .venv
  if python=$(find_python); then
    say "Making .venv with $("$python" --version)."
    if "$python" -m venv .venv >/dev/null; then return; fi
    rm -rf .venv
    command -v uv >/dev/null 2>&1 || stop "This Python cannot make a virtual environment." \
      "On Debian and Ubuntu: apt-get install python3-venv. Or install uv."
    uv venv --quiet --seed --python "$python" .venv
  elif command -v uv >/dev/null 2>&1; then
    say "Making .venv with a Python that uv fetches."
    uv venv --quiet --seed --python '>=3.11' .venv
  else
    stop "Comptoir needs Python 3.11 or newer; found: $(python3 --version 2>&1 || echo none)." \
      "Install one, or name it: PYTHON=/path/to/python3.12 $0"
  fi
}

# One line for every ten packages, so that a slow network does not look like a hang.
progress() {
  awk -v total="$1" '/^Collecting/ { seen++; if (seen % 10 == 0) print "  " seen " of " total; fflush() }
    /^Installing collected/ { print "  unpacking"; fflush() }' >&2
}

# pip takes half a second for each package, one after the other: two of them, each with half of the lock, halve that.
# The lock is complete, so nothing has to be resolved.
pip_in_two() {
  local half halves pids=()
  halves=$(mktemp -d)
  awk -v folder="$halves" '/^[A-Za-z]/ { n++ } n { print > (folder "/" (n % 2)) }' "$1"
  for half in 0 1; do
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off \
      --no-deps --no-compile --require-hashes -r "$halves/$half" &
    pids[$half]=$!
  done
  wait "${pids[0]}" && wait "${pids[1]}" || { kill "${pids[@]}" 2>/dev/null; rm -rf "$halves"; return 1; }
  rm -rf "$halves"
}

# install_lock <lock file> [<lock file that it contains> ...]
install_lock() {
  local lock=$1 stamp=.venv/installed wanted total mark
  wanted=$(cksum <"$lock")
  make_venv
  if ! grep -qxF "$lock $wanted" "$stamp" 2>/dev/null; then
    total=$(grep -c == "$lock")
    say "Installing $total packages from $lock (the first time, about half a minute)."
    rm -f "$stamp"
    # uv is quicker, and pip knows the addresses that this machine's own configuration names.
    command -v uv >/dev/null 2>&1 &&
      uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "$lock" ||
      pip_in_two "$lock" | progress "$total"
    for mark in "$@"; do printf '%s %s\n' "$mark" "$(cksum <"$mark")"; done >"$stamp"
  fi
  link_package
}

# The package is used where it lies: a path file for imports, a short script for the command.
link_package() {
  local packages
  for packages in .venv/lib/python3*/site-packages; do printf '%s\n' "$PWD/backend" >"$packages/comptoir.pth"; done
  printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m comptoir.cli "$@"\n' "$PWD" >.venv/bin/comptoir
  chmod +x .venv/bin/comptoir
}
