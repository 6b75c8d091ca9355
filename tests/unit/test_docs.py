"""The documentation names everything that can be set, called or met, and promises nothing that is not there."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import typer
from pydantic import BaseModel

from classifiers.understand import AbstainReason
from config import town
from config.settings import Settings
from config.town import LETTER_KINDS
from daemon.cli import app
from ingest import errors, problems
from ingest.checks import RULES, MachineKind
from registry.letters import PROCESSING_FAILED, Outcome, Source
from registry.statuses import CaseStatus, DispatchState, LetterStatus, ReplyStatus
from registry.users import Role
from responders.context import FIELDS

HOUSE = Path(__file__).resolve().parents[2]
DOCS = HOUSE / "docs"
PAGES = [HOUSE / "README.md", HOUSE / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_FIRST_CELL = re.compile(r"^\| (`[^|]+) \|", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_VALUES = re.compile(r"(?:[A-Z][A-Z_]*=\S+\s+)+")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(HOUSE).as_posix())


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def reference(name: str) -> str:
    return read(DOCS / "reference" / f"{name}.md")


def section(text: str, title: str) -> str:
    """The text below a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section “{title}”"
    return found[1]


def quoted(text: str) -> set[str]:
    """What stands in backticks in running text."""
    return set(_QUOTED.findall(_FENCED.sub("", text)))


