"""Gives the unfinished work of a dead worker back to the queues: `python -m daemon.takeover EXECUTOR`."""

import sys

from config.settings import load_settings
from daemon.engine import hand_back
from daemon.house import open_house

if __name__ == "__main__":
    hand_back(open_house(load_settings()), sys.argv[1])
