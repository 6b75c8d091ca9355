#!/bin/sh
# Installs the Debian packages that Cabinet needs and this machine lacks: `system-packages.sh run|test`.
# As root with apt; for anybody else it says in one message what is missing.
set -eu

reason() {
    case "$1" in
        python3-venv) echo "virtual environment for the Python packages" ;;
        tesseract-ocr | tesseract-ocr-*) echo "reading scanned letters" ;;
        libpango-1.0-0 | libpangoft2-1.0-0 | libharfbuzz-subset0) echo "printing letters as PDF" ;;
        fonts-dejavu-core | fonts-liberation) echo "letters with correct ș ț ă â î" ;;
        dovecot-*) echo "tests against a real IMAP server" ;;
        chromium) echo "tests in a real browser" ;;
        postgresql) echo "tests against a real PostgreSQL" ;;
        poppler-utils) echo "tests that look at printed PDFs" ;;
    esac
}

installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

wanted="tesseract-ocr tesseract-ocr-ron tesseract-ocr-hun tesseract-ocr-deu
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-liberation"
# A Python from elsewhere brings its own venv; Debian's needs the package.
python3 -c 'import venv, ensurepip' 2>/dev/null || wanted="python3-venv $wanted"
[ "$1" = test ] && wanted="$wanted dovecot-imapd dovecot-lmtpd chromium postgresql poppler-utils"

missing=""
for package in $wanted; do
    installed "$package" && continue
    missing="$missing $package"
    echo "missing: $package ($(reason "$package"))"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "Cabinet is made for Debian. Install these packages by your system's means:$missing" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "Run this as root, then start again: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing with apt:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
