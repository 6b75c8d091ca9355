"""Message-IDs of our own making, which nobody can guess (see `responders.mail.new_message_id`)."""

import re
from functools import lru_cache

from ingest.headers import Headers


def own_ids(text: str, own_domain: str) -> tuple[str, ...]:
    """Message-IDs in `text` that the office with this domain gave, without brackets, each once, in order."""
    if not own_domain:
        return ()
    return tuple(dict.fromkeys(found.lower() for found in _pattern(own_domain.lower()).findall(text)))


def answers_ours(headers: Headers, own_domain: str) -> bool:
    """Whether the mail says by In-Reply-To or References that it answers one of our letters."""
    threads = " ".join((*headers.all("in-reply-to"), *headers.all("references")))
    return bool(own_ids(threads, own_domain))


@lru_cache(maxsize=8)
def _pattern(own_domain: str) -> re.Pattern[str]:
    return re.compile(rf"\bcabinet\.[0-9a-f]{{32}}@{re.escape(own_domain)}(?![\w.-]*\w)", re.IGNORECASE)
