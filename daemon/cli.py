"""The command line: `cabinet …`. Each command opens what it needs, does one thing and says how it went."""

import json
import os
import sys
import threading
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn

from classifiers.errors import ClassifierError
from config import clock
from config.errors import ConfigurationError, FileMissing
from config.i18n import gettext as _
from config.logging import set_up_logging
from config.settings import CONFIG_VARIABLE, Security, Settings, load_settings
from config.town import load_tables
from daemon import (
    checks,
    cli_acknowledgements,
    cli_extract,
    cli_ingest,
    cli_labels,
    cli_mailbox,
    cli_model,
    configuring,
    entering,
    locks,
    practising,
)
from daemon.cli_common import OPERATOR
from daemon.cli_common import configured as _configured
from daemon.cli_common import print_result as _print
from daemon.errors import DaemonError, FileRefused
from daemon.house import House, open_house
from daemon.supervisor import Process, own_command, supervise
from daemon.worker import run_worker
from desk.app import create_app
from ingest.errors import IngestError
from registry.errors import RecordError
from registry.switches import SwitchName, is_on, turn
from registry.users import Role, check_password_rules, create_user, set_password
from responders.errors import ResponderError

EXPECTED = (ConfigurationError, DaemonError, RecordError, IngestError, ClassifierError, ResponderError)

app = typer.Typer(
    name="cabinet",
    help=_("The correspondence desk of a mayor's office."),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it may print the values of variables, among them passwords
)
user_app = typer.Typer(help=_("Users of the desk."), no_args_is_help=True)
app.add_typer(user_app, name="user")
app.add_typer(cli_labels.app, name="labels")
app.add_typer(cli_mailbox.app, name="mailbox")
app.add_typer(cli_model.app, name="model")
app.command("acknowledgements", help=_("Turn automatic acknowledgements on or off."))(
    cli_acknowledgements.acknowledgements
)


@app.callback()
def choose_configuration(
    config: Annotated[Path | None, typer.Option(help=_("Configuration file (TOML)."), envvar=CONFIG_VARIABLE)] = None,
) -> None:
    """Point every command at one configuration file."""
    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config)


