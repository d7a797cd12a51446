"""Finding what the words of a carrier's text stand for: concepts such as `delivered`, `to_sender`, `not`, `customs`.

A language is a file words/<language>.tsv of two columns: a concept, and the words and phrases that express it,
separated by commas. `deliver*` stands for every ending, `*zustellung` for every beginning. Words in brackets
must follow but stay free to mean something themselves: `delivered (to)`. The longest phrase at a place wins, so
"delivery office" is a place and no delivery. The concept `-` is for words that say nothing here; they are listed
because they show which language a text is in, or because they would mislead ("no signature required").
The concept `unknown_word` is there where a word is not in the file at all: it may name a place we have never met;
`unknown_words` where they are more than half as many as the known ones: the text may be in another language.
Accents, case and punctuation do not count, nor whether ü is written ue. Chinese, Japanese, Korean and Thai are
matched by character.
"""

from __future__ import annotations

import csv
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

_FOLDER = Path(__file__).parent / "words"
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Vowel points of Hebrew and Arabic, the Arabic stroke that widens a word, signs without width, ™ and ®.
_MARKS = re.compile("[\u0591-\u05c7\u064b-\u065f\u0640\u00ad\u200b-\u200f\u2060\ufeff™®]+")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ة": "ه", "ى": "ي"})
# Letters that are also written as two where a keyboard lacks them.
_AS_TWO = {
    "de": (("ae", "a"), ("oe", "o"), ("ue", "u")),
    "da": (("aa", "a"), ("oe", "o")),
    "no": (("aa", "a"), ("oe", "o")),
}
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_MARKUP = re.compile(r"</?(?:a|b|br|div|em|font|i|li|p|small|span|strong|u|ul)\b[^<>]*>", re.IGNORECASE)
_SCRIPTS = (
    (("ko",), re.compile("[\uac00-\ud7a3]")),
    (("ja",), re.compile("[\u3041-\u30ff]")),
    (("zh", "ja"), re.compile("[\u3400-\u9fff]")),
    (("he",), re.compile("[\u0590-\u05ff]")),
    (("ar",), re.compile("[\u0600-\u06ff]")),
    (("el",), re.compile("[\u0370-\u03ff]")),
    (("th",), re.compile("[\u0e00-\u0e7f]")),
    (("ru", "uk", "be", "bg", "kk"), re.compile("[\u0400-\u04ff]")),
)
_BY_CHARACTER = frozenset({"zh", "ja", "ko", "th"})
# In Vietnamese the accent makes the word: "cho" is to, "chờ" is waiting. Texts sent without accents have it too.
_ACCENTED = "vi"
# Traditional characters of parcel words, to the simplified ones of words/zh.tsv.
_SIMPLIFIED = str.maketrans(
    "簽遞運達發離關處揀裝車機場國際貨單號戶無絡聯錯誤壞損遺銷毀撥轉準備進東門營業點櫃領郵驛稅費問題滯檢驗從電訊資訂創預報計劃將經過還認證貼綫線後親屬樓鄰櫥為補繳納續辦攬據餘區體儲貯暫緩"
    "試絕銀聲內兩與屆層應實儘託員們這個請會於給務話聽臺灣縣陸輛邊開閉啟懸裡來時間購買賣價錢額幣責賠償輸鐵舊轄廣興寧濟蘇滬滙匯順豐遲颱風災異議詢確誰說擊響蓋園團傳遠遷調動態館廳齊級結組織"
    "繼維護縮減統終練綠緊總顯類頭顧頓須頁項頻顏願飛養馬駛髮魚鳥麗麥黃齡龍龜",
    "签递运达发离关处拣装车机场国际货单号户无络联错误坏损遗销毁拨转准备进东门营业点柜领邮驿税费问题滞检验从电讯资订创预报计划将经过还认证贴线线后亲属楼邻橱为补缴纳续办揽据余区体储贮暂缓"
    "试绝银声内两与届层应实尽托员们这个请会于给务话听台湾县陆辆边开闭启悬里来时间购买卖价钱额币责赔偿输铁旧辖广兴宁济苏沪汇汇顺丰迟台风灾异议询确谁说击响盖园团传远迁调动态馆厅齐级结组织"
    "继维护缩减统终练绿紧总显类头顾顿须页项频颜愿飞养马驶发鱼鸟丽麦黄龄龙龟",
)
# A leading [Shenzhen] or 【上海】 names the place of the scan, and may hold any word.
_PLACE = re.compile(r"^\s*(?:\[[^\]]{1,80}\]|【[^】]{1,80}】)(?=\s*\S)")

Reach = Literal["whole", "beginning", "ending", "inside"]


def plain(text: str) -> str:
    """A text without HTML: entities as the characters they stand for, tags as blanks; in composed letters."""
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _MARKUP.sub(" ", text) if "<" in text else text


@lru_cache(maxsize=16384)
def fold(word: str) -> str:
    """Lower case without accents, in one form of Unicode; "ł" and its like become the plain letter."""
    if word.isascii():
        return word.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", _MARKS.sub("", word).casefold()))
    # Composed again: the voicing marks of kana and the parts of Hangul are letters, not accents.
    return _MARKS.sub("", unicodedata.normalize("NFC", bare)).translate(_LETTERS)


