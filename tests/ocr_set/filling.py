"""Invented names, places and numbers for the letters, by seed."""

import random
from pathlib import Path
from typing import Final

_LINES: Final = (Path(__file__).parent / "texts" / "names.txt").read_text().splitlines()
_NAMES: Final = {key: names.split(" | ") for key, names in (line.split(": ") for line in _LINES)}


def filled(letter: str, rng: random.Random) -> str:
    """The letter with all its fields filled."""
    return letter.format_map(_fields(rng))


def longer(letter: str, paragraphs: tuple[str, ...], rng: random.Random) -> str:
    """The letter with one or two of the paragraphs put in where its middle ends."""
    parts = letter.split("\n\n")
    place = max(1, len(parts) - 1)
    return "\n\n".join([*parts[:place], *rng.sample(paragraphs, rng.choice([1, 2])), *parts[place:]])


def _fields(rng: random.Random) -> dict[str, str]:
    names = rng.sample(_NAMES["person"], 3)
    hungarian, german = rng.sample(_NAMES["hungarian"], 2), rng.choice(_NAMES["german"])
    streets, towns = rng.sample(_NAMES["street"], 2), rng.sample(_NAMES["town"], 2)
    county = rng.choice(_NAMES["county"])
    user = rng.choice(["iulia.p", "r_muresanu", "contact", "office", "secretariat", "vecinii7"])
    amount = rng.randint(1200, 98000)
    return {
        "name": names[0],
        "name2": names[1],
        "name3": names[2],
        "hun_name": hungarian[0],
        "hun_name2": hungarian[1],
        "deu_name": german,
        "street": streets[0],
        "street2": streets[1],
        "town": towns[0],
        "town2": towns[1],
        "town_caps": towns[0].upper(),
        "county": county,
        "county_caps": county.upper(),
        "company": rng.choice(_NAMES["company"]),
        "date": _date(rng),
        "date2": _date(rng),
        "date3": _date(rng),
        "date_plain": f"{rng.randint(1, 28):02d}.{rng.randint(1, 12):02d}.{rng.randint(2018, 2026)}",
        "year": str(rng.randint(2008, 2026)),
        "phone": f"07{rng.randint(20, 79)} {rng.randint(100, 999)} {rng.randint(100, 999)}",
        "email": f"{user}@{rng.choice(['posta.example', 'firma.example', 'oras.example'])}",
        # Birth dates in the future: nobody's numbers.
        "cnp": f"{rng.choice('56')}98{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}32{rng.randint(1000, 9999)}",
        "cnp2": f"{rng.choice('56')}97{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}32{rng.randint(1000, 9999)}",
        "cui": str(rng.randint(10_000_000, 39_999_999)),
        "iban": f"RO{rng.randint(10, 99)} TREZ {rng.randint(1000, 9999)} {rng.randint(1000, 9999)} XXX0 0000",
        "plate": f"SB {rng.randint(10, 99)} {''.join(rng.choices('ABCDEFGHJKLMNPRSTUVXZ', k=3))}",
        "nr": str(rng.randint(1, 140)),
        "nr2": str(rng.randint(2, 39)),
        "bl": rng.choice(["A4", "12", "C1", "7B", "26"]),
        "ap": str(rng.randint(1, 88)),
        "age": str(rng.randint(70, 93)),
        "count": str(rng.randint(12, 60)),
        "small": str(rng.randint(100, 999)),
        "small2": str(rng.randint(21, 99)),
        "number": str(rng.randint(1000, 99999)),
        "number2": str(rng.randint(100000, 199999)),
        "area": f"{rng.randint(20, 180)},{rng.randint(1, 9)}",
        "area2": str(rng.randint(200, 2400)),
        "amount": f"{amount:,}".replace(",", ".") + rng.choice(["", ",50", ",00"]),
    }


def _date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2019, 2026)
    return rng.choice([f"{day:02d}.{month:02d}.{year}", f"{day} {_NAMES['month'][month - 1]} {year}"])
