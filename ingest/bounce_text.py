"""What a bounce without a status part says in its words (Exim, qmail, Yahoo, old servers)."""

import re
from dataclasses import dataclass
from typing import Final

_LIMIT: Final = 20_000
_COPY: Final = re.compile(
    r"^-{2,} ?(?:below this line is a copy|this is a copy of|the (?:header|body) of|original message|unsent message)",
    re.IGNORECASE | re.MULTILINE,
)
_DELAYED: Final = re.compile(
    r"not yet been delivered|still being retried|will be retried|(?:delivery )?attempts will continue|warning only"
    r"|no action is required|temporary problem|[îi]nt[âa]rziat",
    re.IGNORECASE,
)
_FAILED: Final = re.compile(
    r"permanent (?:fatal )?error|permanent failure|could ?n[o']t be delivered|unable to deliver|wasn't able to deliver"
    r"|given up|(?:was|were) not delivered|delivery (?:has )?failed|delivery error|undeliverable"
    r"|nu a putut fi livrat|nu a fost livrat|nicht zugestellt|konnte nicht|nem (?:lehetett )?k[ée]zbes[íi]t",
    re.IGNORECASE,
)
_ENHANCED: Final = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE: Final = re.compile(r"(?:^[ \t]*|: |said: )([45])\d\d[ :-]", re.MULTILINE)
_ADDRESS: Final = re.compile(r"^[ \t]*<?([^\s<>:;,()]{1,64}@[^\s<>:;,()]{1,250})>?:?[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BounceText:
    """Recipient, action ("failed", "delayed") and status ("5.1.1") as far as the words say, else ""."""

    recipient: str = ""
    action: str = ""
    status: str = ""


def read_bounce_text(failed_recipients: str, text: str) -> BounceText:
    """Read the part of `text` before the copy of the letter; `failed_recipients` is Exim's header field."""
    text = text[:_LIMIT]
    copied = _COPY.search(text)
    words = text[: copied.start()] if copied else text
    enhanced, code, address = _ENHANCED.search(words), _CODE.search(words), _ADDRESS.search(words)
    action = ""
    if _DELAYED.search(words):
        action = "delayed"
    elif failed_recipients or _FAILED.search(words):
        action = "failed"
    return BounceText(
        recipient=failed_recipients.split(",")[0].strip() or (address[1] if address else ""),
        action=action,
        status=enhanced[1] if enhanced else f"{code[1]}.0.0" if code else "",
    )
