"""The command line: options and help; what a command does stands in monitor/commands, imported when it runs.

Every command gives back its exit code.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from monitor import __version__

if TYPE_CHECKING:
    from monitor.session import Session


class _File(click.Path):
    """A path; an empty one, as of a variable that is not set, would be the folder one happens to stand in."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            raise _bad(f"{_called(param)}: no path is given; leave it out or name one.")
        return super().convert(value, param, ctx)


class _Place(_File):
    """A path where something is to be kept: SQLite takes none that is no text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        _refuse_bytes(value, param)
        return super().convert(value, param, ctx)


def _refuse_bytes(value: object, param: click.Parameter | None) -> None:
    if not _is_text(str(value)):
        raise _bad(f"{_called(param)} “{_readable(value)}”: that is not written in UTF-8.")


def _is_text(given: str) -> bool:
    """Bytes that are no text reach us as lone surrogates, which neither a store nor a page can hold."""
    return not any("\ud800" <= sign <= "\udfff" for sign in given)


def _readable(given: object) -> str:
    return str(given).encode("utf-8", "replace").decode()


def _called(param: click.Parameter | None) -> str:
    """A parameter as the user writes it."""
    if isinstance(param, click.Option):
        return param.opts[0]
    return param.human_readable_name.strip("[].") if param else "A value"


def _bad(sentence: str) -> Exception:
    from monitor.commands import BadValue

    return BadValue(sentence)


class _OfText(click.Command):
    """A command whose values are text; the names of files to be read may be any bytes."""

    def invoke(self, ctx: click.Context) -> Any:
        for param in self.get_params(ctx):
            given = ctx.params.get(param.name or "")
            for value in given if isinstance(given, tuple) else (given,):
                if isinstance(value, str):
                    _refuse_bytes(value, param)
        return super().invoke(ctx)


class _Whole(click.IntRange):
    """A whole number within bounds, called so in --help and when it is none."""

    name = "whole number"


_READ, _PLACE = _File(path_type=Path), _Place(path_type=Path)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
_exit_code = click.option("--exit-code", is_flag=True, help="Exit with 10 when something needs attention.")
_fact = click.option(
    "--fact", multiple=True, metavar="WORDS", help="What only you know, in English; repeat it for more."
)
_dry_run = click.option("--dry-run", is_flag=True, help="Print the plan, open nothing.")
_no_wait = click.option("--no-wait", is_flag=True, help="Fill, keep a screenshot, close; nothing is sent.")
_order = click.argument("order", metavar="ORDER", help="The order number the shop shows.")


class Start(NamedTuple):
    """What was given before the command: another config.toml, another folder for the store."""

    config: Path | None
    data_dir: Path | None

    def session(self) -> Session:
        from monitor import config as settings
        from monitor.session import Session

        data_dir = self.data_dir or settings.default_data_dir()
        if not _is_text(str(data_dir)):
            raise _bad(
                f"The data folder {_readable(data_dir)} is not named in UTF-8: choose another with --data-dir."
            )
        return Session(self.config, data_dir)


def _completion(ctx: click.Context, _param: click.Parameter, shell: str | None) -> None:
    if shell:
        from click.shell_completion import get_completion_class

        source = get_completion_class(shell)
        assert source is not None
        click.echo(source(ctx.command, {}, "parcelwarden", "_PARCELWARDEN_COMPLETE").source())
        ctx.exit()


class _AsListed(click.Group):
    """Commands in the order a new user meets them, as they stand below."""

    command_class = _OfText
    group_class = type

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_AsListed, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}
)
@click.option(
    "--config", type=_READ, envvar="PARCELWARDEN_CONFIG", show_envvar=True, help="Another config.toml."
)
@click.option(
    "--data-dir",
    type=_PLACE,
    envvar="PARCELWARDEN_DATA_DIR",
    show_envvar=True,
    help="Another folder for the store.",
)
@click.option(
    "--completion", type=click.Choice(["bash", "zsh", "fish"]), is_eager=True, expose_value=False,
    callback=_completion, help='Completes commands in your shell: eval "$(parcelwarden --completion bash)".',
)  # fmt: skip
@click.version_option(__version__, message="%(prog)s %(version)s", help="Print the version.")
@click.pass_context
def app(ctx: click.Context, config: Path | None, data_dir: Path | None) -> None:
    """Watches AliExpress parcels and buyer protection, warns in time, and fills the dispute form you alone submit."""
    ctx.obj = Start(config, data_dir)


@app.result_callback()
def _end(code: int, **_given: object) -> None:
    sys.exit(code)


@app.command(epilog="Example: parcelwarden demo --no-wait")
@click.option("--no-wait", is_flag=True, help="End by itself, leave nothing running.")
def demo(*, no_wait: bool) -> int:
    """The whole main job on made-up orders: a pretend shop and carriers on this machine, no account needed."""
    from monitor.demo import demo as show_demo

    return show_demo(wait=not no_wait)


@app.command(epilog="Example: parcelwarden init --yes")
@click.option("--yes", is_flag=True, help="Take the defaults, ask nothing.")
@click.pass_obj
def init(start: Start, *, yes: bool) -> int:
    """Five questions with defaults, a test notice, a first order or the demo; safe to repeat."""
    from monitor.commands import first_run

    if not yes and not sys.stdin.isatty():
        raise click.BadParameter("init asks questions; without a terminal add --yes.")

    def ask(question: str, default: str) -> str:
        answer: str = click.prompt(question, default=default, show_default=bool(default), err=True)
        return answer

    def confirm(question: str) -> bool:
        return click.confirm(question, default=False, err=True)

    return first_run.init(start.session(), yes=yes, ask=ask, confirm=confirm)


@app.command(epilog="Example: parcelwarden login")
@click.pass_obj
def login(start: Start) -> int:
    """Open the shop in the program's own browser for you to log in; the session is kept."""
    from monitor.commands import shopping

    return shopping.login(start.session())


