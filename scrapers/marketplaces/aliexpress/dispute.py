"""AliExpress's form for returns and refunds: how to get to it, what its fields are, and what must not be pressed.

The way (seen 2024-12 to 2026-09): order page, "Returns/refunds" of one item, "Have you received your package?",
then /p/reverse-pages/start.html in a new tab, with reason, solution, description and photos. Class names end in
hashes that change, labels come in fourteen languages and change too; so fields are told by their kind and by what
their words mean. The names of the upload addresses were not seen: they are taken by the word in their path.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

from scrapers.forms import Attach, Bounds, Choose, Control, Fill, Form, Open, Press, Sight, WaitFor, Words
from scrapers.marketplaces.aliexpress import money
from scrapers.meaning import Choice, Meanings, plain, says
from scrapers.shape import LayoutChanged, maybe, rows, text

HOME = "https://www.aliexpress.com"

DISPUTE = Form(
    "dispute",
    (
        Open("/p/order/detail.html?orderId={order_id}"),
        Press("returns"),
        Press("received"),
        WaitFor("form"),
        Choose("reason"),
        Choose("solution"),
        Fill("amount"),
        Fill("text"),
        Attach("photos"),
    ),
)

# The page's own limit wins; no source states one, and short texts are read.
DEFAULT_TEXT_LIMIT = 500

_ALIKE = 0.72  # how like a button's text must be to an opener's
_ANSWERS = 0.6  # and a tick's words to an answer
_ASKS = 0.6  # and a sentence to the question; one that asks to confirm a receipt comes to 0.45
_READS = ("render", "query", "list", "detail", "count", "info", "get", "search")
_WRITES = (
    "submit", "confirm", "operat", "create", "update", "delete", "remove", "save", "accept", "agree", "reject",
    "modify", "send", "upload", "execute", "commit", "insert",
)  # fmt: skip
# How a page is told in its query to do something: the shop's older pages did (?action=…&event_submit_do_confirm=1).
_COMMANDS = (
    r"(?:^|&)event_submit|(?:^|&)(?:action|act|do|op|operation|operate|method|cmd)="
    r"[^&]*(?:submit|confirm|accept|agree|delete|remove)"
)
# What a page needs to work. Pictures come from the file servers; one from the shop's own address can be a write.
_FILES = (".js", ".mjs", ".css", ".woff", ".woff2", ".ttf")
_SIZE = re.compile(r"(?<![\d.,])(\d{1,3}(?:[.,]\d)?)\s?(?:MB|Mo|МБ|Мб|ميغابايت)\b")
_FIGURE = re.compile(r"\d(?:[\d.,]*\d)?")
_HUNDREDTHS = re.compile(r"([.,])(\d{1,2})$")
# A word that denies or declines, in the plain letters of meaning.plain.
_DENIES = re.compile(
    r" (?:no|not|don t|do not|disagree|none|reject|decline|nicht|kein\w*|lehne|ablehn\w*|ne|n|pas|refuse|rechazo"
    r"|nao|recuso|non|rifiuto|niet|geen|weiger|afwijz\w*|nie|odrzuc\w*|не|отклон\w*|لا|لست|ارفض|لم|איני|לא|אינני|דוחה) "
    r"|않|거절|거부|ません|しない|拒否|てきない|miyorum|mıyorum|muyorum|reddedi"
)
_LOGIN_WORDS = ("login", "passport", "havana", "signin")
_LOGIN_MARKS = ("#fm-login-id", "#fm-login-password")
_BOT_WORDS = ("/_____tmd_____/", "/punish", "x5sec")
_BOT_MARKS = ("#nc_1_n1z", "#nc_1_wrapper", ".nc-container", "#baxia-dialog-content", ".baxia-dialog")
_BOT_TEXTS = ("please slide to verify", "unusual traffic", "just a moment")


def bounds(base_url: str = HOME) -> Bounds:
    """What the browser may ask: AliExpress and its file servers, or only the one origin of another `base_url`."""
    parts = urlsplit(base_url)
    home = f"{parts.scheme}://{parts.netloc}"
    real = (parts.hostname or "").endswith(("aliexpress.com", "aliexpress.us"))
    return Bounds(
        home=home,
        origins=(home, "https://*.aliexpress.com", "https://*.aliexpress.us") if real else (home,),
        static_origins=(
            ("https://*.alicdn.com", "https://*.aliexpress-media.com", "https://*.aliexpress.com")
            if real
            else ()
        ),
        pages=("/p/", "/issue/", "/login", "/_____tmd_____/"),
        static_suffixes=_FILES,
        api=r"/h5/([\w.]+)/",
        reading=_READS,
        writing=_WRITES,
        subjects=("order", "reverse", "refund", "dispute", "issue", "trade"),
        uploads=("upload",),
        sites={
            name: f"https://{name}.{parts.netloc.partition('.')[2]}" if real else home
            for name in ("m", "trade")
        },
        commands=_COMMANDS,
    )


@dataclass(frozen=True)
class Labels:
    """The shop's words of all languages together, by meaning."""

    openers: Mapping[str, tuple[str, ...]]
    question: Meanings
    leading: Mapping[str, Meanings]
    answers: Meanings
    never: tuple[str, ...]
    confirming: tuple[str, ...]
    refused: tuple[str, ...]
    declining: tuple[str, ...]
    fields: Meanings
    reasons: Meanings
    solutions: Meanings


