"""A process that asks for an access token and is killed: `python -m tests.support.dying_token_user POINT URL KEY JSON`.

POINT is `leased` (the refresh token is lent, nobody was asked), `answered` (the provider has answered, nothing is kept)
or `kept` (the new refresh token is in the record, the access token was not used).
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.settings import MailboxSettings
from ingest.token_provider import TokenProvider
from ingest.tokens import AccessTokens
from registry.database import Database
from registry.token_key import TokenKey

POINTS = ("leased", "answered", "kept")


def dying(act: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """`act`, killed before it begins or when it is done."""

    def runs(*args: Any, **named: Any) -> Any:
        if not before:
            act(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return runs


if __name__ == "__main__":
    point, url, key, settings = sys.argv[1:]
    mailbox = MailboxSettings.model_validate_json(settings)
    assert mailbox.oauth is not None
    assert point in POINTS
    if point == "kept":
        AccessTokens._keep = dying(AccessTokens._keep, before=False)  # type: ignore[method-assign]
    else:
        TokenProvider.refresh = dying(TokenProvider.refresh, before=point == "leased")  # type: ignore[method-assign]
    AccessTokens(Database(url), TokenKey(Path(key))).of(mailbox).current()