@app.command(epilog="Example: parcelwarden sync --json")
@click.option(
    "--no-wait", is_flag=True, help="End when the shop asks for you, instead of leaving you the window."
)
@_json
@click.pass_obj
def sync(start: Start, *, no_wait: bool, as_json: bool) -> int:
    """Read your orders from the shop in that browser: only looked at, nothing pressed but “View orders”."""
    from monitor.commands import shopping

    return shopping.sync(start.session(), wait=not no_wait, as_json=as_json)


@app.command(epilog="Example: parcelwarden mail --json")
@click.option(
    "--set-password", is_flag=True, help="Ask for the mailbox's password and keep it in the keyring."
)
@_json
@click.pass_obj
def mail(start: Start, *, set_password: bool, as_json: bool) -> int:
    """Read the shop's mails over IMAP, once; the mailbox is only looked at."""
    from monitor.commands import mailing

    if set_password:
        return mailing.set_password(start.session(), click.prompt("Password", hide_input=True))
    return mailing.mail(start.session(), as_json=as_json)


@app.command(epilog="Example: parcelwarden vet https://www.aliexpress.com/item/1005000000000000.html")
@click.argument("url", metavar="URL", help="The product page.")
@_json
@click.pass_obj
def vet(start: Start, url: str, *, as_json: bool) -> int:
    """Before buying: what a product page shows against the known warning signs."""
    from monitor.commands import vetting

    return vetting.vet(start.session(), url, as_json=as_json)


@app.command("import", epilog="Example: parcelwarden import orders.csv mails/*.eml")
@click.argument("files", nargs=-1, required=True, type=_READ, help=".csv, .json, .har, .eml or .mbox")
@_json
@click.pass_obj
def import_(start: Start, files: tuple[Path, ...], *, as_json: bool) -> int:
    """Bring orders in from files; importing a file twice changes nothing."""
    from monitor.commands import orders

    return orders.import_files(start.session(), files, as_json=as_json)


@app.command(
    epilog="Example: parcelwarden add 8190000000000001 --tracking LP00000000000001 --placed 2026-11-03"
)
@_order
@click.option(
    "--tracking", multiple=True, required=True, metavar="NO",
    help='A tracking number; repeat it for more, "" for none yet.',
)  # fmt: skip
@click.option("--placed", required=True, metavar="DATE", help="Day of the order, YYYY-MM-DD.")
@click.option("--carrier", default="", help="Whose number it is; see `carriers`.")
@click.option("--amount", metavar='"12.34 USD"', default="", help="What was paid.")
@click.option("--title", default="", help="What it is.")
@click.option(
    "--protection-until", metavar="DATE", default="", help="The day of “refund if no delivery before …”."
)
@click.option("--shipped", metavar="DATE", default="", help="Day it was shipped.")
@click.option("--seller", default="", help="The store.")
@click.option("--country", metavar="CC", default="", help="Where it goes, e.g. DE.")
@click.option("--marketplace", default="", help="The shop, where it is not AliExpress, e.g. ebay.")
@click.option("--payment", default="", help="How it was paid, e.g. PayPal.")
@_json
@click.pass_obj
def add(start: Start, /, order: str, tracking: tuple[str, ...], *, as_json: bool, **facts: str) -> int:
    """Add an order by hand."""
    from monitor.commands import orders

    return orders.add(start.session(), order, tracking=tracking, as_json=as_json, **facts)


