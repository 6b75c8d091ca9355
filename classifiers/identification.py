"""Whether a petition says who writes: name, and an address to answer to (OG 27/2002 art. 7).

A petition without them is not closed by the machine: a person asks for what is missing, and the desk says what that is.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the desk reads the log without loading the pipeline
    from classifiers.facts.fact import Fact


def identification(
    facts: Iterable["Fact"], sender_name: str = "", sender_address: str = ""
) -> tuple[str, dict[str, str]]:
    """The value ("complete" or "incomplete") and the detail of the fact "identification".

    `facts` are those of the letter's text, `sender_name` and `sender_address` those of its mail ("" on paper). The
    detail has "missing" ("name", "address" or "name,address") if incomplete, and "only": "email" where an e-mail
    address is the only one, which several authorities do not take for identification data.
    """
    found = list(facts)
    name = any(fact.kind == "petitioner" for fact in found) or _is_full_name(sender_name)
    home = any(fact.kind == "address" and fact.detail.get("whose") == "petitioner" for fact in found)
    email = bool(sender_address) or any(fact.kind == "email" for fact in found)
    missing = [word for word, there in (("name", name), ("address", home or email)) if not there]
    detail = {"missing": ",".join(missing)} if missing else {}
    return "incomplete" if missing else "complete", detail | ({"only": "email"} if email and not home else {})


def _is_full_name(name: str) -> bool:
    return "@" not in name and sum(word.isalpha() and len(word) > 1 for word in name.replace("-", " ").split()) > 1
