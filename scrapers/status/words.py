"""Finding what the words of a carrier's text stand for: concepts such as `delivered`, `to_sender`, `not`, `customs`.

A language is a file words/<language>.tsv of two columns: a concept, and the words and phrases that express it,
separated by commas. `deliver*` stands for every ending, `*zustellung` for every beginning. Words in brackets
must follow but stay free to mean something themselves: `delivered (to)`. The longest phrase at a place wins, so
"delivery office" is a place and no delivery. The concept `-` is for words that say nothing here; they are listed
because they show which language a text is in, or because they would mislead ("no signature required").
The concept `unknown_word` is there where a word is not in the file at all: it may name a place we have never met.
Accents, case and punctuation do not count. Chinese, Japanese and Korean are matched by character.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

_FOLDER = Path(__file__).parent / "words"
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7™®]+")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SCRIPTS = (
    (("ko",), re.compile("[\uac00-\ud7a3]")),
    (("ja",), re.compile("[\u3041-\u30ff]")),
    (("zh", "ja"), re.compile("[\u3400-\u9fff]")),
    (("he",), re.compile("[\u0590-\u05ff]")),
    (("ru", "uk"), re.compile("[\u0400-\u04ff]")),
)
_BY_CHARACTER = frozenset({"zh", "ja", "ko"})
# In Vietnamese the accent makes the word: "cho" is to, "chờ" is waiting.
_ACCENTED = frozenset({"vi"})
# Traditional characters of parcel words, to the simplified ones of words/zh.tsv.
_SIMPLIFIED = str.maketrans(
    "簽遞運達發離關處揀裝車機場國際貨單號戶無絡聯錯誤壞損遺銷毀撥轉準備進東門營業點櫃領郵驛稅費問題滯檢驗從電訊資訂創預報計劃將經過還認證貼綫線後親屬樓鄰櫥為補繳納續辦攬據餘區體儲貯暫緩試絕銀聲內兩與屆層應實際",
    "签递运达发离关处拣装车机场国际货单号户无络联错误坏损遗销毁拨转准备进东门营业点柜领邮驿税费问题滞检验从电讯资订创预报计划将经过还认证贴线线后亲属楼邻橱为补缴纳续办揽据余区体储贮暂缓试绝银声内两与届层应实际",
)
# A leading [Shenzhen] or 【上海】 names the place of the scan, and may hold any word.
_PLACE = re.compile(r"^\s*(?:\[[^\]]{1,80}\]|【[^】]{1,80}】)(?=\s*\S)")

Reach = Literal["whole", "beginning", "ending", "inside"]


def fold(text: str) -> str:
    """Lower case without accents, in one form of Unicode; "ł" and its like become the plain letter."""
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", _ACCENTS.sub("", text).casefold()))
    # Composed again: the voicing marks of kana and the parts of Hangul are letters, not accents.
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


@lru_cache(maxsize=16)
def split(text: str, *, accents: bool = False) -> tuple[str, ...]:
    """The words of a text, folded (or only in lower case, with their accents); "InTransit" is two words."""
    apart = _CAMEL.sub(" ", text)
    return tuple(_WORD.findall(unicodedata.normalize("NFC", apart.lower()) if accents else fold(apart)))


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    reach: Reach

    def matches(self, token: str) -> bool:
        if self.reach == "whole":
            return token == self.text
        if self.reach == "beginning":
            return token.startswith(self.text)
        return token.endswith(self.text) if self.reach == "ending" else self.text in token


@dataclass(frozen=True, slots=True)
class _Phrase:
    concepts: tuple[str, ...]
    words: tuple[_Word, ...]
    free: int  # how many of the last words stay free

    @property
    def length(self) -> int:
        return len(self.words) - self.free

    @property
    def rank(self) -> tuple[int, int]:
        """More words are more telling, then more letters."""
        return len(self.words), sum(len(word.text) for word in self.words)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read in one language: its concepts, and how many of its words (or characters) were understood."""

    language: str
    concepts: frozenset[str]
    understood: int