@app.command(
    epilog="Example: parcelwarden edit 8190000000000001 --without-tracking LP00000000000001"
    " --tracking LP00000000000002 --protection-until 2026-12-20"
)
@_order
@click.option("--tracking", multiple=True, metavar="NO", help="One more tracking number; repeat it for more.")
@click.option(
    "--without-tracking", multiple=True, metavar="NO",
    help="Take a wrong tracking number off, with all it told; repeat it for more.",
)  # fmt: skip
@click.option("--title", default="")
@click.option("--seller", default="")
@click.option("--amount", metavar='"12.34 USD"', default="")
@click.option("--country", metavar="CC", default="", help="Where it goes.")
@click.option("--payment", default="", help="How it was paid, e.g. PayPal.")
@click.option("--protection-until", metavar="DATE", default="")
@click.option("--placed", metavar="DATE", default="")
@click.option("--paid", metavar="DATE", default="")
@click.option("--shipped", metavar="DATE", default="")
@click.option("--completed", metavar="DATE", default="")
@click.option(
    "--expected", metavar="DATE", default="", help="The latest day the shop estimates for the delivery."
)
@click.option("--cancel-requested", metavar="DATE", default="", help="Day you asked the shop to cancel.")
@click.option("--paypal-opened", metavar="DATE", default="", help="Day you opened a dispute at PayPal.")
@click.pass_obj
def edit(
    start: Start, /, order: str, tracking: tuple[str, ...], without_tracking: tuple[str, ...], **facts: str
) -> int:
    """Correct single facts of an order; dates it showed before are kept as history."""
    from monitor.commands import orders

    return orders.edit(start.session(), order, tracking=tracking, without_tracking=without_tracking, **facts)


@app.command(epilog="Example: parcelwarden received 8190000000000001")
@_order
@click.option("--undo", is_flag=True, help="Watch it again.")
@click.pass_obj
def received(start: Start, order: str, *, undo: bool) -> int:
    """You have it and it is right: ends the watch. Nothing else ever does."""
    from monitor.commands import orders

    done = orders.received_undo if undo else orders.received
    return done(start.session(), order)


@app.command(epilog="Example: parcelwarden archive 8190000000000001")
@_order
@click.option("--undo", is_flag=True, help="Watch it again.")
@click.pass_obj
def archive(start: Start, order: str, *, undo: bool) -> int:
    """Put an order away without deleting it."""
    from monitor.commands import orders

    return orders.archive(start.session(), order, undo=undo)


@app.command(epilog="Example: parcelwarden remove 8190000000000001 --yes")
@_order
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(start: Start, order: str, *, yes: bool) -> int:
    """Forget an order for good (asks first)."""
    from monitor.commands import orders

    session = start.session()
    session.order(order)
    if not yes:
        click.confirm(f"Forget order {order} with all its scans and warnings?", abort=True)
    return orders.remove(session, order)


@app.command(epilog="Example: parcelwarden ack 8190000000000001")
@click.argument("order", metavar="[ORDER]", required=False, default="", help="All when left out.")
@click.pass_obj
def ack(start: Start, order: str) -> int:
    """Mark warnings as seen."""
    from monitor.commands import orders

    return orders.acknowledge(start.session(), order)


@app.command(epilog="Example: parcelwarden snooze 8190000000000001 2")
@_order
@click.argument("days", metavar="DAYS", type=_Whole(min=1, max=365), help="For how long.")
@click.pass_obj
def snooze(start: Start, order: str, days: int) -> int:
    """Put an order's warnings off, never past its last safe day."""
    from monitor.commands import orders

    return orders.snooze(start.session(), order, days)


