"""Parts that are described in contradictory ways, on which programs disagree what they are.

What counts is the content; staff see the contradiction (trial `mail.md` section 4, noxxi's collection).
"""

from collections.abc import Sequence
from email.message import Message as RawMessage
from email.utils import collapse_rfc2231_value
from typing import Final

from ingest.headers import decode_field, one_line
from ingest.walk import Leaf

_NAMES: Final = 4
_SHOWN: Final = 200
_FAMILIES: Final[dict[str, str]] = {
    **dict.fromkeys(["pdf"], "pdf"),
    **dict.fromkeys(["jpeg", "jpg", "png", "tiff", "tif", "gif", "webp", "bmp", "heic", "pjpeg", "x-png"], "picture"),
    **dict.fromkeys(["text", "txt", "plain", "html", "htm", "csv", "eml", "calendar", "ics"], "text"),
    **dict.fromkeys(["docx", "odt", "doc", "rtf", "ole", "zip", "xlsx", "xls", "ods", "msg", "ppt", "pptx"], "office"),
    # Not vnd.ms-excel: Windows says so of every CSV file.
    **dict.fromkeys(["msword", "x-zip-compressed", "vnd.ms-outlook"], "office"),
}


def claimed_names(leaf: Leaf) -> list[str]:
    """Every file name that the fields of the part give it, decoded, each once. Never raises."""
    names: list[str] = []
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        for value in leaf.view.get_all(field, [])[:_NAMES]:
            shell = RawMessage()
            shell[field] = value
            try:
                claims = shell.get_params([], field)
                names += [decode_field(collapse_rfc2231_value(claim)) for name, claim in claims if name == parameter]
            except (ValueError, IndexError, TypeError, AttributeError, LookupError):
                continue
    return [*dict.fromkeys(filter(None, names))][:_NAMES]


def contradiction(leaf: Leaf, found_type: str, names: Sequence[str]) -> str:
    """How the part's description contradicts itself or its content, in a few words; "" if it does not.

    `names` are the cleaned names that it was given, `found_type` is a kind of `ingest.documents.sniff`.
    """
    different = [*dict.fromkeys(names)]
    if len(different) > 1:
        return " / ".join(different)[:_SHOWN]
    found = _FAMILIES.get(found_type)
    name = different[0] if different else ""
    declared = one_line(leaf.content_type)[:100]
    claims = (declared.rpartition("/")[2], name.rpartition(".")[2].lower() if "." in name else "")
    if found and any(claimed and claimed != found for claimed in map(_FAMILIES.get, claims)):
        return f"{name or declared} ({declared}): {found_type}"[:_SHOWN]
    # Two encodings or two types give two contents or two meanings.
    for field in ("content-type", "content-transfer-encoding"):
        values = {one_line(value).lower() for value in leaf.view.get_all(field, [])}
        if len(values) > 1:
            return f"{name or declared} ({field})"[:_SHOWN]
    return ""
