"""The tables of allowed status changes, pair by pair: what is not listed here is refused."""

from enum import StrEnum
from itertools import product

import pytest

from registry.statuses import (
    CASE_CHANGES,
    DISPATCH_CHANGES,
    LETTER_CHANGES,
    REPLY_CHANGES,
    CaseStatus,
    DispatchState,
    LetterStatus,
    ReplyStatus,
)

ALLOWED: list[tuple[type[StrEnum], dict[str, frozenset[str]], str]] = [
    (
        LetterStatus,
        LETTER_CHANGES,
        "registered>taken-apart registered>registered taken-apart>read taken-apart>machine-mail "
        "taken-apart>registered read>understood read>registered understood>ready understood>registered "
        "ready>pages-changed pages-changed>ready pages-changed>registered machine-mail>registered",
    ),
    (
        CaseStatus,
        CASE_CHANGES,
        "registered>drafted registered>filed drafted>for-approval drafted>filed for-approval>drafted "
        "for-approval>approved approved>answered approved>drafted answered>drafted "
        "answered>for-approval answered>approved filed>registered",
    ),
    (
        ReplyStatus,
        REPLY_CHANGES,
        "draft>for-approval draft>withdrawn for-approval>returned for-approval>approved for-approval>withdrawn "
        "returned>for-approval returned>withdrawn approved>dispatched dispatched>approved",
    ),
    (
        DispatchState,
        DISPATCH_CHANGES,
        "queued>sending sending>sent sending>queued sending>unknown sending>refused unknown>sent unknown>queued "
        "refused>queued refused>to-print to-print>posted sent>bounced unknown>bounced bounced>queued bounced>to-print",
    ),
]


@pytest.mark.parametrize(("statuses", "table", "allowed"), ALLOWED, ids=lambda value: getattr(value, "__name__", ""))
def test_every_pair_is_allowed_or_refused_as_written_here(
    statuses: type[StrEnum], table: dict[str, frozenset[str]], allowed: str
) -> None:
    assert set(table) == set(statuses)
    found = {f"{old}>{new}" for old, new in product(statuses, statuses) if new in table[old]}
    assert found == set(allowed.split())


@pytest.mark.parametrize(("statuses", "table", "_allowed"), ALLOWED, ids=lambda value: getattr(value, "__name__", ""))
def test_every_status_can_be_reached_from_a_first_one(
    statuses: type[StrEnum], table: dict[str, frozenset[str]], _allowed: str
) -> None:
    firsts = {"queued", "to-print"} if statuses is DispatchState else {next(iter(statuses)).value}
    reached = set(firsts)
    while grown := {str(new) for old in reached for new in table[old]} - reached:
        reached |= grown
    assert reached == {str(status) for status in statuses}