@app.command(epilog="Example: parcelwarden check --all")
@click.argument("orders", metavar="[ORDER]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Ask about every parcel, due or not.")
@click.option(
    "--due", is_flag=True, help="Only what is due, quiet when nothing is: for a timer beside the daemon."
)
@_json
@_exit_code
@click.pass_obj
def check(
    start: Start, orders: tuple[str, ...], *, everything: bool, due: bool, as_json: bool, exit_code: bool
) -> int:
    """Ask the carriers once, judge, warn; prints what changed."""
    from monitor.commands import watching

    if due and (everything or orders):
        raise click.BadParameter("asks what is due; leave out --all and ORDER.", param_hint="--due")
    session = start.session()
    with session.logged("check") if due else contextlib.nullcontext():
        return watching.check(
            session, orders, everything=everything, as_json=as_json, exit_code=exit_code, quiet=due
        )


@app.command(epilog="Example: parcelwarden status --json")
@click.option("--all", "everything", is_flag=True, help="Also what you have or put away.")
@click.option("--why", is_flag=True, help="The reasons of each advice.")
@_json
@_exit_code
@click.pass_obj
def status(start: Start, *, everything: bool, why: bool, as_json: bool, exit_code: bool) -> int:
    """All orders, what needs you on top."""
    from monitor.commands import watching

    return watching.status(
        start.session(), everything=everything, as_json=as_json, exit_code=exit_code, why=why
    )


@app.command(epilog="Example: parcelwarden show 8190000000000001")
@_order
@_json
@click.pass_obj
def show(start: Start, order: str, *, as_json: bool) -> int:
    """One order whole: scans, deadlines with their sources, reasons, warnings."""
    from monitor.commands import watching

    return watching.show(start.session(), order, as_json=as_json)


@app.command(
    epilog='Example: parcelwarden draft 8190000000000001 --kind incomplete --fact "left shoe missing" --language de'
)
@_order
@click.option(
    "--kind",
    required=True,
    help="Before a dispute: seller-message, post-office. For its form: not-received, delivered-elsewhere,"
    " quality, not-as-described, not-working, damaged, wrong-item, incomplete, empty-parcel, counterfeit,"
    " free-return. In it: offer-accept, offer-reject, close-request, return-sent, escalation. After it: paypal,"
    " card.",
)
@_fact
@click.option("--amount", default="", help="Your own figure instead of all that was paid.")
@click.option(
    "--language", metavar="XX", default="", help="Translate it for you: de, es, fr, it, pl, pt or ru."
)
@click.option("--limit", type=_Whole(min=200), help="The most signs its form takes, where that is known.")
@_json
@click.pass_obj
def draft(
    start: Start,
    order: str,
    kind: str,
    fact: tuple[str, ...],
    amount: str,
    language: str,
    limit: int | None,
    *,
    as_json: bool,
) -> int:
    """A text to copy, filled from what is known, with its translation and what to attach."""
    from monitor.commands import draft as command
    from monitor.rules.draft import KINDS

    if kind not in KINDS:
        raise click.BadParameter(f"{kind}: there are {', '.join(KINDS)}.", param_hint="--kind")
    return command.write(
        start.session(), order, kind, facts=fact, amount=amount, language=language, limit=limit,
        as_json=as_json,
    )  # fmt: skip


@app.command(epilog="Example: parcelwarden case 8190000000000001 --state waiting_buyer --offer '5.00 USD'")
@_order
@click.option("--state", default="", help="Record this state: opened, waiting_seller, waiting_buyer, …")
@click.option("--number", default="", help="The case's own number, if it has one.")
@click.option("--line", default="", help="Which item it is about.")
@click.option("--offer", metavar='"5.00 USD"', default="", help="What is offered or refunded.")
@click.option("--words", default="", help="The shop's own words.")
@_json
@click.pass_obj
def case(start: Start, /, order: str, *, as_json: bool, **told: str) -> int:
    """The dispute of an order: its state, its timers, what to do; or record a new state by hand."""
    from monitor.commands import case as command

    return command.case(start.session(), order, as_json=as_json, **told)


@app.command(epilog="Example: parcelwarden look 8190000000000001")
@_order
@click.pass_obj
def look(start: Start, order: str) -> int:
    """Open the carriers' tracking pages in your browser and read along: for those that answer no program."""
    from monitor.commands import looking

    return looking.look(start.session(), order)


