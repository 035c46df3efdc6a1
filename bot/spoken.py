"""Which tongue a message is in: by its script, then by words people use here, then by the conversation, and last by an identifier."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import exp
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.data_file import read_mapping
from bot.errors import DataError
from bot.foreign_languages import Foreign, foreign_languages, shown_by, with_letters
from bot.languages import DEFAULT, TONGUES, TRADITIONAL, Tongue
from bot.traditional import is_traditional

_ROOT: Final = Path(__file__).parent.parent
_TONGUES_FILE: Final = _ROOT / "data" / "tongues.yml"
_TEXTS: Final = Path(__file__).parent / "i18n"

_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_TOKEN: Final = re.compile(r"<[A-Z]+:\d+>")
_ADDRESS: Final = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_CODE: Final = re.compile(r"[A-Za-z-]*\d[A-Za-z\d-]*")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_ONE_WORD: Final = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}(?:['’-][A-Za-z]+)*")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")

# Scripts of one tongue of ours each, and those of languages that the encoder does not know.
_SCRIPTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("ar", re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")),
    ("ru", re.compile(r"[\u0400-\u052f]")),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("pa", re.compile(r"[\u0a00-\u0a7f]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
    ("te", re.compile(r"[\u0c00-\u0c7f]")),
    ("si", re.compile(r"[\u0d80-\u0dff]")),
    ("lo", re.compile(r"[\u0e80-\u0eff]")),
    ("my", re.compile(r"[\u1000-\u109f]")),
    ("ka", re.compile(r"[\u10a0-\u10ff]")),
    ("hy", re.compile(r"[\u0530-\u058f]")),
    ("am", re.compile(r"[\u1200-\u137f]")),
    ("km", re.compile(r"[\u1780-\u17ff]")),
)
# Letters that Arabic and Russian do not have, and whose they are.
_NEIGHBOURS: Final[Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    "ar": (("ur", re.compile(r"[ٹڈڑےں]")), ("fa", re.compile(r"[پچژگ]"))),
    "ru": (
        ("uk", re.compile(r"[іїєґ]", re.I)),
        ("kk", re.compile(r"[әғқңұһ]", re.I)),
        ("mn", re.compile(r"[өү]", re.I)),
        ("be", re.compile(r"ў", re.I)),
        ("sr", re.compile(r"[ђћљњџј]", re.I)),
    ),
}
# Characters that only Japanese writes this way.
_JAPANESE: Final = re.compile(r"[続経険検転発価変駅帯観歳営雑関単戦図団対広実県効拡毎気済働込処歴収権様労帰択沢届]")
# Characters that no Japanese writes: words of Chinese grammar, and forms that only simplified Chinese has.
_CHINESE: Final = re.compile(
    r"[我你您她它吗嗎呢吧啊哦嗯们們这這那哪么麼没沒还谢謝办辦谁怎给咋许证请过时间长书东车马门问见说话该业务护签续预约费资账岗历"
    r"体员职换变终类递况银险图经馆认]"
)
_KANA: Final = re.compile(r"[\u3041-\u306d\u306f-\u3096]")
_DAY: Final = re.compile(r"\d{1,4}\s*[年月日号號]")
# Vietnamese shows itself by letters that nobody else has.
_VIETNAMESE: Final = re.compile(r"[ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.I)

_WORD_OF_ITS_OWN: Final = 1.0
_LETTER_OF_ITS_OWN: Final = 1.2
# A tongue leads when it has this much more to show for itself than the next one.
_LEAD: Final = 0.45
# English is what people fall back on, and what others mix into their own; it needs no less.
_FEWEST_WORDS: Final = 4
_STRANGE_BELOW: Final = 0.34
_CERTAIN: Final = 0.995


def tongue_of(text: str, otherwise: Tongue = DEFAULT) -> Tongue:
    """The tongue to answer `text` in.

    Chinese when the Chinese characters weigh at least as much as the Latin words (a Chinese sentence with a few English words
    stays Chinese, an English sentence that names 工签 stays English). A number, a code, a place or a word that several share says
    nothing: it gives `otherwise`, the tongue of the conversation so far. So does a language that we do not know.
    """
    if foreign(text) is not None:
        return otherwise
    found = _found(text, otherwise)
    return found if found is not None else otherwise


def foreign(text: str) -> Foreign | None:
    """The language of `text` if it is one that the encoder does not know, which is said only when it is certain."""
    plain = _plain(text)
    for code, script in _SCRIPTS:
        if script.search(plain):
            others = (name for name, letters in _NEIGHBOURS.get(code, ()) if letters.search(plain))
            code = next(others, code)
            share = sum(map(len, script.findall(plain))) / max(1, sum(char.isalpha() for char in plain))
            return foreign_languages().get(code) if code not in TONGUES and share >= 0.5 else None
    words = [word.lower() for word in _LATIN.findall(plain)]
    if _HAN.search(plain):
        return None
    known = _words()
    vietnamese = len(_VIETNAMESE.findall(plain))
    if vietnamese >= 2 or (vietnamese and not any(word in known for word in words)):
        return foreign_languages().get("vi")
    shown = shown_by(words, known)
    if len(shown) == 1:
        return shown[0]
    # What shows several, or nothing but a letter, is looked at more closely; a name alone shows nothing.
    named_only = not any(word.islower() for word in _LATIN.findall(plain)[1:])
    maybe = shown or (() if named_only or any(word in known for word in words) else with_letters(words))
    if maybe:
        name, _ = _identified(" ".join(words))
        return next((language for language in maybe if name in language.codes), shown[0] if shown else None)
    if len(words) < _FEWEST_WORDS:
        return None
    if max(_shares(words, known).values(), default=0.0) >= _STRANGE_BELOW:
        return None
    name, certainty = _identified(" ".join(words))
    return foreign_languages().get(name) if certainty >= _CERTAIN and name not in TONGUES else None


def foreign_by_code(code: str | None) -> Foreign | None:
    """The language of this code, if it is one that the encoder does not know."""
    return None if code is None else foreign_languages().get(code)


def _found(text: str, otherwise: Tongue) -> Tongue | None:
    # A date says nothing about who wrote it.
    plain = _plain(_DAY.sub(" ", text))
    han, words = len(_HAN.findall(plain)), _LATIN.findall(plain)
    for tongue, script in _SCRIPTS:
        count = len(script.findall(plain))
        # A Japanese sentence is full of Chinese characters; a name in Greek letters within an English one is no Greek.
        if count and (count >= 2 or not (han or words)) and count * 2 >= len(words):
            if tongue not in TONGUES or any(letters.search(plain) for _, letters in _NEIGHBOURS.get(tongue, ())):
                return None
            return tongue  # type: ignore[return-value]
    if han:
        if han < 1.5 * len(_ONE_WORD.findall(plain)):
            return _latin(words, otherwise) or DEFAULT
        # The の stands on Chinese signs, too.
        if _JAPANESE.search(plain) or _KANA.search(plain) or (otherwise == "ja" and not _CHINESE.search(plain)):
            return "ja"
        return TRADITIONAL if is_traditional(plain, otherwise == TRADITIONAL) else "zh"
    return _latin(words, otherwise) if words else None


def _latin(words: list[str], otherwise: Tongue) -> Tongue | None:
    lower = [word.lower() for word in words]
    if not any(len(word) > 1 for word in lower):
        return None
    known, signs, score = _words(), _letters(), defaultdict[Tongue, float](float)
    if not any(word in known for word in lower) and with_letters(lower):
        return None
    for word in lower:
        tongues = known.get(word, ())
        for tongue in tongues:
            score[tongue] += _WORD_OF_ITS_OWN / len(tongues) ** 1.5
        for letter in set(word) & signs.keys():
            for tongue in signs[letter]:
                score[tongue] += _LETTER_OF_ITS_OWN / len(signs[letter]) ** 1.5
    ranked = sorted(((value, tongue) for tongue, value in score.items()), reverse=True)
    best, first = ranked[0] if ranked else (0.0, DEFAULT)
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    if len(lower) == 1 and first == DEFAULT:
        # One English word says nothing: everybody uses some.
        return None
    if best - second >= _LEAD:
        return first
    # What says too little may be a word in the language of the conversation.
    if otherwise in score and score[otherwise] >= best - _LEAD:
        return otherwise
    if len(lower) < _FEWEST_WORDS:
        return None
    name, certainty = _identified(" ".join(lower))
    return next((tongue for tongue in TONGUES if tongue == name and certainty >= _CERTAIN), first if best else None)


def _shares(words: list[str], known: Mapping[str, tuple[Tongue, ...]]) -> Mapping[Tongue, float]:
    """For each tongue, which part of the words it knows."""
    counts = defaultdict[Tongue, int](int)
    for word in words:
        for tongue in known.get(word, ()):
            counts[tongue] += 1
    return {tongue: count / len(words) for tongue, count in counts.items()}


def _plain(text: str) -> str:
    return _CODE.sub(" ", _ADDRESS.sub(" ", _TOKEN.sub(" ", unicodedata.normalize("NFKC", text))))


def _without_accents(word: str) -> str:
    return (
        "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char)).replace("ı", "i").replace("ł", "l")
    )


@lru_cache(maxsize=1)
def _words() -> Mapping[str, tuple[Tongue, ...]]:
    """Which tongues a word belongs to: those of `data/tongues.yml`, and what the window says in each."""
    tongues = defaultdict[str, set[Tongue]](set)
    listed = read_mapping(_TONGUES_FILE).get("words") or {}
    for name, words in listed.items():
        tongue = next((known for known in TONGUES if known == name), None)
        if tongue is None or not isinstance(words, str):
            raise DataError(_TONGUES_FILE.name, str(name), "words", "must be words of one of our tongues")
        for word in words.split():
            tongues[word.lower()].add(tongue)
            tongues[_without_accents(word.lower())].add(tongue)
    mine = {word: set(found) for word, found in tongues.items()}
    for tongue in (tongue for tongue in TONGUES if tongue in listed):
        for file in (_TEXTS / "widget" / f"{tongue}.json", _TEXTS / "applicant" / f"{tongue}.json"):
            for text in _texts(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else ():
                for word in _LATIN.findall(_PLACEHOLDER.sub(" ", text).lower()):
                    # A word that people say in one tongue is not taken from it by a name in the window of another.
                    if len(word) > 2 and word not in mine:
                        tongues[word].add(tongue)
                        tongues[_without_accents(word)].add(tongue)
    return MappingProxyType({word: tuple(sorted(found)) for word, found in tongues.items()})


@lru_cache(maxsize=1)
def _letters() -> Mapping[str, tuple[Tongue, ...]]:
    listed = read_mapping(_TONGUES_FILE).get("letters") or {}
    if any(tongue not in TONGUES for tongues in listed.values() for tongue in tongues):
        raise DataError(_TONGUES_FILE.name, "letters", "tongues", "must be tongues of ours")
    return MappingProxyType({str(letter): tuple(tongues) for letter, tongues in listed.items()})


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for each in tree.values():
            yield from _texts(each)


def _identified(text: str) -> tuple[str, float]:
    """What a general identifier says, and how certain it is that the text is none of our tongues or, if it is, just this one.

    Its memory is spent only when somebody needs it.
    """
    ranked = [(str(name), float(score)) for name, score in _identifier().rank(text)]
    first, best = ranked[0]
    likely = [(name, exp(score - best)) for name, score in ranked if best - score < 50]
    rivals = sum(weight for name, weight in likely if name != first and (name in TONGUES or first in TONGUES))
    return first, 1.0 - rivals / sum(weight for _, weight in likely)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_pickled_model(MODEL_FILE)
