"""The command line: options and help; what a command does stands in monitor/commands, imported when it runs.

Its annotations are values and no text, for typer would compile the text of every one of them at each start.
"""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import __version__

if TYPE_CHECKING:
    from monitor.session import Session

app = typer.Typer(
    name="parcelwarden",
    help="Watches AliExpress parcels and buyer protection, warns in time, and fills the dispute form you alone submit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    rich_markup_mode=None,  # the boxes of rich would double the time of every help page
)
notify_app = typer.Typer(no_args_is_help=True, help="Desktop notices.")
app.add_typer(notify_app, name="notify")
service_app = typer.Typer(
    no_args_is_help=True,
    help="The daemon kept running by your system: systemd, launchd or the Windows Task Scheduler.",
    epilog="Example: parcelwarden service install --dry-run",
)
app.add_typer(service_app, name="service")
db_app = typer.Typer(
    no_args_is_help=True,
    help="The store as a database: from a file to a PostgreSQL server and back.",
    epilog="Example: parcelwarden db copy --to postgresql+psycopg://me@host/parcels",
)
app.add_typer(db_app, name="db")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit with 10 when something needs attention.")]
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order number the shop shows.")]


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"parcelwarden {__version__}")
        raise typer.Exit


@app.callback()
def start(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(envvar="PARCELWARDEN_CONFIG", help="Another config.toml.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(envvar="PARCELWARDEN_DATA_DIR", help="Another folder for the store.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = (config, data_dir)


def _session(ctx: typer.Context) -> "Session":
    from monitor import config as settings
    from monitor.session import Session

    config, data_dir = ctx.obj
    return Session(config, data_dir or settings.default_data_dir())


@app.command(epilog="Example: parcelwarden demo --no-wait")
def demo(
    no_wait: Annotated[bool, typer.Option("--no-wait", help="End by itself, leave nothing running.")] = False,
) -> None:
    """The whole main job on made-up orders: a pretend shop and carriers on this machine, no account needed."""
    from monitor.demo import demo as show_demo

    raise typer.Exit(show_demo(wait=not no_wait))


@app.command(epilog="Example: parcelwarden init --yes")
def init(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Take the defaults, ask nothing.")] = False,
) -> None:
    """Five questions with defaults, a test notice, a first order or the demo; safe to repeat."""
    import sys

    from monitor.commands import first_run

    if not yes and not sys.stdin.isatty():
        raise typer.BadParameter("init asks questions; without a terminal add --yes.")

    def ask(question: str, default: str) -> str:
        answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
        return answer

    def confirm(question: str) -> bool:
        return typer.confirm(question, default=False, err=True)

    raise typer.Exit(first_run.init(_session(ctx), yes=yes, ask=ask, confirm=confirm))


@app.command(epilog="Example: parcelwarden login")
def login(ctx: typer.Context) -> None:
    """Open the shop in the program's own browser for you to log in; the session is kept."""
    from monitor.commands import shopping

    raise typer.Exit(shopping.login(_session(ctx)))


@app.command(epilog="Example: parcelwarden sync --json")
def sync(
    ctx: typer.Context,
    no_wait: Annotated[
        bool,
        typer.Option("--no-wait", help="End when the shop asks for you, instead of leaving you the window."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Read your orders from the shop in that browser: only looked at, nothing pressed but “View orders”."""
    from monitor.commands import shopping

    raise typer.Exit(shopping.sync(_session(ctx), wait=not no_wait, as_json=as_json))


@app.command(epilog="Example: parcelwarden mail --json")
def mail(
    ctx: typer.Context,
    set_password: Annotated[
        bool,
        typer.Option("--set-password", help="Ask for the mailbox's password and keep it in the keyring."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Read the shop's mails over IMAP, once; the mailbox is only looked at."""
    from monitor.commands import mailing

    if set_password:
        raise typer.Exit(mailing.set_password(_session(ctx), typer.prompt("Password", hide_input=True)))
    raise typer.Exit(mailing.mail(_session(ctx), as_json=as_json))


@app.command(epilog="Example: parcelwarden vet https://www.aliexpress.com/item/1005000000000000.html")
def vet(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="The product page.")],
    as_json: Json = False,
) -> None:
    """Before buying: what a product page shows against the known warning signs."""
    from monitor.commands import vetting

    raise typer.Exit(vetting.vet(_session(ctx), url, as_json=as_json))


@app.command("import", epilog="Example: parcelwarden import orders.csv mails/*.eml")
def import_(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help=".csv, .json, .har, .eml or .mbox")],
    as_json: Json = False,
) -> None:
    """Bring orders in from files; importing a file twice changes nothing."""
    from monitor.commands import orders

    raise typer.Exit(orders.import_files(_session(ctx), files, as_json=as_json))


@app.command(
    epilog="Example: parcelwarden add 8190000000000001 --tracking LP00000000000001 --placed 2026-11-03"
)
def add(
    ctx: typer.Context,
    order: OrderId,
    tracking: Annotated[
        list[str], typer.Option(metavar="NO", help='A tracking number; repeat it for more, "" for none yet.')
    ],
    placed: Annotated[str, typer.Option(metavar="DATE", help="Day of the order, YYYY-MM-DD.")],
    carrier: Annotated[str, typer.Option(help="Whose number it is; see `carriers`.")] = "",
    amount: Annotated[str, typer.Option(metavar='"12.34 USD"', help="What was paid.")] = "",
    title: Annotated[str, typer.Option(help="What it is.")] = "",
    protection_until: Annotated[
        str, typer.Option(metavar="DATE", help="The day of “refund if no delivery before …”.")
    ] = "",
    shipped: Annotated[str, typer.Option(metavar="DATE", help="Day it was shipped.")] = "",
    seller: Annotated[str, typer.Option(help="The store.")] = "",
    country: Annotated[str, typer.Option(metavar="CC", help="Where it goes, e.g. DE.")] = "",
    marketplace: Annotated[str, typer.Option(help="The shop, where it is not AliExpress, e.g. ebay.")] = "",
    payment: Annotated[str, typer.Option(help="How it was paid, e.g. PayPal.")] = "",
    as_json: Json = False,
) -> None:
    """Add an order by hand."""
    from monitor.commands import orders

    code = orders.add(
        _session(ctx), order, tracking=tracking, placed=placed, carrier=carrier, amount=amount, title=title,
        protection_until=protection_until, shipped=shipped, seller=seller, country=country,
        marketplace=marketplace, payment=payment, as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden edit 8190000000000001 --protection-until 2026-12-20")
def edit(
    ctx: typer.Context,
    order: OrderId,
    title: Annotated[str, typer.Option()] = "",
    seller: Annotated[str, typer.Option()] = "",
    amount: Annotated[str, typer.Option(metavar='"12.34 USD"')] = "",
    country: Annotated[str, typer.Option(metavar="CC", help="Where it goes.")] = "",
    payment: Annotated[str, typer.Option(help="How it was paid, e.g. PayPal.")] = "",
    protection_until: Annotated[str, typer.Option(metavar="DATE")] = "",
    placed: Annotated[str, typer.Option(metavar="DATE")] = "",
    paid: Annotated[str, typer.Option(metavar="DATE")] = "",
    shipped: Annotated[str, typer.Option(metavar="DATE")] = "",
    completed: Annotated[str, typer.Option(metavar="DATE")] = "",
    expected: Annotated[
        str, typer.Option(metavar="DATE", help="The latest day the shop estimates for the delivery.")
    ] = "",
    cancel_requested: Annotated[
        str, typer.Option(metavar="DATE", help="Day you asked the shop to cancel.")
    ] = "",
    paypal_opened: Annotated[
        str, typer.Option(metavar="DATE", help="Day you opened a dispute at PayPal.")
    ] = "",
) -> None:
    """Correct single facts of an order; dates it showed before are kept as history."""
    from monitor.commands import orders

    code = orders.edit(
        _session(ctx), order, title=title, seller=seller, amount=amount, country=country, payment=payment,
        protection_until=protection_until, placed=placed, paid=paid, shipped=shipped, completed=completed,
        expected=expected, cancel_requested=cancel_requested, paypal_opened=paypal_opened,
    )  # fmt: skip
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden received 8190000000000001")
def received(
    ctx: typer.Context,
    order: OrderId,
    undo: Annotated[bool, typer.Option("--undo", help="Watch it again.")] = False,
) -> None:
    """You have it and it is right: ends the watch. Nothing else ever does."""
    from monitor.commands import orders

    done = orders.received_undo if undo else orders.received
    raise typer.Exit(done(_session(ctx), order))


@app.command(epilog="Example: parcelwarden archive 8190000000000001")
def archive(
    ctx: typer.Context,
    order: OrderId,
    undo: Annotated[bool, typer.Option("--undo", help="Watch it again.")] = False,
) -> None:
    """Put an order away without deleting it."""
    from monitor.commands import orders

    raise typer.Exit(orders.archive(_session(ctx), order, undo=undo))


@app.command(epilog="Example: parcelwarden remove 8190000000000001 --yes")
def remove(
    ctx: typer.Context,
    order: OrderId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget an order for good (asks first)."""
    from monitor.commands import orders

    session = _session(ctx)
    session.order(order)
    if not yes:
        typer.confirm(f"Forget order {order} with all its scans and warnings?", abort=True)
    raise typer.Exit(orders.remove(session, order))


@app.command(epilog="Example: parcelwarden ack 8190000000000001")
def ack(
    ctx: typer.Context,
    order: Annotated[str, typer.Argument(metavar="[ORDER]", help="All when left out.")] = "",
) -> None:
    """Mark warnings as seen."""
    from monitor.commands import orders

    raise typer.Exit(orders.acknowledge(_session(ctx), order))


@app.command(epilog="Example: parcelwarden snooze 8190000000000001 2")
def snooze(
    ctx: typer.Context,
    order: OrderId,
    days: Annotated[int, typer.Argument(metavar="DAYS", min=1, max=365, help="For how long.")],
) -> None:
    """Put an order's warnings off, never past its last safe day."""
    from monitor.commands import orders

    raise typer.Exit(orders.snooze(_session(ctx), order, days))


@app.command(epilog="Example: parcelwarden check --all")
def check(
    ctx: typer.Context,
    orders: Annotated[list[str] | None, typer.Argument(metavar="[ORDER]...")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Ask about every parcel, due or not.")] = False,
    due: Annotated[
        bool,
        typer.Option("--due", help="Only what is due, quiet when nothing is: for a timer beside the daemon."),
    ] = False,
    as_json: Json = False,
    exit_code: ExitCode = False,
) -> None:
    """Ask the carriers once, judge, warn; prints what changed."""
    from monitor.commands import watching

    if due and (everything or orders):
        raise typer.BadParameter("asks what is due; leave out --all and ORDER.", param_hint="--due")
    session = _session(ctx)
    with session.logged("check") if due else contextlib.nullcontext():
        code = watching.check(
            session, orders or [], everything=everything, as_json=as_json, exit_code=exit_code, quiet=due
        )
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden status --json")
def status(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what you have or put away.")] = False,
    why: Annotated[bool, typer.Option("--why", help="The reasons of each advice.")] = False,
    as_json: Json = False,
    exit_code: ExitCode = False,
) -> None:
    """All orders, what needs you on top."""
    from monitor.commands import watching

    code = watching.status(
        _session(ctx), everything=everything, as_json=as_json, exit_code=exit_code, why=why
    )
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden show 8190000000000001")
def show(ctx: typer.Context, order: OrderId, as_json: Json = False) -> None:
    """One order whole: scans, deadlines with their sources, reasons, warnings."""
    from monitor.commands import watching

    raise typer.Exit(watching.show(_session(ctx), order, as_json=as_json))


@app.command(
    epilog='Example: parcelwarden draft 8190000000000001 --kind incomplete --fact "left shoe missing" --language de'
)
def draft(
    ctx: typer.Context,
    order: OrderId,
    kind: Annotated[
        str,
        typer.Option(
            help="Before a dispute: seller-message, post-office. For its form: not-received, delivered-elsewhere,"
            " quality, not-as-described, not-working, damaged, wrong-item, incomplete, empty-parcel, counterfeit,"
            " free-return. In it: offer-accept, offer-reject, close-request, return-sent, escalation. After it: paypal,"
            " card."
        ),
    ],
    fact: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="What only you know, in English; repeat it for more."),
    ] = None,
    amount: Annotated[str, typer.Option(help="Your own figure instead of all that was paid.")] = "",
    language: Annotated[
        str, typer.Option(metavar="XX", help="Translate it for you: de, es, fr, it, pl, pt or ru.")
    ] = "",
    limit: Annotated[
        int | None, typer.Option(min=200, help="The most signs its form takes, where that is known.")
    ] = None,
    as_json: Json = False,
) -> None:
    """A text to copy, filled from what is known, with its translation and what to attach."""
    from monitor.commands import draft as command
    from monitor.rules.draft import KINDS

    if kind not in KINDS:
        raise typer.BadParameter(f"{kind}: there are {', '.join(KINDS)}.", param_hint="--kind")
    code = command.write(
        _session(ctx), order, kind, facts=fact or [], amount=amount, language=language, limit=limit,
        as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden case 8190000000000001 --state waiting_buyer --offer '5.00 USD'")
def case(
    ctx: typer.Context,
    order: OrderId,
    state: Annotated[
        str, typer.Option(help="Record this state: opened, waiting_seller, waiting_buyer, …")
    ] = "",
    number: Annotated[str, typer.Option(help="The case's own number, if it has one.")] = "",
    line: Annotated[str, typer.Option(help="Which item it is about.")] = "",
    offer: Annotated[str, typer.Option(metavar='"5.00 USD"', help="What is offered or refunded.")] = "",
    words: Annotated[str, typer.Option(help="The shop's own words.")] = "",
    as_json: Json = False,
) -> None:
    """The dispute of an order: its state, its timers, what to do; or record a new state by hand."""
    from monitor.commands import case as command

    code = command.case(
        _session(ctx), order, state=state, number=number, line=line, offer=offer, words=words, as_json=as_json
    )
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden look 8190000000000001")
def look(ctx: typer.Context, order: OrderId) -> None:
    """Open the carriers' tracking pages in your browser and read along: for those that answer no program."""
    from monitor.commands import looking

    raise typer.Exit(looking.look(_session(ctx), order))


@app.command(epilog="Example: parcelwarden dispute 8190000000000001 --dry-run")
def dispute(
    ctx: typer.Context,
    order: OrderId,
    line: Annotated[
        str, typer.Option(help="Which item, by its number in `show`; the first when left out.")
    ] = "",
    situation: Annotated[
        str,
        typer.Option(
            help="It did not come: not-received, delivered-elsewhere. It came: quality, not-as-described, not-working,"
            " damaged, wrong-item, incomplete, empty-parcel, counterfeit, free-return. In an open case: evidence,"
            " disagree."
        ),
    ] = "not-received",
    solution: Annotated[
        str, typer.Option(help="For goods that came: refund-only (the default) or return-and-refund.")
    ] = "",
    fact: Annotated[
        list[str] | None,
        typer.Option(metavar="WORDS", help="What only you know, in English; repeat it for more."),
    ] = None,
    photo: Annotated[
        list[Path] | None, typer.Option(help="A picture or video to attach; repeat it for more.")
    ] = None,
    amount: Annotated[str, typer.Option(help="Claim less than all that was paid.")] = "",
    return_number: Annotated[
        str, typer.Option(metavar="NO", help="Only fill in the number of the parcel you sent back.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, open nothing.")] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Fill, keep a screenshot, close; nothing is sent.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fill the dispute form, or a case's, in a browser you see; the Submit button stays yours."""
    from monitor.commands import dispute as command
    from monitor.commands import return_number as returning

    if return_number:
        code = returning.give(
            _session(ctx), order, return_number, line=line, dry_run=dry_run, wait=not no_wait, as_json=as_json
        )
        raise typer.Exit(code)
    if situation not in command.SITUATIONS:
        raise typer.BadParameter(
            f"{situation}: there are {', '.join(command.SITUATIONS)}.", param_hint="--situation"
        )
    code = command.dispute(
        _session(ctx), order, line=line, situation=situation, solution=solution, facts=fact or [],
        photos=photo or [], amount=amount, dry_run=dry_run, wait=not no_wait, as_json=as_json,
    )  # fmt: skip
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden cancel 8190000000000001 --dry-run")
def cancel(
    ctx: typer.Context,
    order: OrderId,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, open nothing.")] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Fill, keep a screenshot, close; nothing is sent.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fill the form that cancels an order not yet shipped; the Submit button stays yours."""
    from monitor.commands import cancel as command

    code = command.cancel(_session(ctx), order, dry_run=dry_run, wait=not no_wait, as_json=as_json)
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden evidence 8190000000000001 evidence.pdf --letter to-the-seller.txt")
def evidence(
    ctx: typer.Context,
    order: OrderId,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE.pdf]", help="In the data folder when left out.")
    ] = None,
    letter: Annotated[
        list[Path] | None,
        typer.Option(help="A text file with what you wrote to the seller; repeat it for more."),
    ] = None,
    no_screenshots: Annotated[
        bool, typer.Option("--no-screenshots", help="Leave out the pictures of the shop's pages.")
    ] = False,
    ask: Annotated[
        bool,
        typer.Option(
            "--ask", help="Ask its carriers once more, and put their answers into the zip as they come."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """All that is known of an order as a PDF, and a zip with the data behind it and its hashes."""
    from monitor.commands import evidence as command

    code = command.evidence(
        _session(ctx),
        order,
        file,
        letters=letter or [],
        screenshots=not no_screenshots,
        ask=ask,
        as_json=as_json,
    )
    raise typer.Exit(code)


@app.command(epilog="Example: parcelwarden export --ics parcels.ics")
def export(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write; stdout when left out.")
    ] = None,
    ics: Annotated[
        bool, typer.Option("--ics", help="The deadlines of watched orders, for your calendar, with alarms.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="All orders as a table; `import` reads it again.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All orders with their scans.")] = False,
) -> None:
    """Take your data out: a calendar, a table, or all of it."""
    from monitor.commands import export as command

    choices: dict[command.Form, bool] = {"ics": ics, "csv": csv, "json": as_json}
    chosen = [form for form, on in choices.items() if on]
    if len(chosen) != 1:
        raise typer.BadParameter("choose one of --ics, --csv, --json.")
    raise typer.Exit(command.export(_session(ctx), chosen[0], file))


@app.command(epilog='Example: parcelwarden explain "Held by customs" --carrier cainiao')
def explain(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(help="The carrier's own words.")],
    carrier: Annotated[str, typer.Option(help="Whose words they are; see `carriers`.")] = "",
    code: Annotated[str, typer.Option(help="The code that stood beside them.")] = "",
    lang: Annotated[str, typer.Option(help="Their language, e.g. de.")] = "",
    label: Annotated[
        str, typer.Option(metavar="TAG", help="Remember what it means, where no rule knows.")
    ] = "",
    as_json: Json = False,
) -> None:
    """How one carrier text is read, and which rule decided."""
    from monitor.commands import words

    if label:
        raise typer.Exit(words.label(_session(ctx), text, carrier=carrier, meaning=label))
    raise typer.Exit(words.explain(text, carrier=carrier, code=code, language=lang, as_json=as_json))


@app.command(epilog="Example: parcelwarden identify LX123456785CN")
def identify(
    number: Annotated[str, typer.Argument(help="A tracking number.")], as_json: Json = False
) -> None:
    """Which carriers can own a number, and why."""
    from monitor.commands import words

    raise typer.Exit(words.identify(number, as_json=as_json))


@app.command(epilog="Example: parcelwarden carriers")
def carriers(ctx: typer.Context, as_json: Json = False) -> None:
    """The carriers known here, how each can be asked, and their texts not understood yet."""
    from monitor.commands import words

    raise typer.Exit(words.carriers(_session(ctx), as_json=as_json))


@app.command(epilog="Example: parcelwarden doctor --fix")
def doctor(
    ctx: typer.Context,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Get a browser where there is none, close your files to others, make a backup."
        ),
    ] = False,
    network: Annotated[
        bool, typer.Option("--network", help="Only list every host the program talks to, and why.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Is everything there that a warning needs, and what warns when this computer is off?"""
    from monitor.commands import machine

    if network and fix:
        raise typer.BadParameter("only lists; leave out --fix.", param_hint="--network")
    if network:
        raise typer.Exit(machine.network(_session(ctx), as_json=as_json))
    raise typer.Exit(machine.doctor(_session(ctx), fix=fix, as_json=as_json))


@app.command(epilog="Example: parcelwarden secret smtp")
def secret(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="mail, smtp, ntfy, mqtt or a carrier; all when left out.")
    ] = "",
    forget: Annotated[bool, typer.Option("--forget", help="Take it out of keyring and file.")] = False,
    as_json: Json = False,
) -> None:
    """Keep a password, token or key in the keyring, else in a file only you can read; without NAME: where each is."""
    from monitor.commands import secret as command

    if not name:
        raise typer.Exit(command.listed(_session(ctx), as_json=as_json))
    if name not in command.secrets():
        raise typer.BadParameter(f"{name}: there are {', '.join(command.secrets())}.", param_hint="NAME")
    if forget:
        raise typer.Exit(command.forget(_session(ctx), name))

    def ask() -> str:
        entered: str = typer.prompt(command.secrets()[name].what, hide_input=True, err=True)
        return entered

    raise typer.Exit(command.keep(_session(ctx), name, ask))


@app.command(epilog="Example: parcelwarden backup parcels-copy.sqlite3")
def backup(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help="Where the copy is to be.")]
) -> None:
    """A complete, checked copy of the store, also while the daemon works on it."""
    from monitor.commands import keeping

    raise typer.Exit(keeping.backup(_session(ctx), file))


@app.command(epilog="Example: parcelwarden restore parcels-copy.sqlite3")
def restore(ctx: typer.Context, file: Annotated[Path, typer.Argument(help="A copy made by backup.")]) -> None:
    """Put a copy in the store's place; the present one is kept beside the backups."""
    from monitor.commands import keeping

    raise typer.Exit(keeping.restore(_session(ctx), file))


@db_app.command("copy", epilog="Example: parcelwarden db copy --to postgresql+psycopg://me@host/parcels")
def db_copy(
    ctx: typer.Context,
    target: Annotated[
        str, typer.Option("--to", metavar="PLACE", help="A file or an address, empty or of a copy cut off.")
    ],
    source: Annotated[
        str,
        typer.Option("--from", metavar="PLACE", help="A file or an address; without it the store in use."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Copy all of a store and compare the two; stop `run` before, and the same again goes on after a break."""
    from monitor.commands import db

    raise typer.Exit(db.copy(_session(ctx), source, target, as_json=as_json))


@notify_app.command("test", epilog="Example: parcelwarden notify test")
def notify_test(ctx: typer.Context, as_json: Json = False) -> None:
    """Send a test notice and say what each channel answered."""
    from monitor.commands import machine

    raise typer.Exit(machine.notify_test(_session(ctx), as_json=as_json))


@app.command(epilog="Example: parcelwarden run")
def run(ctx: typer.Context) -> None:
    """The daemon: polls, decides and warns until stopped."""
    from monitor.commands import run as command

    raise typer.Exit(command.run(_session(ctx)))


@app.command(epilog="Example: parcelwarden worker")
def worker(ctx: typer.Context) -> None:
    """Ask carriers beside `run`, on as many machines as needed; the store is on a PostgreSQL server."""
    from monitor.commands import worker as command

    raise typer.Exit(command.worker(_session(ctx)))


@service_app.command("install", epilog="Example: parcelwarden service install --dry-run")
def service_install(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the units, write nothing.")] = False,
) -> None:
    """Have your system run the daemon, and `check --due` every 30 minutes beside it."""
    from monitor.commands import service

    raise typer.Exit(service.install(_session(ctx), dry_run=dry_run))


@service_app.command("uninstall", epilog="Example: parcelwarden service uninstall")
def service_uninstall(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Name what would go, take nothing away.")
    ] = False,
) -> None:
    """Stop the daemon and take its units away; your orders stay."""
    from monitor.commands import service

    raise typer.Exit(service.uninstall(_session(ctx), dry_run=dry_run))


@service_app.command("status", epilog="Example: parcelwarden service status --json")
def service_status(ctx: typer.Context, as_json: Json = False) -> None:
    """Installed, running, the last round; exit code 1 where no daemon runs."""
    from monitor.commands import service

    raise typer.Exit(service.status(_session(ctx), as_json=as_json))


@service_app.command("logs", epilog="Example: parcelwarden service logs --lines 200")
def service_logs(
    ctx: typer.Context,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, max=100_000, help="How many.")] = 50,
    as_json: Json = False,
) -> None:
    """The end of the daemon's log and of the half-hourly checks."""
    from monitor.commands import service

    raise typer.Exit(service.logs(_session(ctx), most=lines, as_json=as_json))


@app.command(epilog="Example: parcelwarden feeds --json")
def feeds(
    ctx: typer.Context,
    new_key: Annotated[
        bool,
        typer.Option("--new-key", help="Make another key; the addresses given out before open nothing then."),
    ] = False,
    as_json: Json = False,
) -> None:
    """The addresses of your calendar, feed, JSON and metrics for other programs, with their key."""
    from monitor.commands import feeds as command

    raise typer.Exit(command.feeds(_session(ctx), new_key=new_key, as_json=as_json))


@app.command(epilog="Example: parcelwarden web")
def web(
    ctx: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Where; 0 is any free port, the default.")
    ] = None,
) -> None:
    """Your orders as a page in your browser; asks no carrier. Where `run` serves it, a new link to that one."""
    from monitor.commands import web as command

    raise typer.Exit(command.web(_session(ctx), port=port))