@app.command(epilog="Example: parcelwarden dispute 8190000000000001 --dry-run")
@_order
@click.option("--line", default="", help="Which item, by its number in `show`; the first when left out.")
@click.option(
    "--situation",
    default="not-received",
    show_default=True,
    help="It did not come: not-received, delivered-elsewhere. It came: quality, not-as-described, not-working,"
    " damaged, wrong-item, incomplete, empty-parcel, counterfeit, free-return. In an open case: evidence,"
    " disagree.",
)
@click.option(
    "--solution", default="", help="For goods that came: refund-only (the default) or return-and-refund."
)
@_fact
@click.option("--photo", multiple=True, type=_READ, help="A picture or video to attach; repeat it for more.")
@click.option("--amount", default="", help="Claim less than all that was paid.")
@click.option(
    "--return-number", metavar="NO", default="", help="Only fill in the number of the parcel you sent back."
)
@_dry_run
@_no_wait
@_json
@click.pass_obj
def dispute(
    start: Start,
    order: str,
    line: str,
    situation: str,
    solution: str,
    fact: tuple[str, ...],
    photo: tuple[Path, ...],
    amount: str,
    return_number: str,
    *,
    dry_run: bool,
    no_wait: bool,
    as_json: bool,
) -> int:
    """Fill the dispute form, or a case's, in a browser you see; the Submit button stays yours."""
    from monitor.commands import dispute as command
    from monitor.commands import return_number as returning

    if return_number:
        return returning.give(
            start.session(),
            order,
            return_number,
            line=line,
            dry_run=dry_run,
            wait=not no_wait,
            as_json=as_json,
        )
    if situation not in command.SITUATIONS:
        raise click.BadParameter(
            f"{situation}: there are {', '.join(command.SITUATIONS)}.", param_hint="--situation"
        )
    return command.dispute(
        start.session(), order, line=line, situation=situation, solution=solution, facts=fact,
        photos=photo, amount=amount, dry_run=dry_run, wait=not no_wait, as_json=as_json,
    )  # fmt: skip


@app.command(epilog="Example: parcelwarden cancel 8190000000000001 --dry-run")
@_order
@_dry_run
@_no_wait
@_json
@click.pass_obj
def cancel(start: Start, order: str, *, dry_run: bool, no_wait: bool, as_json: bool) -> int:
    """Fill the form that cancels an order not yet shipped; the Submit button stays yours."""
    from monitor.commands import cancel as command

    return command.cancel(start.session(), order, dry_run=dry_run, wait=not no_wait, as_json=as_json)


@app.command(epilog="Example: parcelwarden evidence 8190000000000001 evidence.pdf --letter to-the-seller.txt")
@_order
@click.argument(
    "file", metavar="[FILE.pdf]", required=False, type=_PLACE, help="In the data folder when left out."
)
@click.option(
    "--letter",
    multiple=True,
    type=_READ,
    help="A text file with what you wrote to the seller; repeat it for more.",
)
@click.option("--no-screenshots", is_flag=True, help="Leave out the pictures of the shop's pages.")
@click.option(
    "--ask", is_flag=True, help="Ask its carriers once more, and put their answers into the zip as they come."
)
@_json
@click.pass_obj
def evidence(
    start: Start,
    order: str,
    file: Path | None,
    letter: tuple[Path, ...],
    *,
    no_screenshots: bool,
    ask: bool,
    as_json: bool,
) -> int:
    """All that is known of an order as a PDF, and a zip with the data behind it and its hashes."""
    from monitor.commands import evidence as command

    return command.evidence(
        start.session(),
        order,
        file,
        letters=letter,
        screenshots=not no_screenshots,
        ask=ask,
        as_json=as_json,
    )


@app.command(epilog="Example: parcelwarden export --ics parcels.ics")
@click.argument(
    "file", metavar="[FILE]", required=False, type=_PLACE, help="Where to write; stdout when left out."
)
@click.option("--ics", is_flag=True, help="The deadlines of watched orders, for your calendar, with alarms.")
@click.option("--csv", is_flag=True, help="All orders as a table; `import` reads it again.")
@click.option("--json", "as_json", is_flag=True, help="All orders with their scans.")
@click.pass_obj
def export(start: Start, file: Path | None, *, ics: bool, csv: bool, as_json: bool) -> int:
    """Take your data out: a calendar, a table, or all of it."""
    from monitor.commands import export as command

    choices: dict[command.Form, bool] = {"ics": ics, "csv": csv, "json": as_json}
    chosen = [form for form, on in choices.items() if on]
    if len(chosen) != 1:
        raise click.BadParameter("choose one of --ics, --csv, --json.")
    return command.export(start.session(), chosen[0], file)


