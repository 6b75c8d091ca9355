"""The key under which refresh tokens are kept: a file in the data folder that only its owner can read.

It lies beside the database and not in it, so that a copy of the database alone signs nobody in.
"""

import stat
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from config.errors import SecretExposed
from config.settings import Settings
from registry.errors import TokenKeyUnusable
from registry.key_file import make_key_file

KEY_NAME = "token.key"


class TokenKey:
    """Seals and opens refresh tokens. The key file is made when the first one is sealed."""

    def __init__(self, path: Path) -> None:
        """Use the key file at `path`; nothing is read or written yet."""
        self.path = path

    def seal(self, token: str) -> str:
        """The token, encrypted. `TokenKeyUnusable` or `SecretExposed` if the key file cannot be used."""
        if not self.path.exists():
            make_key_file(self.path, Fernet.generate_key())
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