@cache
def labels() -> Labels:
    """The words of labels.toml."""
    languages = tomllib.loads(files(__package__).joinpath("labels.toml").read_text("utf-8"))

    def every(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for words in languages.values() for word in words[name]))

    def meanings(name: str) -> Meanings:
        return Meanings({language: words[name] for language, words in languages.items()})

    def one(name: str) -> Meanings:
        return Meanings({language: {name: words[name]} for language, words in languages.items()})

    return Labels(
        openers={name: every(name) for name in ("yes", "no")},
        question=one("question"),
        leading={name: one(name) for name in ("returns", "decision", "evidence")},
        answers=meanings("answers"),
        never=every("never"),
        confirming=every("confirming"),
        refused=every("refused"),
        declining=every("declining"),
        fields=meanings("fields"),
        reasons=meanings("reasons"),
        solutions=meanings("solutions"),
    )


def is_never(words: str) -> bool:
    """Whether a control with these words may send, confirm, pay, accept, cancel or delete.

    A label counts within a longer text, too; but not in a phrase that is known, word for word, to do none of it ("I do
    not agree" holds "agree").
    """
    return says(words, labels().never, room=3) and plain(words) not in _harmless()


@cache
def _harmless() -> frozenset[str]:
    """Options and unfolding buttons of labels.toml; not the answers to a question: "Received" confirms, too."""
    known = labels()
    options = (known.reasons, known.solutions)
    phrases = [phrase for meanings in options for phrase in meanings.phrases()]
    for name, meanings in {"disagree": known.answers, "evidence": known.leading["evidence"]}.items():
        phrases += meanings.phrases(name)
    return frozenset(plain(phrase) for phrase in phrases)


def in_the_way(sight: Sight) -> Literal["login_needed", "bot_check"] | None:
    """What bars the way where the page is a login or a bot check."""
    parts = urlsplit(sight.url)
    shown = " ".join((sight.title, *sight.paragraphs[:20])).casefold()
    if any(mark in _BOT_MARKS for mark in sight.marks) or any(
        word in sight.url.casefold() for word in _BOT_WORDS
    ):
        return "bot_check"
    if any(words in shown for words in _BOT_TEXTS) and not sight.controls:
        return "bot_check"
    if any(mark in _LOGIN_MARKS for mark in sight.marks):
        return "login_needed"
    where = f"{parts.hostname}{parts.path}".casefold()
    return "login_needed" if any(word in where for word in _LOGIN_WORDS) else None


@dataclass(frozen=True, slots=True)
class Told:
    """How the order's page was told to call the way to the form, in whatever language: the button, the question and
    its two answers. Empty where it was not told."""

    returns: frozenset[str] = frozenset()
    question: frozenset[str] = frozenset()
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()


NOT_TOLD = Told()


def told_by(answer: object) -> Told:
    """The words of the buttons that open a dispute, from the page's own order.detail answer.

    Both answers must lead to the form's page and nowhere else. Raises LayoutChanged.
    """
    found: dict[str, set[str]] = {"returns": set(), "question": set(), "yes": set(), "no": set()}
    for _, button in _dispute_buttons(answer):
        ends = [text(button, f"extMap.{end}.href") for end in ("okButton", "cancelButton")]
        found["returns"].add(plain(text(button, "text")))
        if all("/p/reverse-pages/" in end for end in ends):
            found["question"].add(plain(text(button, "extMap.title")))
            found["yes"].add(plain(text(button, "extMap.okButton.text")))
            found["no"].add(plain(text(button, "extMap.cancelButton.text")))
    return Told(**{name: frozenset(words - {""}) for name, words in found.items()})


def asks_whether_received(around: Sequence[str], told: Told = NOT_TOLD) -> bool:
    """Whether a button stands under the question "Have you received your package?", and under no other."""
    for words in around:
        lines = words.splitlines()
        if any(says(line, labels().confirming, room=12) for line in lines):
            return False
        if any(
            labels().question.likeness(line, "question") >= _ASKS or plain(line) in told.question
            for line in lines
        ):
            return True
    return False


