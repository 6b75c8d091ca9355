"""The key under which refresh tokens are kept: a file in the data folder that only its owner can read.

It lies beside the database and not in it, so that a copy of the database alone signs nobody in.
"""

import os
import stat
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from config.errors import SecretExposed
from config.settings import Settings
from registry.errors import TokenKeyUnusable

KEY_NAME = "token.key"


class TokenKey:
    """Seals and opens refresh tokens. The key file is made when the first one is sealed."""

    def __init__(self, path: Path) -> None:
        """Use the key file at `path`; nothing is read or written yet."""
        self.path = path

    def seal(self, token: str) -> str:
        """The token, encrypted. `TokenKeyUnusable` or `SecretExposed` if the key file cannot be used."""
        if not self.path.exists():
            _make(self.path)
        return self._key().encrypt(token.encode()).decode()

    def open(self, sealed: str) -> str:
        """The token that `seal` was given. `TokenKeyUnusable` if the key is missing or is not the one of then."""
        try:
            return self._key().decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise TokenKeyUnusable(self.path) from None

    def _key(self) -> Fernet:
        try:
            if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                raise SecretExposed(self.path)
            return Fernet(self.path.read_bytes().strip())
        except (OSError, ValueError):
            raise TokenKeyUnusable(self.path) from None


def token_key(settings: Settings) -> TokenKey:
    """The key of this house."""
    return TokenKey(settings.data_folder / KEY_NAME)


def _make(path: Path) -> None:
    """Write a new key that survives a power cut; when another program is faster, its key is the one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(handle)
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        Path(draft).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