@app.command(epilog='Example: parcelwarden explain "Held by customs" --carrier cainiao')
@click.argument("text", help="The carrier's own words.")
@click.option("--carrier", default="", help="Whose words they are; see `carriers`.")
@click.option("--code", default="", help="The code that stood beside them.")
@click.option("--lang", default="", help="Their language, e.g. de.")
@click.option("--label", metavar="TAG", default="", help="Remember what it means, where no rule knows.")
@_json
@click.pass_obj
def explain(start: Start, text: str, carrier: str, code: str, lang: str, label: str, *, as_json: bool) -> int:
    """How one carrier text is read, and which rule decided."""
    from monitor.commands import words

    if label:
        return words.label(start.session(), text, carrier=carrier, meaning=label)
    return words.explain(text, carrier=carrier, code=code, language=lang, as_json=as_json)


@app.command(epilog="Example: parcelwarden identify LX123456785CN")
@click.argument("number", help="A tracking number.")
@_json
def identify(number: str, *, as_json: bool) -> int:
    """Which carriers can own a number, and why."""
    from monitor.commands import words

    return words.identify(number, as_json=as_json)


@app.command(epilog="Example: parcelwarden carriers")
@_json
@click.pass_obj
def carriers(start: Start, *, as_json: bool) -> int:
    """The carriers known here, how each can be asked, and their texts not understood yet."""
    from monitor.commands import words

    return words.carriers(start.session(), as_json=as_json)


@app.command(epilog="Example: parcelwarden doctor --fix")
@click.option(
    "--fix",
    is_flag=True,
    help="Get a browser where there is none, close your files to others, make a backup.",
)
@click.option("--network", is_flag=True, help="Only list every host the program talks to, and why.")
@_json
@click.pass_obj
def doctor(start: Start, *, fix: bool, network: bool, as_json: bool) -> int:
    """Is everything there that a warning needs, and what warns when this computer is off?"""
    from monitor.commands import machine

    if network and fix:
        raise click.BadParameter("only lists; leave out --fix.", param_hint="--network")
    if network:
        return machine.network(start.session(), as_json=as_json)
    return machine.doctor(start.session(), fix=fix, as_json=as_json)


@app.command(epilog="Example: parcelwarden secret smtp")
@click.argument(
    "name",
    metavar="[NAME]",
    required=False,
    default="",
    help="mail, smtp, ntfy, mqtt or a carrier; all when left out.",
)
@click.option("--forget", is_flag=True, help="Take it out of keyring and file.")
@_json
@click.pass_obj
def secret(start: Start, name: str, *, forget: bool, as_json: bool) -> int:
    """Keep a password, token or key in the keyring, else in a file only you can read; without NAME: where each is."""
    from monitor.commands import secret as command

    if not name:
        return command.listed(start.session(), as_json=as_json)
    if name not in command.secrets():
        raise click.BadParameter(f"{name}: there are {', '.join(command.secrets())}.", param_hint="NAME")
    if forget:
        return command.forget(start.session(), name)

    def ask() -> str:
        entered: str = click.prompt(command.secrets()[name].what, hide_input=True, err=True)
        return entered

    return command.keep(start.session(), name, ask)


@app.command(epilog="Example: parcelwarden backup parcels-copy.sqlite3")
@click.argument("file", type=_PLACE, help="Where the copy is to be.")
@click.pass_obj
def backup(start: Start, file: Path) -> int:
    """A complete, checked copy of the store, also while the daemon works on it."""
    from monitor.commands import keeping

    return keeping.backup(start.session(), file)


@app.command(epilog="Example: parcelwarden restore parcels-copy.sqlite3")
@click.argument("file", type=_READ, help="A copy made by backup.")
@click.pass_obj
def restore(start: Start, file: Path) -> int:
    """Put a copy in the store's place; the present one is kept beside the backups."""
    from monitor.commands import keeping

    return keeping.restore(start.session(), file)


