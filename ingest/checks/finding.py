"""What the machine-mail rules are given and what they answer."""

from dataclasses import dataclass
from typing import Literal, Protocol

from ingest.headers import Headers

MachineKind = Literal["bounce", "auto-reply", "list", "report", "own", "bulk", "no-reply"]


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know besides the header fields.

    `from_address` and `subject` are decoded, `part_types` are the declared types of all parts (not of attached
    mails), `calendar_methods` the METHODs of calendar parts in capitals. `own_addresses` are the office's
    addresses in lower case, `own_domain` is the domain of the Message-IDs the office gives to its letters ("" if
    unknown).
    """

    from_address: str = ""
    subject: str = ""
    part_types: frozenset[str] = frozenset()
    calendar_methods: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()
    own_domain: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The kind of machine mail, and the rule that says so; `weak` if the rule only reads words."""

    kind: MachineKind
    rule: str
    weak: bool = False


class Rule(Protocol):
    """One reason to believe that no person wrote this mail to the office."""

    name: str

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """The finding, or None if this rule has nothing to say."""
        ...