def openers(sight: Sight, opener: str, told: Told = NOT_TOLD) -> list[int]:
    """Which pressables of the page are the declared opener ("returns", "yes", …), best first."""
    found = [i for i, p in enumerate(sight.pressables) if is_opener(p.text, p.around, opener, told)]
    if opener in labels().leading:
        buttons = [i for i in found if sight.pressables[i].tag != "a"]
        return buttons or found
    return found


def is_opener(words: str, around: Sequence[str], opener: str, told: Told = NOT_TOLD) -> bool:
    """Whether a control with these words, standing there, is the declared opener."""
    if opener in labels().leading:
        return _leads(words, opener, told)
    answers = {"yes": told.yes, "no": told.no}[opener]
    if not _answers(words, labels().openers[opener]) and (plain(words) not in answers or is_never(words)):
        return False
    return asks_whether_received(around, told)


def words(told: Callable[[], Told]) -> Words:
    """What a hand has to know, with the words the page itself was told."""

    def knows(said: str, around: Sequence[str], opener: str) -> bool:
        return is_opener(said, around, opener, told())

    return replace(WORDS, is_opener=knows)


WORDS = Words(_LOGIN_MARKS + _BOT_MARKS, is_never, is_opener, unfolding=frozenset({"evidence"}))


def _leads(words: str, opener: str, told: Told = NOT_TOLD) -> bool:
    named = opener == "returns" and plain(words) in told.returns
    return (named or labels().leading[opener].likeness(words, opener) >= _ALIKE) and not is_never(words)


def _answers(words: str, answers: Sequence[str]) -> bool:
    return says(words, answers) and not says(words, labels().never)


def line_positions(answer: object) -> list[str]:
    """The ids of the order's items that can be disputed, in the order the page shows them.

    From the page's own order.detail answer; raises LayoutChanged where it is unlike the known one.
    """
    found = [line_id for line_id, _ in _dispute_buttons(answer)]
    if not found:
        raise LayoutChanged("the order's items are missing")
    return list(dict.fromkeys(found))


def _dispute_buttons(answer: object) -> Iterator[tuple[str, object]]:
    """The id of each item of the order that can be disputed, with the button that opens it."""
    for block in (maybe(answer, "data.data", dict) or {}).values():
        if text(block, "tag") == "detail_product_block":
            for line in rows(block, "fields.productVOList"):
                for button in maybe(line, "buttonVOS", list) or []:
                    if text(button, "type") == "OPEN_DISPUTE":
                        yield text(line, "orderLineId"), button


def refusal(sight: Sight) -> str:
    """The sentence by which the page declines a request for now, "" where it holds none."""
    for words in sight.paragraphs:
        folded = plain(words)
        if any(plain(label) in folded for label in labels().refused):
            return words[:300]
    return ""


def declining(sight: Sight) -> str:
    """The sentence by which a form's page that has stayed without its form says no, "" where there is none."""
    if not is_form_page(sight) or sight.controls:
        return ""
    said = (p for p in sight.paragraphs if any(plain(label) in plain(p) for label in labels().declining))
    return next(said, "")[:300]


def is_form_page(sight: Sight) -> bool:
    """Whether the page's address is that of a form: for a return or refund, or to cancel an order."""
    return any(name in sight.url for name in ("reverse-pages", "refund-cancel"))


def fields(sight: Sight) -> dict[str, int]:
    """Which control is which field: answer, reason, solution, amount, number, text, photos, videos; one the page lacks
    is left out. Photos and videos may share theirs."""
    found: dict[str, int] = {}
    for name, kinds in (
        ("answer", ("tick", "marks")),
        ("solution", ("list", "marks")),
        ("reason", ("list", "marks", "box")),
        ("text", ("text",)),
        ("amount", ("line",)),
        ("number", ("line",)),
        ("photos", ("file",)),
    ):
        fitting = [
            (score, -index)
            for index, control in enumerate(sight.controls)
            if control.kind in kinds and index not in found.values() and (score := _fits(control, name)) > 0
        ]
        if fitting:
            found[name] = -max(fitting)[1]
    clips = [i for i, c in enumerate(sight.controls) if c.kind == "file" and _takes_videos(c)]
    if clips:
        found["videos"] = found["photos"] if found.get("photos") in clips else clips[0]
    return found


def _takes_videos(control: Control) -> bool:
    accept = control.accept.lower()
    return not accept or any(word in accept for word in ("video", "*/*", ".mp4", ".mov"))


def size_limits(sight: Sight) -> tuple[int, ...]:
    """How large a file may be by the page's own words, in bytes: every "5 MB" that stands there."""
    labels = [*sight.paragraphs, *(control.label for control in sight.controls if control.kind == "file")]
    found = (match for words in labels for match in _SIZE.finditer(words))
    return tuple(int(float(m.group(1).replace(",", ".")) * 1_000_000) for m in found)


