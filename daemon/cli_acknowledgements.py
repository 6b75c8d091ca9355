"""`cabinet acknowledgements on|off --user NAME`: the office's rule for automatic acknowledgements."""

from typing import Annotated, Literal

import typer

from config import clock
from config.i18n import gettext as _
from daemon.cli_common import configured
from daemon.entering import user_named
from daemon.house import open_house
from registry.switches import SwitchName, is_on
from responders import acknowledge


def acknowledgements(
    state: Annotated[Literal["on", "off"], typer.Argument(metavar="on|off")],
    user: Annotated[str, typer.Option(help=_("User name of the approver who answers for what the rule approves."))],
) -> None:
    """Turn the rule on or off in the name of a person who may approve replies."""
    house = open_house(configured())
    with house.database.write() as session:
        person = user_named(session, user)
        acknowledge.switch(session, state == "on", person, clock.now())
        name, sending = person.full_name, is_on(session, SwitchName.SENDING)
    house.database.close()
    if state == "off":
        typer.echo(_("Automatic acknowledgements are off."))
        return
    typer.echo(_("Automatic acknowledgements are on; {name} answers for them.").format(name=name))
    if not sending:
        typer.echo(_("Sending is off, so none is made until it is turned on."))
