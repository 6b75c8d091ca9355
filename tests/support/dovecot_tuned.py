"""A Dovecot with more lines in its configuration, for abilities and rights that the usual one does not show."""

from pathlib import Path

from tests.support.dovecot import DovecotServer


class TunedDovecot(DovecotServer):
    """As its parent, with `lines` before its configuration."""

    def __init__(self, lines: str) -> None:
        self._lines = lines
        super().__init__()

    def _configuration(self, certificate: Path, key: Path) -> str:
        return f"{self._lines}\n{super()._configuration(certificate, key)}"
