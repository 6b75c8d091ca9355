"""The tables that a town hall edits: YAML files, checked at start with file and line in every error."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from config.errors import ConfigurationError, FileMissing, FileUnreadable, ValueWrong
from config.i18n import gettext as _

DEFAULT_TABLES = Path(__file__).resolve().parent / "tables"
SLUG = r"^[a-z0-9-]{2,40}$"
LETTER_KINDS = (
    "petitie",
    "informatii-publice",
    "audienta",
    "presa",
    "plangere-prealabila",
    "date-personale",
    "reclamatie-administrativa",
    "corespondenta-institutii",
    "act-instanta",
    "invitatie",
    "multumire",
    "angajare",
    "oferta",
    "altele",
)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Office(_Row):
    """Letterhead, signatory and habits of the office."""

    country: str
    county: str
    municipality: str
    office: str
    address: str
    postal_code: str
    town: str
    phone: str
    email: str
    website: str
    signatory: str
    signatory_title: str
    signatory_empowered: tuple[str, ...] = ()
    reply_number: Literal["same", "new"]
    dispatch_margin_working_days: int = Field(ge=0)
    data_protection: str


class Department(_Row):
    """A department or operator that letters are assigned to."""

    slug: str = Field(pattern=SLUG)
    name: str
    name_genitive: str
    name_dative: str
    kind: Literal["internal", "subordinated", "municipal-operator", "regional-operator"]
    verified: bool
    email: str | None = None
    also_called: tuple[str, ...] = ()


class Topic(_Row):
    """What a letter can be about, with the words by which it is recognised."""

    slug: str = Field(pattern=SLUG)
    name: str
    description: str
    department: str | None  # none: kept in the archive, nobody answers (offers, newsletters)
    lexicon: tuple[str, ...]


class Extension(_Row):
    """By how much a term may be extended, and by which article."""

    length: int = Field(gt=0)
    legal_basis: str


class LegalTerm(_Row):
    """A term of law, valid for letters registered between two dates."""

    id: str = Field(pattern=SLUG)
    name: str
    kinds: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    legal_basis: str
    length: int = Field(gt=0)
    unit: Literal["days", "working-days", "months"]
    start: Literal["registration", "receipt"]
    extension: Extension | None


class Holidays(_Row):
    """Local changes to the public holidays."""

    extra_nonworking: tuple[date, ...] = ()
    extra_working: tuple[date, ...] = ()


class Redirect(_Row):
    """An authority that is competent for what the town hall is not."""

    slug: str = Field(pattern=SLUG)
    name: str
    competent_for: str
    verified: bool


class Route(_Row):
    """When a letter goes elsewhere than its topic says; every named condition must hold, an empty one says nothing."""

    rule: str = Field(pattern=SLUG)
    topics: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    and_words: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    complained_about: tuple[Literal["official", "department", "operator", "firm"], ...] = ()
    own_department: bool = False
    department: str | None = None
    copies: tuple[str, ...] = ()
    redirect: str | None = None
    why: str


class TwinTown(_Row):
    """A twin town and the languages it writes in."""

    name: str
    country: str
    languages: tuple[str, ...]
    since: int


class Street(_Row):
    """A street or quarter of the town, with other names people use for it."""

    name: str
    kind: str
    also_called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a town hall."""

    office: Office
    departments: tuple[Department, ...]
    topics: tuple[Topic, ...]
    legal_terms: tuple[LegalTerm, ...]
    holidays: Holidays
    redirects: tuple[Redirect, ...]
    twin_towns: tuple[TwinTown, ...]
    streets: tuple[Street, ...]
    routing: tuple[Route, ...]

    def department(self, slug: str) -> Department:
        """The department of this slug; KeyError if there is none."""
        return _find(self.departments, slug)

    def topic(self, slug: str) -> Topic:
        """The topic of this slug; KeyError if there is none."""
        return _find(self.topics, slug)

    def legal_term(self, kind: str, registered_on: date) -> LegalTerm | None:
        """The term for a legal kind, in the version valid on the day of registration; None if the law sets none."""
        for term in self.legal_terms:
            valid = term.valid_from <= registered_on and (term.valid_to is None or registered_on <= term.valid_to)
            if kind in term.kinds and valid:
                return term
        return None


_Slugged = TypeVar("_Slugged", Department, Topic)


def _find(rows: Iterable[_Slugged], slug: str) -> _Slugged:
    for row in rows:
        if row.slug == slug:
            return row
    raise KeyError(slug)


@cache
def default_tables() -> Tables:
    """The tables that come with the program, read once: checking them takes half a second."""
    return load_tables()


