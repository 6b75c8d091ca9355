"""`cabinet train` and `cabinet model …`: training the classifier, and choosing which trained model decides."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from sqlmodel import Session

from config import clock
from config.i18n import gettext as _
from daemon.cli_common import OPERATOR, configured, print_result
from daemon.house import open_house
from registry import model_versions
from registry.model_versions import ModelState
from registry.models import ModelVersion

app = typer.Typer(help=_("Trained models: list them, use one, go back to the former."), invoke_without_command=True)
AsJson = Annotated[bool, typer.Option("--json")]


def train(
    with_corrections: Annotated[
        bool, typer.Option("--with-corrections", help=_("Learn from what people corrected in the desk."))
    ] = False,
    only_candidate: Annotated[
        bool, typer.Option("--only-candidate", help=_("Leave it to an administrator to put the candidate to work."))
    ] = False,
) -> None:
    """Write the model that comes with the program anew; with corrections, make a model of this town hall."""
    if not with_corrections:
        from classifiers.train import train as train_model

        typer.echo(str(train_model()))
        return
    from daemon.learning import learn

    house = open_house(configured())
    learned = learn(house, put_to_work=not only_candidate, actor=OPERATOR)
    house.database.close()
    if learned is None:
        typer.echo(_("There is no correction that was not learned from already."))
        return
    typer.echo(_examination(learned.model))
    if learned.put_to_work:
        typer.echo(_("Model {version} reads from the next letter on.").format(version=learned.model.version))
    elif learned.model.state == ModelState.CANDIDATE:
        typer.echo(_("Model {version} waits: cabinet model use {version}").format(version=learned.model.version))
    else:
        typer.echo(_("The candidate reads worse than the present model and is not used."))


@app.callback()
def bare(context: typer.Context) -> None:
    """Without a further word the models are listed."""
    if context.invoked_subcommand is None:
        _list(as_json=False)


@app.command("list", help=_("List the trained models with the figures of their examination."))
def list_models(as_json: AsJson = False) -> None:
    """The newest first; the one that decides is marked."""
    _list(as_json)


@app.command("use", help=_("Put a trained model to work."))
def use(version: str) -> None:
    """The worker takes it at its next letter."""
    _put_to_work(lambda session: model_versions.use_model(session, version, at=clock.now(), actor=OPERATOR))


@app.command("back", help=_("Go back to the model that was used before."))
def back() -> None:
    """The worker takes it at its next letter."""
    _put_to_work(lambda session: model_versions.go_back(session, at=clock.now(), actor=OPERATOR))


def _put_to_work(act: Callable[[Session], ModelVersion]) -> None:
    house = open_house(configured())
    with house.database.write() as session:
        version = act(session).version
    house.database.close()
    typer.echo(_("Model {version} reads from the next letter on.").format(version=version))


def _list(as_json: bool) -> None:
    house = open_house(configured())
    with house.database.read() as session:
        rows = model_versions.model_versions(session)
    house.database.close()
    plain = [
        {
            "version": row.version,
            "state": row.state,
            "made_at": row.made_at.isoformat(timespec="seconds"),
            "made_by": row.made_by,
            "corrections": row.corrections,
            "current_since": row.current_since.isoformat(timespec="seconds") if row.current_since else None,
            "report": row.report,
        }
        for row in rows
    ]
    lines = [
        f"{row.version:<14} {row.state:<10} {row.made_at:%Y-%m-%d %H:%M}  {row.corrections:>4}  {_examination(row)}"
        for row in rows
    ]
    print_result(as_json, plain, "\n".join(lines) or _("No model has been loaded yet; the one that came is used."))


def _examination(row: ModelVersion) -> str:
    before: Any = row.report.get("former")
    after: Any = row.report.get("candidate")
    if not before or not after:
        return ""
    sentence = _(
        "{letters} set-aside letters: accepted {old:.1%} → {new:.1%}, precision of the sure part {old_sure:.1%} → "
        "{new_sure:.1%}, sure of {old_part:.1%} → {new_part:.1%}"
    )
    return sentence.format(
        letters=after["letters"],
        old=before["accepted"],
        new=after["accepted"],
        old_sure=before["precision"],
        new_sure=after["precision"],
        old_part=before["coverage"],
        new_part=after["coverage"],
    )
