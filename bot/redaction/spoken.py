"""Numbers and dates written out in words, in every tongue of ours.

Words of languages that write their numbers in one piece are taken apart into what they are put together from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.month_names import month_names
from bot.redaction.fold import folded
from bot.redaction.number_words import ENDINGS, JOINS, PARTS
from bot.redaction.shapes import Inventory, Shape
from bot.remembered import remembered

Span = tuple[int, int]

# Articles and the like: part of a number, but no reason to believe in one.
_WEAK: Final = frozenset("ein eine un une uno una um uma een bir a oh o on an der die das la le el il lo am den dem roku года году".split())  # noqa: SIM905
_ARTICLES: Final = frozenset("ein eine un une uno una um uma een bir on oh o".split())  # noqa: SIM905
_LONGEST: Final = 48
# Korean may follow letters at once.
_WORD: Final = re.compile(r"[가-힣]+|[^\W\d_가-힣]+|\d+(?:st|nd|rd|th)?")
_GAP: Final = re.compile(r"(?:[^\w\x02]|_){0,4}")
# Counted things, which are neither dates nor numbers of a person.
COUNTED: Final = Shape(
    r"\s*(?:working\b|days?\b|weeks?\b|months?\b|years?\b|hours?\b|minutes?\b|yuan\b|people\b|times\b|percent\b|tage?n?\b|jahren?\b|jahre\b"
    r"|monate?n?\b|wochen?\b|jours?\b|mois\b|ans\b|semaines?\b|d[ií]as?\b|años?\b|mes(?:es)?\b|giorni\b|mesi\b|anni\b|dagen\b|jaar\b|maanden\b"
    r"|dollars?\b|euros?\b|rmb\b|yuanes\b|złotych\b|рубл\w*|юан\w*|lira\b|元|위안|หยวน|يوان"
    r"|dni\b|lat\b|дн\w+|лет\b|месяц\w*|gün\b|yıl\b|ay\b"
    r"|weken\b|werkdagen\b|uur\b|stunden\b|werktagen?\b|heures\b|horas\b|semanas?\b|settiman[ae]\b|tygodni\w*|miesi[eęaą]\w*|hafta\b"
    r"|рабочи\w+|недел\w*|час(?:а|ов)?\b|週間|[かヶカケ]月|時間|日間|営業日|주\b|개월|시간"
    r"|[اأ]?شه[رو]\w*|[اأ]يام|يوم|[اأ]ساب\w+|[اأ]سبوع\w*|سن(?:ة|وات)|ساع(?:ة|ات)"
    + folded(r"|สัปดาห์|อาทิตย์|ชั่วโมง|วัน(?!ท)|เดือน(?!\s?\d)|ปี(?!\s?\d)")
    + r")",
    re.I,
)
# So many in a row are a number even if nobody asked for one, so many figures of Korea while one is asked for, or
# one less with a nought.
_ROW: Final = 6
# Their long numbers are one word, of however many parts; in other tongues that is a row of figures run together.
_IN_ONE_PIECE: Final = frozenset(("de", "nl", "it"))
_KOREAN_ROW: Final = 4
_KOREAN_FIGURES: Final = frozenset("공영일이삼사오육륙칠팔구")
# Said once, it stands for two more figures than one.
_TRIPLE: Final = frozenset(("triple", "treble"))
# A letter before a row, also as it is said on the telephone, is one of it.
_LETTER_BEFORE: Final = re.compile(
    r"(?<![^\W_])(?:(?-i:[A-Z])|alph?a|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliett?|kilo|lima|mike|november|oscar|papa|quebec|romeo"
    r"|sierra|tango|uniform|victor|whiske?y|x-?ray|yankee|zulu)[ \-,]{1,3}$",
    re.I,
)
_LONGEST_LETTER: Final = 12
_HARMLESS_PAIR: Final = Shape(r"(?:first|second|third) one|one (?:first|second)", re.I)

# Thai is written without spaces between words.
_THAI_PART: Final = folded(r"(?:ศูนย์|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|สิบ|ยี่|เอ็ด|ร้อย|พัน|หมื่น)")
_THAI_RUN: Final = Shape(rf"{_THAI_PART}(?:[^\w\x02\u200b]{{0,2}}{_THAI_PART})+")
_THAI_ROW: Final = Shape(rf"{_THAI_PART}(?:[^\w\x02\u200b]{{0,2}}{_THAI_PART}){{{_ROW - 1},}}")
# Japanese figures as they sound, in either writing of sounds.
_KANA: Final = "ぜろ|れい|まる|いち|に|さん|よん|し|ご|ろく|なな|しち|はち|きゅう|く|じゅう"
_KANA_PART: Final = f"(?:{_KANA}|{_KANA.translate({code: code + 0x60 for code in range(0x3041, 0x3097)})})"
_KANA_RUN: Final = Shape(rf"{_KANA_PART}(?:[^\w\x02]{{0,2}}{_KANA_PART}){{3,}}")
_KANA_ROW: Final = Shape(rf"{_KANA_PART}(?:[^\w\x02]{{0,2}}{_KANA_PART}){{{_ROW - 1},}}")
_THAI_MONTHS: Final = "<months>"


def _filled(pattern: str) -> str:
    months = "|".join(sorted((folded(name) for name in month_names() if "ก" <= name[0] <= "ฮ"), key=len, reverse=True))
    return pattern.replace(_THAI_MONTHS, months)


_THAI_DATE: Final = Shape(
    rf"(?:{_THAI_PART}[ ]?){{1,4}}(?:{_THAI_MONTHS})(?:\s?[พค]\.?ศ\.?|\s?{folded('ปี')})?\s?(?:(?:{_THAI_PART}[ ]?)*|\d{{2,4}})",
    filled=_filled,
)


@dataclass(frozen=True)
class _Word:
    """What a word can be: by language, how much speaks for a number (0 for what only joins)."""

    start: int
    end: int
    weights: Mapping[str, float]
    is_month: bool = False
    is_figure: bool = False


def _plain(word: str) -> str:
    word = word.lower().replace("ß", "ss").replace("ı", "i").replace("ł", "l")
    word = "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", word).translate(str.maketrans("ةىأإآ", "هيااا"))


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, tuple[frozenset[str], frozenset[str]]], frozenset[str], frozenset[str]]:
    parts = {
        language: (frozenset(map(_plain, words.split())), frozenset(map(_plain, ENDINGS.get(language, "").split())))
        for language, words in PARTS.items()
    }
    months = frozenset(_plain(re.split(r"[\s.]", name)[0]) for name in month_names())
    begins = frozenset(part[:2] for stems, _ in parts.values() for part in stems if len(part) > 1)
    return parts, frozenset(month for month in months if len(month) > 2), begins


def _count(word: str, language: str) -> float:
    """How much speaks for `word` being a number in a language; 0 when it is none."""
    stems, endings = _lexicon()[0][language]
    if language == "ar" and word not in stems:
        word = next((word[len(head) :] for head in ("وال", "ال", "و") if word.startswith(head) and len(word) > len(head) + 2), word)
    joins = ("und",) if language == "de" else ("en",) if language == "nl" else ()
    most = len(word)
    counted: list[int | None] = [0] + [None] * most
    for at in range(most):
        here = counted[at]
        if here is None:
            continue
        for end in range(at + 1, min(most, at + 13) + 1):
            piece = word[at:end]
            if piece in stems:
                more = 1
            elif at and (piece in joins or (end == most and piece in endings)):
                more = 0
            else:
                continue
            if counted[end] is None or here + more < (counted[end] or 0):
                counted[end] = here + more
    parts = counted[most] or 0
    if language == "ko":
        return most / 2 if parts else 0
    if parts >= _ROW and language not in _IN_ONE_PIECE:
        return parts
    return 2 if parts >= 3 else float(bool(parts))


@remembered(4096)
def _read(typed: str) -> tuple[Mapping[str, float], bool]:
    """The languages in which a word is a number or joins one, and whether it names a month."""
    word = _plain(typed)
    if len(word) > _LONGEST:
        return {}, False
    _, months, begins = _lexicon()
    found = {language: 0.0 for language, joins in JOINS.items() if word in joins.split()}
    if word[:2] in begins or word[:1] in "وا" or "\uac00" <= word[:1] <= "\ud7a3":
        for language in PARTS:
            weight = _count(word, language)
            if weight:
                found[language] = 0.0 if word in _WEAK else weight
    elif word in _WEAK:
        found = {**dict.fromkeys(PARTS, 0.0), **found}
    return found, word in months


def _has_number_words(view: str) -> bool:
    return any(any(_read(word)[0].values()) for word in _WORD.findall(view) if not word[0].isdigit())


def _words(view: str) -> Iterator[_Word]:
    for match in _WORD.finditer(view):
        if match.group()[0].isdigit():
            if len(match.group()) <= 6:
                yield _Word(*match.span(), {}, is_figure=True)
            continue
        weights, is_month = _read(match.group())
        if weights or is_month:
            yield _Word(*match.span(), weights, is_month)


def _runs(view: str) -> Iterator[list[_Word]]:
    """Words that stand side by side and can be of one language."""
    run: list[_Word] = []
    languages: frozenset[str] = frozenset(PARTS)
    for word in _words(view):
        shared = languages & set(word.weights) if word.weights and not word.is_month else languages
        apart = run and not _GAP.fullmatch(view[run[-1].end : word.start])
        if run and (apart or not shared):
            kept = len(run)
            # A month or figure before a word of another language belongs to that word.
            while not apart and kept and (run[kept - 1].is_month or run[kept - 1].is_figure):
                kept -= 1
            if kept:
                yield run[:kept]
            run, shared = run[kept:], frozenset(word.weights) if word.weights and not word.is_month else frozenset(PARTS)
        run.append(word)
        languages = shared
    if run:
        yield run


def spoken(view: str, expects: str | None, inventory: Inventory) -> Iterator[tuple[Span, str]]:
    """Where dates and numbers stand in words, in a view of which `inventory` was made, and whether it is a DATE or a NUMBER.

    While a question is open, two number words side by side are one, and so is one beside a month; otherwise only a day, month
    and year together.
    """
    yield from _thai(view, expects, inventory)
    for match in inventory.found(_KANA_RUN if expects else _KANA_ROW, view):
        yield match.span(), "DATE" if expects == "birth_date" else "NUMBER"
    for run in _runs(view) if _has_number_words(view) else ():
        while run and _only_joins(view, run[0]):
            run = run[1:]
        while run and _only_joins(view, run[-1]):
            run = run[:-1]
        if not run:
            continue
        words = [word for word in run if not word.is_figure and not word.is_month]
        shared = frozenset(PARTS).intersection(*(word.weights for word in words)) if words else frozenset()
        weight = max((sum(word.weights[language] for word in words) for language in shared), default=0)
        has_month, figures = any(word.is_month for word in run), sum(word.is_figure for word in run)
        span = run[0].start, run[-1].end
        if not weight:
            continue
        if has_month and (weight + figures >= 3 or (expects == "birth_date" and weight + figures >= 1)):
            yield span, "DATE"
        elif expects and (weight >= 2 or _korean_figures(view, words) >= _KOREAN_ROW) and not _means_something_else(view, *span, weight):
            yield span, "DATE" if expects == "birth_date" else "NUMBER"
        elif not expects and weight >= _ROW // 2 and not COUNTED.pattern.match(view, span[1]):
            letter = _LETTER_BEFORE.search(view, max(0, span[0] - _LONGEST_LETTER), span[0])
            if _is_row(view, run, words, weight + (letter is not None)):
                yield (letter.start() if letter else span[0], span[1]), "NUMBER"


def _korean_figures(view: str, words: list[_Word]) -> int:
    said = "".join(view[word.start : word.end] for word in words)
    return len(said) + bool(set(said) & {"공", "영"}) if said and _KOREAN_FIGURES.issuperset(said) else 0


def _is_row(view: str, run: list[_Word], words: list[_Word], weight: float) -> bool:
    if _korean_figures(view, words) >= _ROW:
        return True
    if any("가" <= view[word.start] <= "힣" for word in words) or _HARMLESS_PAIR.pattern.search(view, run[0].start, run[-1].end):
        return False
    # "Uno", "een" and "oh" are figures in a row of them.
    articles = sum(view[word.start : word.end].lower() in _ARTICLES for word in words)
    figures = sum(word.end - word.start for word in run if word.is_figure)
    figures += sum(view[word.start : word.end].lower() in _TRIPLE for word in words)
    return weight >= _ROW // 2 and weight + articles + figures >= _ROW


def _means_something_else(view: str, start: int, end: int, weight: float) -> bool:
    return _HARMLESS_PAIR.pattern.fullmatch(view[start:end]) is not None or (weight <= 2 and COUNTED.pattern.match(view, end) is not None)


def _only_joins(view: str, word: _Word) -> bool:
    if word.is_month or word.is_figure or any(word.weights.values()):
        return False
    return view[word.start : word.end].lower() not in _ARTICLES


def _thai(view: str, expects: str | None, inventory: Inventory) -> Iterator[tuple[Span, str]]:
    taken = 0
    for match in inventory.found(_THAI_DATE, view):
        yield match.span(), "DATE"
        taken = match.end()
    for match in inventory.found(_THAI_RUN if expects else _THAI_ROW, view, taken):
        yield match.span(), "DATE" if expects == "birth_date" else "NUMBER"
