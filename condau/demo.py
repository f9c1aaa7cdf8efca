"""The demonstration: the whole service and its outside world on loopback, with synthetic people and a story."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape

from condau.assembly import assemble
from condau.clock import now
from condau.initialise import initialise
from condau.records_scene import the_books_are_checked
from condau.running import address_of, listen, running
from condau.scenes import play
from condau.seed import seed_officials, seed_overdue
from condau.serve import create_service
from condau.settings import (
    ClientSettings,
    IssuerSettings,
    OwnClientSettings,
    PaymentAccountSettings,
    PaymentSettings,
    ScheduleSettings,
    Settings,
    TimestampSettings,
    WorkerSettings,
)
from condau.story import Story, StoryFailed
from identity.clients import Scope
from issuance.fees.policy import DEMONSTRATION_POLICIES
from simulators.identity_provider.clients import MACHINE_CLIENT, MACHINE_SECRET, PAGES_CLIENT, pages_clients
from simulators.outside_world import create_outside_world
from simulators.payment_notices import NoticeSender
from simulators.people import load_people
from simulators.sign_in_links import SignInLinks
from simulators.timestamp_authority import POLICY, TimestampAuthority

SERVICE_PORT, OUTSIDE_PORT = 8000, 8001
_IN_A_HURRY_SECONDS = 0.05
"""Between two looks for work while the story is played; a service that stays up has the usual time."""
AUDIENCE = "https://condau.example/api"
ISSUER_NAMES = {"citizens": "demo-citizens", "officials": "demo-officials"}
STATUS_LIST_TTL_SECONDS = 5
CITIZEN_SCOPES: tuple[Scope, ...] = ("applications:read", "applications:write", "documents:read")


def demo_settings(
    folder: Path,
    service_port: int,
    outside_url: str,
    database_url: str = "",
    timestamps: TimestampSettings | None = None,
    notice_secret_file: Path | None = None,
    polling_seconds: float = 0.2,
) -> Settings:
    """Settings of the demonstration; the keys and, by default, the database stay in `folder` between runs.

    polling_seconds: between two looks for work; the shorter, the sooner a story goes on, and the more it costs idle.
    """
    return Settings(
        database_url=database_url,
        mode="demo",
        public_url=f"http://127.0.0.1:{service_port}",
        port=service_port,
        state_folder=folder / "state",
        policy_folders=(DEMONSTRATION_POLICIES,),
        issuers=(
            IssuerSettings(
                name=ISSUER_NAMES["citizens"],
                title="Định danh mô phỏng",
                issuer=f"{outside_url}/citizens",
                audiences=(AUDIENCE,),
                people="citizens",
                levels={"level-1": 1, "level-2": 2},
                token_kinds=("jwt_access_token", "sign_in"),
                own_client=OwnClientSettings(client_id=PAGES_CLIENT),
            ),
            IssuerSettings(
                name=ISSUER_NAMES["officials"],
                title="Tài khoản cán bộ mô phỏng",
                issuer=f"{outside_url}/officials",
                audiences=(AUDIENCE,),
                people="officials",
                token_kinds=("jwt_access_token", "sign_in"),
                own_client=OwnClientSettings(client_id=PAGES_CLIENT),
            ),
            IssuerSettings(
                name="demo-machines", issuer=f"{outside_url}/machines", audiences=(AUDIENCE,), people="machines"
            ),
        ),
        clients=(
            *(
                ClientSettings(
                    issuer="demo-citizens", client_id=client_id, name=name, scopes=CITIZEN_SCOPES, channel=channel
                )
                for client_id, name, channel in (
                    ("vneid-app", "VNeID", "vneid"),
                    ("portal", "Cổng dịch vụ công", "portal"),
                    ("one-stop-kiosk", "Bộ phận một cửa", "desk"),
                )
            ),
            ClientSettings(issuer="demo-officials", client_id="desk", name="Bàn làm việc", scopes=("desk",)),
            # the service's own pages: what they may do is fixed here, for ID tokens name no scopes
            ClientSettings(
                issuer="demo-citizens",
                client_id=PAGES_CLIENT,
                name="Trang của dịch vụ",
                scopes=CITIZEN_SCOPES,
                scopes_from="registration",
                channel="portal",
            ),
            ClientSettings(
                issuer="demo-officials",
                client_id=PAGES_CLIENT,
                name="Trang của dịch vụ",
                scopes=("desk",),
                scopes_from="registration",
            ),
            ClientSettings(
                issuer="demo-machines",
                client_id=MACHINE_CLIENT,
                name="Hệ thống một cửa",
                scopes=("agency:read",),
                unit="000.00.15.H26",
            ),
        ),
        judicial_register_url=f"{outside_url}/register",
        population_register_url=f"{outside_url}/population",
        payment_gateway_url=f"{outside_url}/gateway",
        payments=PaymentSettings(
            account=PaymentAccountSettings(bank_bin="000000", number="000000000000", holder="TAI KHOAN GIA DINH"),
            notice_secret_files=() if notice_secret_file is None else (notice_secret_file,),
            ask_seconds=30,
        ),
        status_list_ttl_seconds=STATUS_LIST_TTL_SECONDS,
        timestamps=timestamps,
        worker=WorkerSettings(sweep_seconds=5.0, polling_seconds=polling_seconds),
        schedules=ScheduleSettings(deadlines_seconds=5),
    )


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demonstration."""

    settings: Settings
    outside_url: str
    links: SignInLinks


