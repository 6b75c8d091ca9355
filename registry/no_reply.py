"""Addresses that say themselves that no person reads what is sent to them."""

import re

_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:(?:no|not|do[._-]?not|dont)[._-]?(?:reply|response|answer)"
    r"|nu[._-]?r[aă]spunde(?:ti|ți)?|f[aă]r[aă][._-]?r[aă]spuns|neraspunde(?:ti)?"
    r"|nicht[._-]?antworten|keine[._-]?antwort|ne[._-]?v[aá]laszolj(?:on)?|nincs[._-]?v[aá]lasz)\d*(?:$|[._+-])"
    r"|noreply\d*$"
)
_PROGRAMS = re.compile(
    r"^(?:mailer[._-]?daemon|mail[._-]?daemon|postmaster|hostmaster|abuse|bounces?|daemon|root|nobody|www-data|apache"
    r"|listserv|majordomo|mailman|sympa|autorespon[ds]\w*)(?:$|[+=-])"
    r"|^(?:owner|bounces?)-|-(?:owner|request|bounces?)$"
)


def is_no_reply(address: str) -> bool:
    """Whether the local part says so in Romanian, English, German or Hungarian; numbers behind it do not matter."""
    return bool(_NO_REPLY.search(_local(address)))


def reads_no_answers(address: str) -> bool:
    """Whether nobody reads what is sent there: a no-reply address, or a program's (bounces, list managers, daemons)."""
    return is_no_reply(address) or bool(_PROGRAMS.search(_local(address)))


def _local(address: str) -> str:
    return address.lower().rpartition("@")[0] or address.lower()
