"""The demonstration's service and its outside world in a process of their own, until its standard input ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console

from condau.demo import client_of, demo_service
from condau.scenes import play
from condau.story import Story


def main(folder: str, told: str = "") -> None:
    """Writes one line of JSON as soon as both answer: where the service is, and where its outside world.

    told: "played" to play the demonstration's story first, so that there is something of everything.
    """
    with demo_service(Path(folder)) as demo, client_of(demo) as service:
        if told == "played":
            quiet = Console(quiet=True)
            play(Story(service=service, outside_url=demo.outside_url, folder=Path(folder), console=quiet))
        sys.stdout.write(json.dumps({"service": demo.settings.public_url, "outside": demo.outside_url}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