class Lexicon:
    """The phrases of one language."""

    def __init__(self, language: str, phrases: Sequence[_Phrase]) -> None:
        self.language = language
        self._whole: dict[str, list[_Phrase]] = {}
        self._beginning: dict[str, list[_Phrase]] = {}
        self._other: list[_Phrase] = []
        for phrase in phrases:
            first = phrase.words[0]
            if first.reach == "whole":
                self._whole.setdefault(first.text, []).append(phrase)
            elif first.reach == "beginning":
                self._beginning.setdefault(first.text, []).append(phrase)
            else:
                self._other.append(phrase)
        self.candidates = lru_cache(maxsize=8192)(self._candidates)

    def tokens(self, text: str) -> Sequence[str]:
        """The words, or the characters where the language is written without blanks."""
        words = split(text, accents=self.language in _ACCENTED)
        if self.language not in _BY_CHARACTER:
            return words
        characters = "".join(words)
        return characters.translate(_SIMPLIFIED) if self.language == "zh" else characters

    def familiar(self, tokens: Sequence[str]) -> int:
        """How many of the words begin a phrase of this language: a quick sign that it may be this one."""
        return sum(map(bool, map(self.candidates, tokens)))

    def read(self, tokens: Sequence[str]) -> Reading:
        """The concepts in a text, the longest phrase at each place."""
        found: set[str] = set()
        at = understood = 0
        while at < len(tokens):
            for phrase in self.candidates(tokens[at]):
                if self._follows(phrase, tokens, at):
                    found.update(phrase.concepts)
                    at += phrase.length
                    understood += phrase.length
                    break
            else:
                if len(tokens[at]) > 1 and tokens[at].isalpha():
                    found.add("unknown_word")
                at += 1
        found.discard("-")
        return Reading(self.language, frozenset(found), understood)

    @staticmethod
    def _follows(phrase: _Phrase, tokens: Sequence[str], at: int) -> bool:
        if len(phrase.words) == 1:
            return True
        ahead = tokens[at : at + len(phrase.words)]
        return len(ahead) == len(phrase.words) and all(
            word.matches(token) for word, token in zip(phrase.words, ahead, strict=True)
        )

    def _candidates(self, token: str) -> tuple[_Phrase, ...]:
        """Phrases that can begin with this word, the most telling first."""
        found = list(self._whole.get(token, ()))
        for end in range(1, len(token) + 1):
            found.extend(self._beginning.get(token[:end], ()))
        found.extend(phrase for phrase in self._other if phrase.words[0].matches(token))
        return tuple(sorted(found, key=lambda phrase: phrase.rank, reverse=True))


@cache
def languages() -> tuple[str, ...]:
    """The languages there is a file for; English first."""
    return tuple(sorted((path.stem for path in _FOLDER.glob("*.tsv")), key=lambda name: (name != "en", name)))


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of one of `languages()`."""
    with (_FOLDER / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    meanings: dict[tuple[tuple[_Word, ...], int], list[str]] = {}
    for row in rows:
        for written in row["words"].split(","):
            meanings.setdefault(_words(written, language), []).append(row["concept"])
    return Lexicon(language, [_Phrase(tuple(m), words, free) for (words, free), m in meanings.items()])


def _words(written: str, language: str) -> tuple[tuple[_Word, ...], int]:
    """The words of a phrase, and how many of the last ones stay free."""
    taken, _, free = written.partition("(")
    first, rest = _parts(taken, language), _parts(free, language)
    return (*first, *rest), len(rest)


def _parts(written: str, language: str) -> tuple[_Word, ...]:
    plain = unicodedata.normalize("NFC", written.lower()) if language in _ACCENTED else fold(written)
    if language in _BY_CHARACTER:
        return tuple(_Word(character, "whole") for character in "".join(_WORD.findall(plain)))
    return tuple(
        _Word(match.group(2), _reach(before=bool(match.group(1)), after=bool(match.group(3))))
        for match in re.finditer(r"(\*?)([^\W_]+)(\*?)", plain)
    )


def _reach(*, before: bool, after: bool) -> Reach:
    if before:
        return "inside" if after else "ending"
    return "beginning" if after else "whole"


def readings(text: str, language: str | None) -> list[Reading]:
    """The text read in the languages it may be in, the likeliest first.

    A language named by the caller comes first. Languages that understand less than half as much as the best one
    are left out: one stray word in common is no reading.
    """
    words = _PLACE.sub("", text)
    named = language if language in languages() else None
    names = _likely(words, _of_script(text))
    if named and named not in names:
        names.append(named)
    found = [lexicon(name).read(lexicon(name).tokens(words)) for name in names]
    best = max((reading.understood for reading in found), default=0)
    found = [reading for reading in found if reading.understood * 2 >= best and reading.understood]
    return sorted(found, key=lambda reading: (reading.language != named, -reading.understood))


def _likely(text: str, names: Iterable[str]) -> list[str]:
    """Those languages that know at least two thirds as many of the words as the best of them."""
    familiar = {name: lexicon(name).familiar(lexicon(name).tokens(text)) for name in names}
    enough = max(familiar.values(), default=0) * 2 / 3
    return [name for name, count in familiar.items() if count >= enough]


def _of_script(text: str) -> Iterable[str]:
    if not text.isascii():
        for names, letters in _SCRIPTS:
            if letters.search(text):
                return names
    return _latin()


@cache
def _latin() -> tuple[str, ...]:
    other = {name for names, _ in _SCRIPTS for name in names}
    return tuple(name for name in languages() if name not in other)