@app.group(epilog="Example: parcelwarden notify test")
def notify() -> None:
    """Desktop notices."""


@app.group(epilog="Example: parcelwarden service install --dry-run")
def service() -> None:
    """The daemon kept running by your system: systemd, launchd or the Windows Task Scheduler."""


@app.group("db", epilog="Example: parcelwarden db copy --to postgresql+psycopg://me@host/parcels")
def database() -> None:
    """The store as a database: from a file to a PostgreSQL server and back."""


@database.command("copy", epilog="Example: parcelwarden db copy --to postgresql+psycopg://me@host/parcels")
@click.option(
    "--to", "target", required=True, metavar="PLACE", help="A file or an address, empty or of a copy cut off."
)
@click.option(
    "--from", "source", metavar="PLACE", default="", help="A file or an address; without it the store in use."
)
@_json
@click.pass_obj
def db_copy(start: Start, target: str, source: str, *, as_json: bool) -> int:
    """Copy all of a store and compare the two; stop `run` before, and the same again goes on after a break."""
    from monitor.commands import db

    return db.copy(start.session(), source, target, as_json=as_json)


@notify.command("test", epilog="Example: parcelwarden notify test")
@_json
@click.pass_obj
def notify_test(start: Start, *, as_json: bool) -> int:
    """Send a test notice and say what each channel answered."""
    from monitor.commands import machine

    return machine.notify_test(start.session(), as_json=as_json)


@app.command(epilog="Example: parcelwarden run")
@click.pass_obj
def run(start: Start) -> int:
    """The daemon: polls, decides and warns until stopped."""
    from monitor.commands import run as command

    return command.run(start.session())


@app.command(epilog="Example: parcelwarden worker")
@click.pass_obj
def worker(start: Start) -> int:
    """Ask carriers beside `run`, on as many machines as needed; the store is on a PostgreSQL server."""
    from monitor.commands import worker as command

    return command.worker(start.session())


@service.command("install", epilog="Example: parcelwarden service install --dry-run")
@click.option("--dry-run", is_flag=True, help="Print the units, write nothing.")
@click.pass_obj
def service_install(start: Start, *, dry_run: bool) -> int:
    """Have your system run the daemon, and `check --due` every 30 minutes beside it."""
    from monitor.commands import service

    return service.install(start.session(), dry_run=dry_run)


@service.command("uninstall", epilog="Example: parcelwarden service uninstall")
@click.option("--dry-run", is_flag=True, help="Name what would go, take nothing away.")
@click.pass_obj
def service_uninstall(start: Start, *, dry_run: bool) -> int:
    """Stop the daemon and take its units away; your orders stay."""
    from monitor.commands import service

    return service.uninstall(start.session(), dry_run=dry_run)


@service.command("status", epilog="Example: parcelwarden service status --json")
@_json
@click.pass_obj
def service_status(start: Start, *, as_json: bool) -> int:
    """Installed, running, the last round; exit code 1 where no daemon runs."""
    from monitor.commands import service

    return service.status(start.session(), as_json=as_json)


@service.command("logs", epilog="Example: parcelwarden service logs --lines 200")
@click.option(
    "--lines", "-n", type=_Whole(min=1, max=100_000), default=50, show_default=True, help="How many."
)
@_json
@click.pass_obj
def service_logs(start: Start, lines: int, *, as_json: bool) -> int:
    """The end of the daemon's log and of the half-hourly checks."""
    from monitor.commands import service

    return service.logs(start.session(), most=lines, as_json=as_json)


@app.command(epilog="Example: parcelwarden feeds --json")
@click.option(
    "--new-key", is_flag=True, help="Make another key; the addresses given out before open nothing then."
)
@_json
@click.pass_obj
def feeds(start: Start, *, new_key: bool, as_json: bool) -> int:
    """The addresses of your calendar, feed, JSON and metrics for other programs, with their key."""
    from monitor.commands import feeds as command

    return command.feeds(start.session(), new_key=new_key, as_json=as_json)


@app.command(epilog="Example: parcelwarden web")
@click.option("--port", type=_Whole(min=0, max=65535), help="Where; 0 is any free port, the default.")
@click.pass_obj
def web(start: Start, port: int | None) -> int:
    """Your orders as a page in your browser; asks no carrier. Where `run` serves it, a new link to that one."""
    from monitor.commands import web as command

    return command.web(start.session(), port=port)
