"""Everything the desk says has Romanian words."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from desk import words
from ingest.checks import RULES, MachineKind
from registry.letters import Outcome, Source
from registry.statuses import CaseStatus, DispatchState, LetterStatus, ReplyStatus
from registry.users import Role
from responders.context import FIELDS
from responders.kinds import ReplyKind

DESK = Path(words.__file__).parent
CATALOGUE = read_po((DESK / "locale" / "ro.po").open("rb"), locale="ro")


def messages() -> Iterator[str | tuple[str, ...]]:
    methods = [("**.py", "python"), ("**.html", "jinja2")]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    for _file, _line, message, _comments, _context in extract_from_dir(DESK, methods, keywords=keywords):
        yield message


def test_every_sentence_of_the_desk_is_translated_in_all_its_plurals() -> None:
    missing = []
    for message in messages():
        found = CATALOGUE.get(message[0] if isinstance(message, tuple) else message)
        strings = found.string if found is not None else ""
        if not strings or (isinstance(message, tuple) and not (len(strings) == 3 and all(strings))):
            missing.append(message)
    assert not missing


def test_the_catalogue_holds_nothing_that_is_no_longer_said() -> None:
    said = {message[0] if isinstance(message, tuple) else message for message in messages()}
    kept = {one.id[0] if isinstance(one.id, tuple) else one.id for one in CATALOGUE if one.id}
    assert kept <= said


def test_romanian_is_written_with_commas_below() -> None:
    text = (DESK / "locale" / "ro.po").read_text(encoding="utf-8")
    assert not set("şţŞŢ") & set(text)


@pytest.mark.parametrize(
    ("say", "codes"),
    [
        (words.state, [*LetterStatus, *CaseStatus, *ReplyStatus, *DispatchState]),
        (words.outcome, list(Outcome)),
        (words.channel, ["email", "post", *Source]),
        (words.role, list(Role)),
        (words.role_duty, list(Role)),
        (words.reply_kind, list(ReplyKind)),
        (words.field, list(FIELDS)),
        (words.machine_rule, [rule.name for rule in RULES]),
        (words.machine_kind, list(get_args(MachineKind))),
        (words.abstain_reason, ["empty", "language", "two-matters", "unsure"]),
    ],
)
def test_every_code_has_a_name(say: object, codes: list[str]) -> None:
    assert callable(say)
    same = {"operator", "administrator"}  # the Romanian word is the code
    assert [code for code in map(str, codes) if say(code) == code and code not in same] == []
