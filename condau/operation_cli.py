"""`condau health` and `condau jobs`: what an operator looks at first when something is not well."""

from __future__ import annotations

from typing import Annotated

import typer

from condau.console import SettingsFile, explained, settings_of

jobs = typer.Typer(
    help="Background work: what waits, runs, has failed; trying a job again.", invoke_without_command=True
)
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def health_command(as_json: AsJson = False, settings: SettingsFile = None) -> None:
    """How the installation is: workers, waiting work, money to look at, seals, backups. 0 when all is well."""
    from condau.show_operation import show_health

    read = settings_of(settings)
    with explained():
        code = show_health(read, as_json=as_json)
    raise typer.Exit(code)


@jobs.callback()
def list_jobs(
    context: typer.Context,
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, waiting_again, running, failed, done; by default all but done.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Such as issue-result.")] = None,
    older_than_minutes: Annotated[int, typer.Option("--older-than", min=0, help="Asked for so many minutes ago.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """List jobs, the oldest first."""
    if context.invoked_subcommand is not None:
        return
    from condau.show_operation import JobsAsked, show_jobs

    read = settings_of(settings)
    asked = JobsAsked(tuple(state or ()), kind, older_than_minutes, limit)
    with explained():
        code = show_jobs(read, asked, as_json=as_json)
    raise typer.Exit(code)


@jobs.command()
def retry(
    job: Annotated[list[str], typer.Argument(metavar="JOB", help="As it is listed.")], settings: SettingsFile = None
) -> None:
    """Try jobs that failed again at once; by themselves they are, after pauses of up to an hour."""
    from condau.show_operation import retry_jobs

    read = settings_of(settings)
    with explained():
        code = retry_jobs(read, job)
    raise typer.Exit(code)
