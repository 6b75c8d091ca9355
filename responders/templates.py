"""The letter templates: files that a town hall edits, all checked at start with file and line in every error."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from traceback import extract_tb
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from config.i18n import gettext as _
from config.town import LETTER_KINDS
from responders.context import FIELDS
from responders.errors import TemplateWrong
from responders.gaps import Missing, gap
from responders.kinds import COURTESY_LANGUAGES, ReplyKind
from responders.spelling import tidy

DEFAULT_FOLDER = Path(__file__).resolve().parent / "templates"
SUFFIX = ".txt.j2"
GENERAL_TOPIC = "ro/topics/altele"


@dataclass(frozen=True, slots=True)
class Templates:
    """Checked templates: their names without the suffix, the fields each may print, the names of letters."""

    environment: SandboxedEnvironment
    fields: dict[str, frozenset[str]]
    letter_names: dict[str, str]

    def romanian(self, reply_kind: ReplyKind, letter_kind: str, topic: str) -> str:
        """The template for a Romanian reply: by legal kind if that has its own, else by topic, else the general one."""
        if reply_kind is ReplyKind.ACKNOWLEDGEMENT:
            return f"ro/{reply_kind}"
        for name in (f"ro/kinds/{letter_kind}", f"ro/topics/{topic}"):
            if name in self.fields:
                return name
        return GENERAL_TOPIC

    def render(self, name: str, values: dict[str, str]) -> str:
        """The text of template `name`; fields without a value become visible gaps."""
        known: dict[str, str | Missing] = {field: Missing(what) for field, what in FIELDS.items()}
        return tidy(self.environment.get_template(name + SUFFIX).render({**known, **values}))


@lru_cache
def load_templates(folder: Path = DEFAULT_FOLDER) -> Templates:
    """Read and check every template below `folder`; `TemplateWrong` names file and line of the first mistake.

    Checked: syntax, fields, templates built on, that each renders with and without values, and that the general ones
    are there.
    """
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals = {"gap": gap}
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob(f"*{SUFFIX}"))
    for needed in _needed():
        if needed + SUFFIX not in names:
            raise TemplateWrong(folder / (needed + SUFFIX), None, _("this template is missing"))
    own = {name: _check(environment, folder, name) for name in names}
    fields = {name.removesuffix(SUFFIX): frozenset(_inherited(name, own)) for name in names}
    templates = Templates(environment, fields, _letter_names(folder / "ro" / "letter_names.yaml"))
    for name in fields:
        _try(templates, folder, name)
    return templates


@dataclass(frozen=True, slots=True)
class _Checked:
    fields: frozenset[str]
    parents: tuple[str, ...]


def _needed() -> Iterator[str]:
    yield GENERAL_TOPIC
    for language in ("ro", *COURTESY_LANGUAGES):
        for kind in ReplyKind:
            yield f"{language}/{kind}"


def _check(environment: SandboxedEnvironment, folder: Path, name: str) -> _Checked:
    path = folder / name
    try:
        tree = environment.parse(path.read_text(encoding="utf-8"), name, str(path))
        used = meta.find_undeclared_variables(tree) - {"gap"}
    except UnicodeDecodeError as error:
        raise TemplateWrong(path, None, _("the file is not UTF-8 text")) from error
    except TemplateSyntaxError as error:
        raise TemplateWrong(path, error.lineno, str(error.message)) from error
    for unknown in sorted(used - set(FIELDS)):
        raise TemplateWrong(path, _line_of(tree, unknown), _("there is no field “{0}”").format(unknown))
    parents = []
    for parent in meta.find_referenced_templates(tree):
        if parent is None or not (folder / parent).is_file():
            line = next(iter(tree.find_all((nodes.Extends, nodes.Include)))).lineno
            raise TemplateWrong(path, line, _("there is no template “{0}”").format(parent))
        parents.append(parent)
    return _Checked(frozenset(used), tuple(parents))


def _line_of(tree: nodes.Template, name: str) -> int | None:
    return next((node.lineno for node in tree.find_all(nodes.Name) if node.name == name), None)


def _inherited(name: str, own: dict[str, _Checked]) -> set[str]:
    fields, waiting, seen = set[str](), [name], set[str]()
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            fields |= own[current].fields
            waiting.extend(own[current].parents)
    return fields


def _try(templates: Templates, folder: Path, name: str) -> None:
    for values in ({}, dict.fromkeys(FIELDS, "x")):
        try:
            templates.render(name, values)
        except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError, LookupError) as error:
            # Jinja puts the template's own file and line into the traceback.
            place = next(
                (one for one in reversed(extract_tb(error.__traceback__)) if one.filename.endswith(SUFFIX)), None
            )
            path = Path(place.filename) if place else folder / (name + SUFFIX)
            raise TemplateWrong(path, place.lineno if place else None, str(error)) from error


def _letter_names(path: Path) -> dict[str, str]:
    try:
        names: Any = YAML().load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise TemplateWrong(path, None, str(error)) from error
    for kind in LETTER_KINDS:
        if not isinstance(names, dict) or not isinstance(names.get(kind), str):
            raise TemplateWrong(path, None, _("there is no name for letters of the kind “{0}”").format(kind))
    return {kind: str(names[kind]) for kind in LETTER_KINDS}
