"""Filters of lists as they stand in an address."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def query_of(chosen: "DataclassInstance", **changes: Any) -> str:
    """The query of an address for a filter with some fields changed; fields at their default are left out.

    The filter has a field `page`: another page, unless said otherwise, is the first.
    """
    other = replace(chosen, **{"page": 1, **changes})
    said = {one.name: getattr(other, one.name) for one in fields(other)}
    usual = {one.name: one.default for one in fields(other)}
    return urlencode({name: value for name, value in said.items() if value != usual[name]})