@lru_cache(maxsize=16)
def split(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, with their accents; "InTransit" is two words."""
    apart = _CAMEL.sub(" ", text)
    if not apart.isascii():
        # ™ would become the letters TM of the word before it; the capital İ would fall apart into i and a dot.
        apart = _MARKS.sub("", unicodedata.normalize("NFKC", apart.replace("™", ""))).replace("İ", "i")
    return tuple(_WORD.findall(_ACCENTS.sub("", apart.lower())))


@lru_cache(maxsize=32768)
def _spelt(word: str, language: str) -> str:
    """A word of `split` as the lexicon of a language has it."""
    if language == _ACCENTED:
        return unicodedata.normalize("NFC", word.lower())
    folded = fold(word)
    for two, one in _AS_TWO.get(language, ()):
        folded = folded.replace(two, one)
    return folded


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
    letters: (
        int  # of the understood words, those the lexicon spells out: an ending left open understands less
    )

    @property
    def depth(self) -> tuple[int, int]:
        """How well the language understands the text."""
        return self.understood, self.letters


class Lexicon:
    """The phrases of one language."""

    def __init__(self, language: str, phrases: Sequence[_Phrase], *, bare: bool = False) -> None:
        self.language = language
        self._spelling = "" if bare else language
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
        words = [_spelt(word, self._spelling) for word in split(text)]
        if self.language not in _BY_CHARACTER:
            return words
        characters = "".join(words)
        return characters.translate(_SIMPLIFIED) if self.language == "zh" else characters

    def knows(self, word: str) -> bool:
        """Whether a phrase begins with this word of `split`."""
        return bool(self.candidates(_spelt(word, self._spelling)))

    def read(self, text: str) -> Reading:
        """The concepts in a text, the longest phrase at each place."""
        tokens = self.tokens(text)
        found: set[str] = set()
        at = understood = letters = unknown = strange = 0
        while at < len(tokens):
            phrases = self._longest(tokens, at)
            for phrase in phrases:
                found.update(phrase.concepts)
            if phrases:
                at += phrases[0].length
                understood += phrases[0].length
                letters += phrases[0].rank[1]
                unknown = 0
            else:
                # Written by character, two in a row that nobody knows make a word.
                unknown = unknown + len(tokens[at]) if tokens[at].isalpha() else 0
                if unknown > 1:
                    found.add("unknown_word")
                    strange += 1
                if self.language not in _BY_CHARACTER:
                    unknown = 0
                at += 1
        found.discard("-")
        if strange * 2 > understood:
            found.add("unknown_words")
        return Reading(self.language, frozenset(found), understood, letters)

    def _longest(self, tokens: Sequence[str], at: int) -> list[_Phrase]:
        """The most telling phrase at a place, and those just as telling: `wait` and `wait*` both count."""
        found: list[_Phrase] = []
        for phrase in self.candidates(tokens[at]):
            if found and phrase.rank < found[0].rank:
                break
            if self._follows(phrase, tokens, at) and (not found or phrase.length == found[0].length):
                found.append(phrase)
        return found

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
def lexicon(language: str, *, bare: bool = False) -> Lexicon:
    """The lexicon of one of `languages()`; `bare` for Vietnamese written without accents."""
    with (_FOLDER / f"{language}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    meanings: dict[tuple[tuple[_Word, ...], int], list[str]] = {}
    for row in rows:
        for written in row["words"].split(","):
            meanings.setdefault(_words(written, "" if bare else language), []).append(row["concept"])
    phrases = [_Phrase(tuple(m), words, free) for (words, free), m in meanings.items()]
    return Lexicon(language, phrases, bare=bare)


def _words(written: str, language: str) -> tuple[tuple[_Word, ...], int]:
    """The words of a phrase, and how many of the last ones stay free."""
    taken, _, free = written.partition("(")
    first, rest = _parts(taken, language), _parts(free, language)
    return (*first, *rest), len(rest)


def _parts(written: str, language: str) -> tuple[_Word, ...]:
    if language in _BY_CHARACTER:
        words = [_spelt(word, language) for word in split(written)]
        return tuple(_Word(character, "whole") for character in "".join(words))
    return tuple(
        _Word(
            _spelt(match.group(2), language), _reach(before=bool(match.group(1)), after=bool(match.group(3)))
        )
        for match in re.finditer(
            r"(\*?)([^\W_]+)(\*?)", _MARKS.sub("", unicodedata.normalize("NFC", written))
        )
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
    words = _PLACE.sub("", plain(text))
    named = language if language in languages() else None
    names = _likely(words)
    if named and named not in names:
        names.append(named)
    found = [_lexicon_for(name, words).read(words) for name in names]
    best = max((reading.understood for reading in found), default=0)
    found = [reading for reading in found if reading.understood * 2 >= best and reading.understood]
    return sorted(found, key=lambda reading: (reading.language == named, reading.depth), reverse=True)


def _lexicon_for(language: str, text: str) -> Lexicon:
    return lexicon(language, bare=language == _ACCENTED and text.isascii())


def _likely(text: str) -> list[str]:
    """Those languages that know at least two thirds as many of the words as the best of them."""
    names = _of_script(text)
    if len(names) == 1:
        return list(names)
    if not _BY_CHARACTER.isdisjoint(names):
        return list(names)
    familiar = Counter(name for word in split(text) for name in _knowing(word, names))
    enough = max(familiar.values(), default=0) * 2 / 3
    return [name for name in names if familiar[name] >= enough]


@lru_cache(maxsize=32768)
def _knowing(word: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those languages that have a phrase beginning with a word."""
    return tuple(name for name in names if _lexicon_for(name, word).knows(word))


@lru_cache(maxsize=1)
def _scripts() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    there = frozenset(languages())
    return tuple((tuple(name for name in names if name in there), letters) for names, letters in _SCRIPTS)


def _of_script(text: str) -> tuple[str, ...]:
    if not text.isascii():
        for names, letters in _scripts():
            if names and letters.search(text):
                return names
    return _latin()


@cache
def _latin() -> tuple[str, ...]:
    other = {name for names, _ in _SCRIPTS for name in names}
    return tuple(name for name in languages() if name not in other)
