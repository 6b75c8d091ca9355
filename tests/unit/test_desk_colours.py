"""Ink on ground reaches WCAG AA (4.5 to 1) in light and dark; borders of fields and the focus reach 3 to 1."""

import re
from pathlib import Path

import pytest

import desk

CSS = (Path(desk.__file__).parent / "static" / "desk.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)) for part in CSS.split("@media", 2)[:2])
INK = [
    *((ink, ground) for ink in ("ink", "faint", "link") for ground in ("card", "ground", "sunk")),
    ("ink", "accent-soft"),
    ("link", "accent-soft"),
    ("accent-ink", "accent"),
    ("mark-ink", "mark"),
    *((tone, ground) for tone in ("good", "warn", "bad") for ground in (f"{tone}-soft", "card", "sunk")),
]
EDGES = [("line-strong", "card"), ("line-strong", "ground"), ("focus", "card"), ("focus", "ground")]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, LIGHT | DARK], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: dict[str, str]) -> None:
    weak = {pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2) for pair in INK}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}
    edges = {pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2) for pair in EDGES}
    assert {pair: value for pair, value in edges.items() if value < 3} == {}