def _fits(control: Control, name: str) -> float:
    """How well a control fits a field; 0 where it does not."""
    if name == "answer":
        return (
            max((labels().answers.likeness(o, "disagree") for o in control.options), default=0.0) >= _ANSWERS
        )
    labelled = labels().fields.likeness(control.label or control.hint, name)
    if name == "solution":
        return (
            max((labels().solutions.of(o)[1] for o in control.options), default=0.0) >= 0.6 and 1 + labelled
        )
    if name == "reason":
        meant = [labels().reasons.of(o)[1] for o in control.options]
        by_options = sum(score >= 0.5 for score in meant) / len(meant) if meant else 0.0
        return labelled + by_options + (0.1 if control.kind == "box" else 0.0)
    if name in ("amount", "number"):
        return labelled if labelled >= 0.5 else 0.0
    if name == "photos" and "video" in control.accept.lower() and "image" not in control.accept.lower():
        return 0.0  # a place for videos only
    return 0.1 + labelled


def reason(options: Sequence[str], wanted: str) -> Choice:
    """The option that gives the wanted reason. A "not received" of no closer kind stands in for any such kind."""
    choice = labels().reasons.choose(options, wanted)
    if choice.index is None and wanted.startswith("not_received_"):
        general = labels().reasons.choose(options, "not_received")
        return general if general.index is not None else choice
    return choice


def answer(options: Sequence[str], wanted: str) -> Choice:
    """The tick by which the buyer does not agree: surely that, or none."""
    choice = labels().answers.choose(options, wanted)
    # The two answers differ by one word; what is nearer to "agree" is none, and one that denies nothing neither.
    denying = [
        i
        for i, words in enumerate(options)
        if labels().answers.of(words)[0] == wanted
        and labels().answers.likeness(words, wanted) >= _ANSWERS
        and _DENIES.search(f" {plain(words)} ")
    ]
    return replace(choice, index=denying[0] if len(denying) == 1 else None)


def solution(options: Sequence[str], wanted: str) -> Choice:
    """The option that asks for the wanted solution."""
    return labels().solutions.choose(options, wanted)


def fit_text(words: str, limit: int) -> str:
    """The text cut to `limit` UTF-16 units (0: the default), after a whole sentence, else a whole word."""
    most = limit or DEFAULT_TEXT_LIMIT
    words = words.strip()
    if _units(words) <= most:
        return words
    cut = words
    while _units(cut) > most:
        cut = cut[: len(cut) - max(1, (_units(cut) - most) // 2)]
    sentence = max((m.end() for m in re.finditer(r"[.!?](?=\s)|[。！？]|\n", cut + " ")), default=0)
    if sentence and sentence <= len(cut):
        return cut[:sentence].strip()
    word = cut.rpartition(" ")[0]
    return (word or cut).strip()


def _units(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2


def fit_amount(
    wanted: Decimal | None, control: Control, paid: Decimal | None = None
) -> tuple[str, Decimal | None]:
    """What to put into the amount field ("" to leave it as it is), and the most the page allows where it says so.

    None asks for the full amount: what the page has put there itself, else the most it allows, but no more than was
    `paid` for the whole order. Of several figures beside the field the largest counts: the others are its parts.
    """
    beside = control.around.replace(control.label, "", 1)
    preset = max(_figures(control.value), default=None)
    allowed = [max(figures) for words in (control.most, beside) if (figures := _figures(words))]
    most = max(min(allowed, default=preset), preset) if preset and allowed else min(allowed, default=preset)
    if wanted is None and preset:
        return "", most
    known = [n for n in (wanted if wanted is not None else paid, most) if n is not None]
    return (_as_written(min(known), control, beside) if known else ""), most


def currency(control: Control) -> str:
    """The currency an amount field names, "" where it names none."""
    return money.currency(" ".join((control.label, control.around, control.value)), known=True)


def _as_written(amount: Decimal, control: Control, beside: str) -> str:
    """An amount as the page writes its own: with its decimal mark, and without hundredths where it has none."""
    figures = _FIGURE.findall(f"{control.value} {beside}")
    marks = [mark.group(1) for figure in figures if (mark := _HUNDREDTHS.search(figure))]
    if figures and not marks and not control.most and amount == amount.to_integral_value():
        return f"{amount:.0f}"
    comma = marks[-1:] == [","] and not control.most and not control.number
    return f"{amount:.2f}".replace(".", ",") if comma else f"{amount:.2f}"


def _figures(words: str) -> list[Decimal]:
    """The amounts in a text; nought is none."""
    found = []
    for figure in _FIGURE.findall(words):
        hundredths = _HUNDREDTHS.search(figure)
        whole = re.sub(r"[.,]", "", figure[: hundredths.start()] if hundredths else figure)
        found.append(Decimal(f"{whole}.{hundredths.group(2)}" if hundredths else whole))
    return [value for value in found if value > 0]
