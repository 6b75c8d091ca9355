"""What a mail is once it is taken apart, for the rest of the house."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ingest.addresses import Address
from ingest.checks import MachineKind
from ingest.headers import Headers
from ingest.parts import Part
from ingest.quoted import Span, new_text
from ingest.reports import DeliveryReport


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as the rest of the house sees it.

    Texts are decoded and free of control characters. `reply_to` is the address answers go to if it is not
    the sender. `text` is the best text of the body, `new_text_spans` are (start, end) offsets in it of what
    the sender newly wrote. `html` is safe to show; images in it have `src="cid:<part number>"`.
    `machine_kind` is "" for a letter by a person; `machine_rule` names the rule that found otherwise.
    `report` is what a bounce or receipt reports. `problems` are codes for `ingest.problems.describe_problem`.
    `signers` and `signed_at` are what signatures claim, never verified. `content_digest` is the hash of what the mail
    says (`ingest.digest`).
    """

    subject: str = ""
    from_name: str = ""
    from_address: str = ""
    reply_to: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    text: str = ""
    html: str = ""
    html_hidden_text: bool = False
    new_text_spans: tuple[Span, ...] = ()
    charset_rules: tuple[str, ...] = ()
    machine_kind: MachineKind | Literal[""] = ""
    machine_rule: str = ""
    report: DeliveryReport | None = None
    parts: tuple[Part, ...] = ()
    headers: Headers = field(default_factory=Headers)
    problems: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    signed_at: datetime | None = None
    content_digest: str = ""

    @property
    def new_text(self) -> str:
        """What the sender newly wrote; the whole text if that is next to nothing."""
        return new_text(self.text, self.new_text_spans)

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        value: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return value | {
            "to": [[one.name, one.address] for one in self.to],
            "cc": [[one.name, one.address] for one in self.cc],
            "date": self.date.isoformat() if self.date else None,
            "signed_at": self.signed_at.isoformat() if self.signed_at else None,
            "report": self.report.to_json() if self.report else None,
            "parts": [part.to_json() for part in self.parts],
            "headers": [list(pair) for pair in self.headers.fields],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Message":
        """The inverse of `to_json`."""
        return cls(
            **value
            | {
                "to": tuple(Address(name, address) for name, address in value["to"]),
                "cc": tuple(Address(name, address) for name, address in value["cc"]),
                "references": tuple(value["references"]),
                "date": datetime.fromisoformat(value["date"]) if value["date"] else None,
                "signers": tuple(value["signers"]),
                "signed_at": datetime.fromisoformat(value["signed_at"]) if value["signed_at"] else None,
                "new_text_spans": tuple((start, end) for start, end in value["new_text_spans"]),
                "charset_rules": tuple(value["charset_rules"]),
                "report": DeliveryReport.from_json(value["report"]) if value["report"] else None,
                "parts": tuple(Part.from_json(part) for part in value["parts"]),
                "headers": Headers(tuple((name, text) for name, text in value["headers"])),
                "problems": tuple(value["problems"]),
            }
        )