def main() -> None:
    """Run the command line; an expected error is one clear sentence and exit code 1."""
    try:
        app()
    except EXPECTED as error:
        _complain(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        missing = isinstance(error, FileNotFoundError)
        path = str(error.filename)
        _complain(str(FileMissing(Path(path)) if missing else FileRefused(path, error.strerror or "")))


@app.command(help=_("Run everything: one worker and the desk, in one process group."))
def run() -> None:
    """Supervise worker and desk until told to stop."""
    settings = _configured()
    _run_processes(settings, [Process("worker", own_command("worker")), Process("desk", own_command("desk"))])


@app.command(help=_("Run the practice mailbox with invented letters; nothing can leave this machine."))
def practice(
    folder: Annotated[Path, typer.Option(help=_("Where the practice data is kept."))] = Path("data/practice"),
) -> None:
    """Prepare the practice house if needed and run it, or say where it already runs."""
    place = practising.PracticePlace(folder.resolve())
    os.environ[CONFIG_VARIABLE] = str(place.config)
    if practising.prepare(place):
        typer.echo(_("The practice mailbox was made in {folder}.").format(folder=place.folder))
    settings = load_settings()
    typer.echo(_("Desk: {address}").format(address=_address(settings)))
    typer.echo(_("Practice users (user name, password, name):"))
    typer.echo(place.users.read_text(encoding="utf-8").rstrip())
    if locks.is_held(_run_lock(settings)):
        typer.echo(_("It is already running."))
        return
    typer.echo(_("Starting. Stop with Ctrl+C."))
    _run_processes(settings, practising.post_office(place))


@app.command(help=_("Run one worker (mail, scans, reading, drafting, sending)."))
def worker() -> None:
    """Run one worker until told to stop."""
    settings = _configured()
    set_up_logging(settings.log_level)
    run_worker(settings)


@app.command(help=_("Run the desk (web application)."))
def desk() -> None:
    """Serve the desk until told to stop."""
    settings = _configured()
    set_up_logging(settings.log_level)
    house = open_house(settings)
    application = create_app(settings, house.database, house.tables)
    uvicorn.run(
        application,
        host=settings.desk.host,
        port=settings.desk.port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


@app.command(help=_("Make a configuration for a real mailbox, by questions or by options."))
def init(
    folder: Annotated[Path, typer.Option(prompt=_("Folder for configuration and data"))] = Path(),
    municipality: Annotated[str, typer.Option(prompt=_("Municipality"))] = "Municipiul Mediaș",
    office: Annotated[str, typer.Option(prompt=_("Office"))] = "Cabinetul Primarului",
    address: Annotated[str, typer.Option(prompt=_("E-mail address of the office"))] = "primaria@primariamedias.ro",
    imap_host: Annotated[str, typer.Option(prompt=_("IMAP server"))] = "",
    imap_port: Annotated[int, typer.Option(prompt=_("IMAP port"))] = 993,
    imap_security: Annotated[Security, typer.Option(prompt=_("IMAP security (tls, starttls)"))] = "tls",
    imap_user: Annotated[str, typer.Option(prompt=_("IMAP user name"))] = "",
    imap_password: Annotated[
        str, typer.Option(prompt=_("IMAP password"), hide_input=True, envvar="CABINET_INIT_IMAP_PASSWORD")
    ] = "",
    smtp_host: Annotated[str, typer.Option(prompt=_("SMTP server"))] = "",
    smtp_port: Annotated[int, typer.Option(prompt=_("SMTP port"))] = 587,
    smtp_security: Annotated[Security, typer.Option(prompt=_("SMTP security (tls, starttls)"))] = "starttls",
    smtp_user: Annotated[str, typer.Option(prompt=_("SMTP user name (empty: none)"))] = "",
    smtp_password: Annotated[
        str, typer.Option(prompt=_("SMTP password"), hide_input=True, envvar="CABINET_INIT_SMTP_PASSWORD")
    ] = "",
    scans: Annotated[Path, typer.Option(prompt=_("Folder into which scanners write"))] = Path("scans"),
    desk_port: Annotated[int, typer.Option(prompt=_("Port of the desk"))] = 8400,
    admin_user: Annotated[str, typer.Option(prompt=_("User name of the first administrator"))] = "administrator",
    admin_name: Annotated[str, typer.Option(prompt=_("Name of the first administrator"))] = "",
    admin_password: Annotated[
        str,
        typer.Option(
            prompt=_("Password of the first administrator"), hide_input=True, envvar="CABINET_INIT_ADMIN_PASSWORD"
        ),
    ] = "",
) -> None:
    """Write configuration, tables and password files, make the database and the first administrator."""
    check_password_rules(admin_password)  # before anything is written, so that init can be run again
    try:
        path = configuring.write_configuration(
            folder,
            office={"municipality": municipality, "office": office, "email": address},
            imap=configuring.Server(imap_host, imap_port, imap_security, imap_user, imap_password),
            smtp=configuring.Server(smtp_host, smtp_port, smtp_security, smtp_user, smtp_password),
            sender_address=address,
            sender_name=f"{office}, {municipality}",
            scans=scans,
            desk_port=desk_port,
        )
    except FileExistsError as error:
        path = error.filename or error.args[0]
        typer.secho(_("{path} exists already; nothing was changed.").format(path=path), fg="red", err=True)
        raise typer.Exit(1) from error
    os.environ[CONFIG_VARIABLE] = str(path)
    settings = load_settings()
    house = open_house(settings)
    with house.database.write() as session:
        create_user(
            session,
            username=admin_user,
            full_name=admin_name or admin_user,
            role=Role.ADMINISTRATOR,
            password=admin_password,
            at=clock.now(),
            actor=OPERATOR,
        )
    typer.echo(_("Written: {path}").format(path=path))
    _say(checks.servers(house))
    house.database.close()
    typer.echo(_("Sending is off until somebody turns it on in the desk or with “cabinet resume-sending”."))
    typer.echo(_("Start with: cabinet --config {path} run").format(path=path))


@app.command(help=_("Check what Cabinet needs on this machine and say what to do."))
def doctor() -> None:
    """Exit code 1 if something is missing."""
    settings = _configured()
    findings = [*_say(checks.machine(settings)), *_say(checks.servers(open_house(settings)))]
    if any(sentence.startswith(checks.BAD) for sentence in findings):
        raise typer.Exit(1)


app.command(help=_("Register letters from files: mails, mailboxes, PDF, images; folders are walked."))(
    cli_ingest.ingest
)


app.command(help=_("Read documents and print their pages with text and quality."))(cli_extract.extract)


@app.command(help=_("Classify letters given as JSON lines (id, text, subject)."))
def classify(
    jsonl: Annotated[tuple[Path, Path], typer.Option("--jsonl", help=_("Input and output file."), metavar="IN OUT")],
) -> None:
    """Write one decision per line."""
    from classifiers.evaluate import classify_jsonl
    from classifiers.understand import load

    classify_jsonl(jsonl[0], jsonl[1], load())


@app.command(help=_("Measure the classifier on labelled letters (JSON lines)."))
def evaluate(
    source: Path,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    without_e5: Annotated[bool, typer.Option("--without-e5", help=_("Leave out the view by meaning."))] = False,
    without_diacritics: Annotated[
        bool, typer.Option("--without-diacritics", help=_("Take the diacritics off all letters first."))
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help=_("Where the report is written; in this folder if left out."))
    ] = None,
) -> None:
    """Print the evaluation and write it as a page."""
    from classifiers.evaluate import evaluate as measure
    from classifiers.evaluation_report import write_report
    from classifiers.understand import load

    result = measure(source, load(embedding=not without_e5), bare=without_diacritics)
    write_report(result, report or Path(f"{source.stem}-evaluation.html"), source.name)
    typer.echo(json.dumps(result.to_json(), ensure_ascii=False) if as_json else str(result))


app.command(help=_("Train the classifier, from the corpus in the repository or with people's corrections too."))(
    cli_model.train
)


@app.command(help=_("Compare every mailbox with the ledger."))
def balance(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Exit code 1 if a message on a server is not accounted for."""
    house = open_house(_configured())
    results = [checks.balance(house, mailbox) for mailbox in house.settings.mailboxes]
    rows = [
        {
            "account": one.account,
            "folder": one.folder,
            "on_server": one.on_server,
            "accounted": one.accounted,
            "missing": [asdict(difference) for difference in one.differences],
        }
        for one in results
    ]
    _print(as_json, rows, "\n".join(checks.balance_words(one) for one in results))
    if any(one.differences for one in results):
        raise typer.Exit(1)


@app.command(help=_("Verify the audit trail, the kept files and the register numbers."))
def verify(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Exit code 1 if anything does not hold."""
    findings = checks.verify(open_house(_configured()))
    _print(as_json, findings, "\n".join(findings) or _("Audit trail, files and numbers are whole."))
    if findings:
        raise typer.Exit(1)


@app.command("stop-sending", help=_("Stop all sending at once."))
def stop_sending() -> None:
    """Turn the sending switch off."""
    _turn_sending(False)


@app.command("resume-sending", help=_("Allow approved replies to be sent."))
def resume_sending() -> None:
    """Turn the sending switch on."""
    _turn_sending(True)


@user_app.command("add", help=_("Add a user."))
def user_add(
    username: str,
    full_name: Annotated[str, typer.Option(prompt=_("Full name"))],
    role: Annotated[Role, typer.Option(prompt=_("Role"))],
    password: Annotated[str, typer.Option(prompt=_("Password"), hide_input=True, envvar="CABINET_USER_PASSWORD")],
) -> None:
    """Make a user who can sign in at once."""
    with open_house(_configured()).database.write() as session:
        create_user(
            session,
            username=username,
            full_name=full_name,
            role=role,
            password=password,
            at=clock.now(),
            actor=OPERATOR,
        )
    typer.echo(_("User {name} was added.").format(name=username))


@user_app.command("password", help=_("Give a user a new password."))
def user_password(
    username: str,
    password: Annotated[str, typer.Option(prompt=_("Password"), hide_input=True, envvar="CABINET_USER_PASSWORD")],
) -> None:
    """Set a password and end the user's sessions."""
    with open_house(_configured()).database.write() as session:
        set_password(session, entering.user_named(session, username), password, at=clock.now(), actor=OPERATOR)
    typer.echo(_("The password was changed."))


@user_app.command("list", help=_("List users."))
def user_list(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Print user names, names and roles."""
    with open_house(_configured()).database.read() as session:
        users = entering.users(session)
    rows = [
        {"username": user.username, "name": user.full_name, "role": user.role, "active": user.active} for user in users
    ]
    _print(as_json, rows, "\n".join(f"{row['username']:<20} {row['role']:<14} {row['name']}" for row in rows))


@app.command("check-tables", help=_("Check the tables of the town hall."))
def check_tables() -> None:
    """Load all tables; a mistake is one sentence with file and line."""
    tables = load_tables(load_settings().tables_folder)
    typer.echo(
        _("The tables are in order: {topics} topics, {departments} departments.").format(
            topics=len(tables.topics), departments=len(tables.departments)
        )
    )


def _run_processes(settings: Settings, processes: list[Process]) -> None:
    set_up_logging(settings.log_level)
    with locks.hold(_run_lock(settings)):
        open_house(settings).database.close()  # migrate once, before several processes would
        threading.Thread(target=_announce, args=(settings,), daemon=True).start()
        supervise(processes, threading.Event())


def _announce(settings: Settings) -> None:
    if checks.wait_for_desk(_address(settings)):
        typer.echo(_("Cabinet is ready: {address}").format(address=_address(settings)))


def _run_lock(settings: Settings) -> Path:
    return settings.data_folder / "locks" / "run.lock"


def _address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.desk.host in ("0.0.0.0", "::") else settings.desk.host  # noqa: S104
    return f"http://{host}:{settings.desk.port}"


def _turn_sending(on: bool) -> None:
    house: House = open_house(_configured())
    with house.database.write() as session:
        if is_on(session, SwitchName.SENDING) != on:
            turn(session, SwitchName.SENDING, on, at=clock.now(), actor=OPERATOR)
    typer.echo(_("Sending is on.") if on else _("Sending is off; approved replies wait."))


def _say(sentences: Iterable[str]) -> list[str]:
    """Print each as it comes, for a server that does not answer takes its time."""
    said = []
    for sentence in sentences:
        typer.echo(sentence)
        said.append(sentence)
    return said


def _complain(sentence: str) -> NoReturn:
    typer.secho(sentence, fg="red", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