def load_tables(folder: Path | None = None) -> Tables:
    """Read and check all tables; a file missing in `folder` is taken from the defaults in `config/tables`.

    Every mistake is one `ConfigurationError` that names the file and the line.
    """
    read = _Reader(folder)
    tables = Tables(
        office=read.one("office", Office),
        departments=read.many("departments", Department),
        topics=read.many("topics", Topic),
        legal_terms=read.many("legal_terms", LegalTerm),
        holidays=read.one("holidays", Holidays),
        redirects=read.many("redirects", Redirect),
        twin_towns=read.many("twin_towns", TwinTown),
        streets=read.many("streets", Street),
        routing=read.many("routing", Route),
    )
    departments = {department.slug for department in tables.departments}
    for number, topic in enumerate(tables.topics):
        if topic.department is not None and topic.department not in departments:
            raise read.wrong(
                "topics", (number, "department"), _("there is no department “{0}”").format(topic.department)
            )
    for number, term in enumerate(tables.legal_terms):
        for place, kind in enumerate(term.kinds):
            if kind not in LETTER_KINDS:
                raise read.wrong("legal_terms", (number, "kinds", place), _("there is no kind “{0}”").format(kind))
    _check_routing(read, tables)
    return tables


def _check_routing(read: "_Reader", tables: Tables) -> None:
    departments = {department.slug for department in tables.departments}
    authorities = {redirect.slug for redirect in tables.redirects}
    checks = [
        ("department", departments, _("there is no department “{0}”")),
        ("copies", departments, _("there is no department “{0}”")),
        ("redirect", authorities, _("there is no authority “{0}”")),
        ("kinds", set(LETTER_KINDS), _("there is no kind “{0}”")),
    ]
    if read.is_own("routing"):
        # A house with topics of its own may leave this table as it is: rows of other topics never fit.
        checks.append(("topics", {topic.slug for topic in tables.topics}, _("there is no topic “{0}”")))
    for field, known, sentence in checks:
        for number, route in enumerate(tables.routing):
            value: str | tuple[str, ...] | None = getattr(route, field)
            slugs = [value] if isinstance(value, str) else value or ()
            for place, slug in enumerate(slugs):
                if slug not in known:
                    where = (number, field) if isinstance(value, str) else (number, field, place)
                    raise read.wrong("routing", where, sentence.format(slug))


_RowT = TypeVar("_RowT", bound=_Row)


class _Reader:
    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._documents: dict[str, Any] = {}

    def one(self, name: str, row: type[_RowT]) -> _RowT:
        checked: _RowT = self._checked(name, TypeAdapter(row))
        return checked

    def many(self, name: str, row: type[_RowT]) -> tuple[_RowT, ...]:
        checked: tuple[_RowT, ...] = self._checked(name, TypeAdapter(tuple[row, ...]))  # type: ignore[valid-type]
        return checked

    def is_own(self, name: str) -> bool:
        """Whether the town hall has this table itself."""
        return self._path(name).parent != DEFAULT_TABLES

    def wrong(self, name: str, place: tuple[int | str, ...], problem: str) -> ConfigurationError:
        line = _line_of(self._documents[name], place) or 1
        return ValueWrong(self._path(name), line, ".".join(str(part) for part in place) or name, problem)

    def _path(self, name: str) -> Path:
        own = self._folder / f"{name}.yaml" if self._folder else None
        return own if own and own.exists() else DEFAULT_TABLES / f"{name}.yaml"

    def _checked(self, name: str, adapter: TypeAdapter[Any]) -> Any:
        path = self._path(name)
        if not path.exists():
            raise FileMissing(path)
        try:
            document = _parser().load(path.read_text(encoding="utf-8"))
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise FileUnreadable(path, line, str(error.problem)) from error
        except (YAMLError, ValueError, OSError) as error:
            raise FileUnreadable(path, None, str(error)) from error
        self._documents[name] = document
        try:
            return adapter.validate_python(_plain(document))
        except ValidationError as error:
            first = error.errors()[0]
            raise self.wrong(name, first["loc"], first["msg"]) from error


class _Constructor(RoundTripConstructor):
    """Leaves dates as text: an impossible one (2027-13-08) is then reported like any other wrong value."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)


def _parser() -> YAML:
    parser = YAML()
    parser.Constructor = _Constructor
    return parser


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def _line_of(document: Any, place: tuple[int | str, ...]) -> int | None:
    line: int | None = None
    node: Any = document
    for part in place:
        try:
            line = (node.lc.key(part) if hasattr(node, "keys") else node.lc.item(part))[0] + 1
            node = node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line