def listed(text: str) -> set[str]:
    """What stands in backticks in the first column of a table."""
    return {name for cell in _FIRST_CELL.findall(text) for name in _QUOTED.findall(cell)}


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models an annotation holds: itself, or inside tuple[…] and … | None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (tuple, Union, UnionType):
        return [model for one in get_args(annotation) for model in models_in(one)]
    return []


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Names of all fields, those of inner models with a dot before them and without the field that holds them."""
    for name, field in model.model_fields.items():
        inner = models_in(field.annotation)
        yield from (one for each in inner for one in fields_of(each, f"{prefix}{name}."))
        if not inner:
            yield prefix + name


def table_fields() -> set[str]:
    rows: dict[str, type[BaseModel]] = {
        "office": town.Office,
        "departments": town.Department,
        "topics": town.Topic,
        "legal_terms": town.LegalTerm,
        "holidays": town.Holidays,
        "redirects": town.Redirect,
        "twin_towns": town.TwinTown,
        "streets": town.Street,
        "routing": town.Route,
    }
    assert set(rows) == set(town.Tables.__dataclass_fields__)
    return {f"{table}.{field}" for table, row in rows.items() for field in fields_of(row)}


def command_line() -> Any:
    return typer.main.get_command(app)


def commands() -> dict[str, Any]:
    """All commands that do something, by their words after `cabinet`."""
    found: dict[str, Any] = {}
    for name, command in command_line().commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {one}": each for one, each in inner.items()} if inner else {name: command}
    return found


def failure_codes() -> set[str]:
    def below(kind: type[errors.IngestError]) -> Iterator[type[errors.IngestError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return {kind.code for kind in below(errors.IngestError)} | {PROCESSING_FAILED}


def test_every_setting_is_documented_and_no_other() -> None:
    named = {name for name in listed(reference("settings")) if name.islower()}
    assert named == set(fields_of(Settings))


def test_defaults_in_the_settings_page_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| `([^`]+)` \|", reference("settings"), re.MULTILINE)
    assert len(rows) > 20
    for name, said in rows:
        model: type[BaseModel] = Settings
        *outer, last = name.split(".")
        for part in outer:
            model = models_in(model.model_fields[part].annotation)[0]
        default = model.model_fields[last].default
        spelled = str(default).lower() if isinstance(default, bool) else str(default).removesuffix(".0")
        assert said == spelled, name


def test_every_field_of_every_table_is_documented_and_no_other() -> None:
    assert {name for name in listed(reference("tables")) if "." in name} == table_fields()


def test_every_command_is_documented_with_its_options() -> None:
    page = reference("commands")
    for words, command in commands().items():
        rows = [line for line in page.splitlines() if re.match(rf"\| `cabinet {re.escape(words)}[ `]", line)]
        assert len(rows) == 1, f"cabinet {words} needs one row in docs/reference/commands.md"
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--help":
                    assert option in rows[0], f"cabinet {words} {option} is not documented"


def test_no_command_is_documented_that_does_not_exist() -> None:
    rows = [name for name in listed(reference("commands")) if name.startswith("cabinet ")]
    assert len(rows) == len(commands())


@pytest.mark.parametrize(
    ("title", "statuses"),
    [
        ("Letter", LetterStatus),
        ("Case", CaseStatus),
        ("Reply", ReplyStatus),
        ("Dispatch", DispatchState),
        ("Outcome", Outcome),
    ],
)
def test_every_status_is_documented_and_no_other(title: str, statuses: type[StrEnum]) -> None:
    assert listed(section(reference("statuses"), title)) == set(statuses)


def test_every_door_is_documented() -> None:
    assert set(Source) <= quoted(section(reference("statuses"), "Door"))


def test_every_template_field_is_documented_and_no_other() -> None:
    assert listed(reference("template-fields")) == set(FIELDS)


def test_every_failure_of_reading_is_documented() -> None:
    page = reference("error-codes")
    files = listed(section(page, "Files that could not be read"))
    pages_to_look_at = listed(section(page, "Pages to look at"))
    operator = listed(section(page, "What an operator must repair"))
    assert failure_codes() <= files | pages_to_look_at | operator
    assert set(errors._REASONS) <= pages_to_look_at
    assert listed(section(page, "Unusual mails")) == problems.CODES
    assert files | pages_to_look_at | operator <= failure_codes() | set(errors._REASONS) | {"fetch-failed"}


def test_every_reason_to_abstain_is_documented() -> None:
    found = listed(section(reference("error-codes"), "Why the classifier left the choice to a person"))
    assert found == set(get_args(AbstainReason))


def test_every_legal_kind_and_rule_for_machine_mail_is_documented() -> None:
    page = reference("glossary")
    assert listed(section(page, "Legal kinds")) == set(LETTER_KINDS)
    machine_mail = section(page, "Machine mail")
    assert listed(machine_mail) == set(get_args(MachineKind))
    assert {rule.name for rule in RULES} <= quoted(machine_mail)


def test_every_role_is_documented() -> None:
    assert listed(read(DOCS / "how-to" / "users-and-roles.md")) == set(Role)


def test_every_dependency_says_why_it_is_there_and_no_other() -> None:
    project = tomllib.loads(read(HOUSE / "pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    page = read(DOCS / "explanation" / "dependencies.md")
    named = set().union(*(listed(section(page, part)) for part in ("To run", "Extras", "To develop")))
    assert named == {re.split(r"[\[<>=!~ ]", one)[0] for one in wanted}


def test_every_package_of_the_system_is_documented() -> None:
    script = read(HOUSE / "deploy" / "system-packages.sh")
    wanted = {word for line in re.findall(r'wanted="([^"]*)"', script) for word in line.split() if word[0] != "$"}
    assert wanted == listed(section(read(DOCS / "explanation" / "dependencies.md"), "From Debian"))


def test_every_target_of_make_is_documented_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", read(HOUSE / "Makefile"), re.MULTILINE)) - {"help"}
    rows = {name for name in listed(reference("commands")) if name.startswith("make ")}
    assert rows == {f"make {target}" for target in targets}


@pages
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCED.sub("", read(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in {heading.lower().replace(" ", "-") for heading in _HEADING.findall(read(target))}, link


def quoted_commands(text: str) -> Iterator[list[str]]:
    """Every `cabinet …` of a page as words, from code blocks and from running text."""
    blocks = (line for block in _FENCED.findall(text) for line in block.splitlines())
    for line in (*blocks, *quoted(text)):
        bare = _VALUES.sub("", line.strip(), count=1)
        if bare.startswith("cabinet "):
            yield shlex.split(bare, comments=True)[1:]


@pages
def test_quoted_commands_exist(page: Path) -> None:
    known = commands()
    for words in quoted_commands(read(page)):
        rest = words[2:] if words[0] == "--config" else words
        if not rest or rest[0] == "…":  # a command whose name is left open
            continue
        command = next((known[" ".join(rest[:n])] for n in (2, 1) if " ".join(rest[:n]) in known), None)
        assert command is not None, f"there is no command “cabinet {' '.join(words)}”"
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        given = {word.split("=")[0] for word in rest if word.startswith("--")}
        assert given <= options, f"cabinet {' '.join(words)}"


@pages
def test_quoted_targets_of_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(HOUSE / "Makefile"), re.MULTILINE))
    text = read(page)
    assert set(re.findall(r"^ *make ([a-z-]+)", "\n".join([*_FENCED.findall(text), *quoted(text)]), re.M)) <= targets


@pages
def test_quoted_files_of_the_house_exist(page: Path) -> None:
    """Paths in backticks that begin with a room of the house; placeholders in angle brackets are left out."""
    rooms = "config|registry|ingest|classifiers|responders|daemon|desk|tests|deploy|docs"
    for name in quoted(read(page)):
        if re.fullmatch(rf"(?:{rooms})/[\w./-]+", name):
            assert (HOUSE / name).exists(), name
