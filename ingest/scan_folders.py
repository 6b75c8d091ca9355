"""What the sub-folders of the scans folder mean: the way a letter came, or the department it is meant for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from registry.text import fold

_CHANNELS: Final = {
    "posta": "post",
    "post": "post",
    "fax": "fax",
    "ghiseu": "counter",
    "registratura": "counter",
    "counter": "counter",
}


@dataclass(frozen=True, slots=True)
class Meant:
    """By which way a letter came ("post", "fax", "counter") and for which department it is ("": not said)."""

    channel: str = "post"
    department: str = ""


def meant_by(folders: Iterable[str], departments: Mapping[str, str]) -> Meant:
    """What the folders on the way to a file say, the outermost first; unknown names say nothing.

    `departments` gives the name of each slug: a folder may be called by either, with or without diacritics.
    """
    slugs = {_plain(name): slug for slug, name in departments.items()} | {_plain(slug): slug for slug in departments}
    channel, department = Meant().channel, ""
    for folder in map(_plain, folders):
        channel = _CHANNELS.get(folder, channel)
        department = slugs.get(folder, department)
    return Meant(channel, department)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
