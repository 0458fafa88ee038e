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

# Without pip: it takes seven seconds to put there, and uv needs none.
make_venv() {
  local python
  if [ -x .venv/bin/python ] && good_python .venv/bin/python; then return; fi
  rm -rf .venv
  if python=$(find_python); then
    say "Making .venv with $("$python" --version)."
    if "$python" -m venv --without-pip .venv >/dev/null; then return; fi
    rm -rf .venv
    command -v uv >/dev/null 2>&1 || stop "This Python cannot make a virtual environment." \
      "On Debian and Ubuntu: apt-get install python3-venv. Or install uv."
    uv venv --quiet --python "$python" .venv
  elif command -v uv >/dev/null 2>&1; then
    say "Making .venv with a Python that uv fetches."
    uv venv --quiet --python '>=3.11' .venv
  else
    stop "Comptoir needs Python 3.11 or newer; found: $(python3 --version 2>&1 || echo none)." \
      "Install one, or name it: PYTHON=/path/to/python3.12 $0"
  fi
}

# The uv of this machine, or one that the machine's pip fetches for this once (its hash is in requirements-uv.lock).
find_uv() {
  local python
  if command -v uv; then return; fi
  if python=$(find_python) && "$python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-compile \
    --require-hashes --target "$1" -r requirements-uv.lock >/dev/null 2>&1; then
    printf '%s\n' "$1/bin/uv"
    return
  fi
  return 1
}

# uv does not read pip's configuration: what this machine says there about where packages lie is told to it.
# Every file is known by its hash, so it does not matter which of several places gave it.
uv_install() {
  local uv=$1 lock=$2 python key value
  if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX:-}" ] && python=$(find_python); then
    while IFS='=' read -r key value; do
      value=${value#\'} value=${value%\'}
      case $key in
        *.index-url) export UV_DEFAULT_INDEX=$value ;;
        *.extra-index-url) export UV_INDEX=$value ;;
        *.find-links) export UV_FIND_LINKS=${value// /,} ;;
        *.cert) export SSL_CERT_FILE=${SSL_CERT_FILE:-$value} ;;
      esac
    done < <("$python" -m pip config list 2>/dev/null | sed 's/\\n/ /g')
  fi
  "$uv" pip install --quiet --python .venv/bin/python --index-strategy unsafe-best-match --no-deps --require-hashes -r "$lock"
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
  .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null 2>&1 ||
    stop "This Python has no pip. On Debian and Ubuntu: apt-get install python3-venv. Or install uv."
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
  local lock=$1 stamp=.venv/installed wanted total mark scratch uv
  wanted=$(cksum <"$lock")
  make_venv
  if ! grep -qxF "$lock $wanted" "$stamp" 2>/dev/null; then
    total=$(grep -c == "$lock")
    say "Installing $total packages from $lock."
    rm -f "$stamp"
    scratch=$(mktemp -d)
    { uv=$(find_uv "$scratch") && (uv_install "$uv" "$lock"); } || pip_in_two "$lock" | progress "$total"
    rm -rf "$scratch"
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