@contextlib.contextmanager
def demo_service(folder: Path, database_url: str = "", polling_seconds: float = 0.2) -> Iterator[Demo]:
    """The service and its outside world, up while the block runs. Raises ServerDidNotStart."""
    inside, outside = listen(SERVICE_PORT), listen(OUTSIDE_PORT)
    outside_url = address_of(outside)
    authority = TimestampAuthority.kept_in(folder / "timestamp-authority.pem", now())
    timestamps = _timestamps_of(authority, folder, outside_url)
    secret_file = folder / "payment-notices.secret"
    secret = _notice_secret(secret_file)
    settings = demo_settings(
        folder, inside.getsockname()[1], outside_url, database_url, timestamps, secret_file, polling_seconds
    )
    initialise(settings)
    links = SignInLinks(outside_url)
    pages = pages_clients(settings.public_url, ISSUER_NAMES)
    assembly = assemble(settings)
    with (
        running(
            create_outside_world(
                outside_url,
                now,
                demo=True,
                links=links,
                pages=pages,
                timestamps=authority,
                keys_folder=folder,
                notices=NoticeSender(f"{settings.public_url}/v1/payments/notices", secret, now),
            ),
            outside,
        ),
        running(create_service(assembly), inside),
    ):
        seed_officials(assembly, outside_url)
        seed_overdue(assembly, outside_url)
        yield Demo(settings, outside_url, links)


def _notice_secret(file: Path) -> str:
    """Shared with the simulated payment provider, kept between runs."""
    if not file.exists():
        file.write_text("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        file.chmod(0o600)
    return file.read_text()


def _timestamps_of(authority: TimestampAuthority, folder: Path, outside_url: str) -> TimestampSettings:
    roots_file = folder / "timestamp-root.pem"
    roots_file.write_bytes(authority.root_pem())
    return TimestampSettings(url=f"{outside_url}/timestamps/", roots_file=roots_file, policy=POLICY)


def run_demo(folder: Path, console: Console) -> int:
    """Play the story once. Returns the exit code: 0, or 1 with the reason printed."""
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with demo_service(folder, polling_seconds=_IN_A_HURRY_SECONDS) as demo, client_of(demo) as service:
        console.print(
            f"[bold]Condau[/bold] is up at {demo.settings.public_url}, its outside world at {demo.outside_url}."
        )
        story = Story(service=service, outside_url=demo.outside_url, folder=folder, console=console)
        try:
            files = play(story) | {"backup": the_books_are_checked(story, demo.settings)}
        except (StoryFailed, httpx.HTTPError) as failed:
            console.print(f"\n[red bold]The story stopped:[/red bold] {escape(str(failed))}", highlight=False)
            return 1
    files["summary"] = folder / "summary.json"
    summary = {
        "seconds": round(time.perf_counter() - started, 3),
        "steps": story.steps,
        "verdicts": story.verdicts,
        "files": {name: str(path) for name, path in files.items()},
    }
    files["summary"].write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    console.print(f"\n[bold green]Done[/bold green] in {summary['seconds']:.1f} s. The files:")
    for name, path in files.items():
        console.print(f"   {name}: {path}")
    return 0


def serve_demo(folder: Path, console: Console) -> int:
    """Stay up with seed data until a signal."""
    folder.mkdir(parents=True, exist_ok=True)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with demo_service(folder) as demo, client_of(demo) as service:
        console.print("Seeding: the demonstration's story is played once …")
        try:
            play(Story(service=service, outside_url=demo.outside_url, folder=folder, console=Console(quiet=True)))
        except (StoryFailed, httpx.HTTPError) as failed:
            console.print(f"[red bold]The story stopped:[/red bold] {escape(str(failed))}", highlight=False)
            return 1
        print_links(demo, console)
        stopped.wait()
    return 0


_PAGES = (
    ("Start here, and sign in as anybody", "/"),
    ("Citizens ask for documents", "/services"),
    ("Officials settle cases", "/desk"),
    ("Agencies change fee rules", "/fees"),
    ("Heads look at figures", "/statistics"),
    ("Operators see what is wrong", "/operation"),
    ("Check documents, also without a network", "/v"),
    ("API", "/docs"),
)


def print_links(demo: Demo, console: Console) -> None:
    """Everything that somebody needs who tries the service by hand."""
    url = demo.settings.public_url
    console.print("\n[bold]Condau is up.[/bold] Stop it with Ctrl+C.")
    for what, path in _PAGES:
        console.print(f"  {what}: {url}{path}", soft_wrap=True, highlight=False)
    console.print("\nSign in with these links; each works once and shows an access token (plain text for curl):")
    people = load_people()
    for client_id, known in (("vneid-app", people.citizens), ("desk", people.officials)):
        for person in known:
            console.print(f"\n  {person.full_name}, {person.about['en']} (through {client_id})", highlight=False)
            console.print(f"  {demo.links.make(client_id, person)}", soft_wrap=True, highlight=False)

    _print_machine(demo, console)
    mother, child = people.citizens[0], people.children[0]
    console.print(
        f"\nFor another: {mother.full_name} is the {child.guardians[mother.personal_id]} of {child.full_name};\n"
        f'  her request adds "on_behalf_of": {{"personal_id": "{child.personal_id}"}}',
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _print_machine(demo: Demo, console: Console) -> None:
    console.print(f"\nAn agency's system ({MACHINE_CLIENT}) gets its token by itself:", highlight=False)
    console.print(
        f"  MACHINE=$(curl -s -u {MACHINE_CLIENT}:{MACHINE_SECRET} -d grant_type=client_credentials "
        f'{demo.outside_url}/machines/token | sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\')',
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def client_of(demo: Demo) -> httpx.Client:
    """A client of the demonstration's service; proxies of the environment are for other addresses."""
    return httpx.Client(base_url=demo.settings.public_url, timeout=30.0, trust_env=False)
