"""Making a configuration: the TOML file, the office table and the password files."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from ruamel.yaml import YAML

from config.town import DEFAULT_TABLES

CONFIG_NAME = "cabinet.toml"


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach a mail server; `password` goes into a file of its own."""

    host: str
    port: int
    security: str
    username: str
    password: str


def write_configuration(
    folder: Path,
    *,
    office: dict[str, str],
    imap: Server,
    smtp: Server,
    sender_address: str,
    sender_name: str,
    scans: Path,
    desk_port: int,
    practice: bool = False,
    quick: bool = False,
) -> Path:
    """Write `cabinet.toml`, `tables/office.yaml` and the password files (0600) into `folder`; returns the TOML's path.

    `office` holds the fields of `config/tables/office.yaml` that differ. Existing files are not overwritten but
    refused with FileExistsError. `quick` shortens the pauses, for the practice mailbox.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / CONFIG_NAME
    if path.exists():
        raise FileExistsError(path)
    document = tomlkit.document()
    document.add(tomlkit.comment("Cabinet. Passwords are not in this file: see password_file, or use the environment."))
    document.add(tomlkit.comment("Every setting is described in docs/reference/settings.md."))
    document["data_folder"] = str((folder / "data").resolve())
    document["tables_folder"] = str((folder / "tables").resolve())
    if practice:
        document["practice"] = True
    mailboxes = tomlkit.aot()
    mailboxes.append(_server_table(imap, folder / "mailbox.password", name="primaria", **_pace(quick, 60.0, 1.0)))
    document["mailboxes"] = mailboxes
    document["smtp"] = _server_table(
        smtp, folder / "smtp.password", sender_address=sender_address, sender_name=sender_name
    )
    scans_table = tomlkit.table()
    scans_table["folder"] = str(scans.resolve())
    if quick:
        scans_table["stable_seconds"], scans_table["poll_seconds"] = 1.0, 1.0
    document["scans"] = scans_table
    desk = tomlkit.table()
    desk["port"] = desk_port
    document["desk"] = desk
    _write_office(folder / "tables", office)
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return path


def write_secret(path: Path, secret: str) -> None:
    """Write a secret into a file that only its owner can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secret + "\n")


def _pace(quick: bool, usual: float, fast: float) -> dict[str, float]:
    return {"poll_seconds": fast if quick else usual}


def _server_table(server: Server, password_file: Path, **more: Any) -> tomlkit.items.Table:
    table = tomlkit.table()
    if "name" in more:
        table["name"] = more.pop("name")
    table["host"], table["port"], table["security"] = server.host, server.port, server.security
    if server.username:
        write_secret(password_file, server.password)
        table["username"], table["password_file"] = server.username, str(password_file.resolve())
    for key, value in more.items():
        table[key] = value
    return table


def _write_office(folder: Path, office: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    yaml = YAML()
    document = yaml.load((DEFAULT_TABLES / "office.yaml").read_text(encoding="utf-8"))
    document.update(office)
    with (folder / "office.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(document, file)
