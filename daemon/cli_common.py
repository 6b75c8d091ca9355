"""What several groups of commands share."""

import json
import os
from typing import Any

import typer

from config.settings import CONFIG_VARIABLE, DEFAULT_CONFIG, Settings, load_settings
from daemon.errors import NothingConfigured

OPERATOR = "command-line"


def configured() -> Settings:
    """The settings; `NothingConfigured` if there is no configuration file yet."""
    if CONFIG_VARIABLE not in os.environ and not DEFAULT_CONFIG.exists():
        raise NothingConfigured
    return load_settings()


def print_result(as_json: bool, data: Any, sentence: str) -> None:
    """Print `data` as one line of JSON, or the sentence."""
    typer.echo(json.dumps(data, ensure_ascii=False, default=str) if as_json else sentence)
