#!/bin/sh
# Makes the virtual environment and installs the pinned, hashed packages: `python-packages.sh PYTHON VENV LOCK`.
set -eu
python=$1 venv=$2 lock=$3

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Cabinet needs Python 3.11 or newer; $python is older. Name another: make PYTHON=python3.12 …" >&2
    exit 1
}
[ -x "$venv/bin/python" ] || { echo "Making the virtual environment in $venv"; "$python" -m venv "$venv"; }
echo "Installing the Python packages of $lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
