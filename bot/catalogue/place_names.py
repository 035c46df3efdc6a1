"""How a place is called: folding of text, and every spelling under which a name of the list may be typed."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from bot import traditional

READINGS: Final = Path(__file__).parent / "data" / "readings.json"

_APOSTROPHE: Final = re.compile(r"['’‘`´]")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
HAN: Final = re.compile(r"[\u3400-\u9fff]+")
_BRACKETED: Final = re.compile(r"[（(]([^（）()]*)[）)]")
_SHENZHEN_KEPT: Final = re.compile(
    r"shenzhen (?:bay|(?:north |east )?railway|north|east|university$|university yuehai|museum|library|reservoir|world)"
)
_STATION_WORDS: Final = ("station", "metro station", "metro", "subway", "subway station", "mtr", "mtr station")
_PORT_WORDS: Final = ("port", "checkpoint", "border", "crossing", "control point", "border crossing", "kouan", "custom", "customs")
_PORT_TAIL: Final = re.compile(r" (?:port|checkpoint)$")
_CENTER: Final = re.compile(r"\bcenter\b")
_NORTH: Final = re.compile(r"^(\w+) north$")
_HILL_PARK: Final = re.compile(r"(?<=..[山湖河])(?:森林|郊野)?公园$")
_OF_DISTRICT: Final = re.compile(r"^(福田|罗湖|南山|盐田|宝安|龙岗|龙华|坪山|光明)区(?=..)")
# How the last part of a Chinese name is put into English by people who take the rest of it in pinyin; longer ones first.
_ENGLISH_TAILS: Final = (
    ("人民医院", ("peoples hospital", "hospital")),
    ("中心医院", ("central hospital", "hospital")),
    ("森林公园", ("forest park", "park")),
    ("郊野公园", ("country park", "park")),
    ("工业区", ("industrial zone", "industrial area", "industrial park")),
    ("工业园", ("industrial park",)),
    ("产业园", ("industrial park",)),
    ("科技园", ("technology park", "tech park", "science park")),
    ("汽车站", ("bus station", "coach station", "bus terminal")),
    ("高铁站", ("high speed railway station", "railway station", "train station")),
    ("火车站", ("railway station", "train station")),
    ("医院", ("hospital",)),
    ("公园", ("park",)),
    ("大学", ("university",)),
    ("学院", ("college", "institute")),
    ("中学", ("middle school", "high school", "secondary school")),
    ("学校", ("school",)),
    ("广场", ("plaza", "square")),
    ("大厦", ("building", "tower", "mansion")),
    ("中心", ("center", "centre")),
    ("花园", ("garden", "gardens")),
    ("水库", ("reservoir",)),
    ("沙滩", ("beach",)),
    ("海滩", ("beach",)),
    ("古城", ("ancient city", "ancient town", "old town")),
    ("口岸", ("port", "checkpoint", "border")),
    ("码头", ("ferry terminal", "ferry", "pier", "wharf")),
    ("大道", ("avenue", "ave", "boulevard", "road", "dadao")),
    ("新村", ("new village",)),
    ("东路", ("east road", "road east", "dong lu")),
    ("南路", ("south road", "road south", "nan lu")),
    ("西路", ("west road", "road west", "xi lu")),
    ("北路", ("north road", "road north", "bei lu")),
    ("中路", ("middle road", "central road", "zhong lu")),
    ("路", ("road", "rd", "street", "lu")),
    ("村", ("village", "cun")),
    ("山", ("mountain", "hill", "shan")),
    ("湖", ("lake", "hu")),
    ("河", ("river",)),
)


def fold(text: str) -> str:
    """Latin text as lower-case words: no accents, no apostrophes, one space between."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text))
    plain = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return _NOT_WORD.sub(" ", _APOSTROPHE.sub("", plain.replace("&", " and "))).strip()


def simplified(text: str) -> str:
    """Chinese in simplified characters, full-width forms made plain; length and order are kept."""
    return traditional.simplified(unicodedata.normalize("NFKC", text))


def fold_chinese(text: str) -> str:
    """Simplified, lower case, without blanks and marks that people put between characters."""
    return re.sub(r"[\s·•・,，。.、;；:：!！?？()（）\-]+", "", simplified(text).lower())


def pinyin(text: str) -> tuple[str, ...]:
    """The syllables of a Chinese text, without tones."""
    known = _readings().get(text)
    return spoken(text) if known is None else tuple(known.split())


@cache
def _readings() -> dict[str, str]:
    """The syllables of the names of places, so that a process which reads nothing else needs no tables; `make readings` writes them."""
    found: dict[str, str] = json.loads(READINGS.read_text(encoding="utf-8")) if READINGS.exists() else {}
    return found


def spoken(text: str) -> tuple[str, ...]:
    """The same from the tables of a whole dictionary."""
    return tuple(syllable.replace("ü", "v") for syllable in _pronounce()(text))


@cache
def _pronounce() -> Callable[[str], list[str]]:
    # Its tables take 30 MB, which only a process that listens for places should spend. Its own way to read them takes 60: each of
    # 47,000 phrases would have lists of its own for syllables that are a thousand in all.
    os.environ["PYPINYIN_NO_PHRASES"] = "1"
    os.environ["PYPINYIN_NO_DICT_COPY"] = "1"
    import pypinyin

    read: dict[str, list[list[str]]] = json.loads(Path(pypinyin.__file__).with_name("phrases_dict.json").read_text(encoding="utf-8"))
    syllables: dict[tuple[str, ...], list[str]] = {}
    # A new text for each phrase, so that nothing of what was read stays among what is freed.
    pypinyin.load_phrases_dict(
        {
            phrase.encode().decode(): [syllables.setdefault(tuple(ways), [way.encode().decode() for way in ways]) for ways in each]
            for phrase, each in read.items()
        }
    )
    found: Callable[[str], list[str]] = pypinyin.lazy_pinyin
    return found


def english_of_chinese(name: str) -> set[str]:
    """Folded English for a Chinese name whose last parts are kinds of places: `bijia mountain park` for 笔架山公园."""
    for tail, words in _ENGLISH_TAILS:
        stem = name.removesuffix(tail)
        if stem == name or len(stem) < 2 or stem in ("深圳", "深圳市") or not HAN.fullmatch(stem):
            continue
        before = {" ".join(pinyin(stem))} | english_of_chinese(stem)
        return {f"{one} {word}" for one in before for word in words}
    return set()


def _pieces(name: str) -> Iterator[str]:
    """`A / B (C)` as A and B, and C where it is a short form in capitals; other brackets only say where it is."""
    inside = [piece for piece in _BRACKETED.findall(name) if piece.isupper() and piece.isalpha()]
    bare = _BRACKETED.sub(" ", name)
    for piece in [bare, *bare.split("/"), bare.split(",")[0], *inside]:
        if piece.strip():
            yield piece.strip()


def english_names(kind: str, name: str) -> set[str]:
    """Folded English spellings of a name in the list."""
    if kind == "metro":
        name = re.sub(r"\s*\((?:Line[^)]*|Futian Bonded Area)\)", "", name)
    names = {fold(piece) for piece in _pieces(name)}
    if kind == "district":
        base = {re.sub(r" (?:new )?district$", "", one) for one in names}
        names = {form for one in base for form in (one, f"{one} district", f"{one} new district", f"{one} qu", f"{one} area")}
    elif kind == "subdistrict":
        base = {re.sub(r" (?:sub district|town)$", "", one) for one in names}
        names = {
            f
            for one in base
            for f in (
                one,
                f"{one} sub district",
                f"{one} subdistrict",
                f"{one} street office",
                f"{one} subdistrict office",
                f"{one} jiedao",
                f"{one} street",
                f"{one} town",
            )
        }
    for one in list(names):
        if one.startswith("shenzhen ") and not _SHENZHEN_KEPT.match(one):
            names.add(one.removeprefix("shenzhen "))
        tail = _PORT_TAIL.search(one)
        if tail and kind in ("metro", "landmark"):
            names |= {f"{one[: tail.start()]} {word}" for word in _PORT_WORDS}
            names |= {f"{word} {one[: tail.start()]}" for word in ("port of", "puerto de", "puerto")}
    if kind == "metro":
        base = {one.removesuffix(" railway station").removesuffix(" station") for one in names}
        names |= base | {f"{one} {word}" for one in base for word in _STATION_WORDS}
        names |= {f"{north.group(1)} bei" for one in base if (north := _NORTH.match(one))}
    names |= {_CENTER.sub("centre", one) for one in names}
    return {one for one in names if len(one.replace(" ", "")) >= 3}


def chinese_names(kind: str, name: str) -> set[str]:
    """Simplified Chinese spellings of a name in the list."""
    bare = _BRACKETED.sub("", name)
    names = {fold_chinese(piece) for piece in (bare, *bare.split("/"))}
    if kind == "district":
        names |= {re.sub("(?:新区|特别合作区|区)$", "", one) for one in names}
    elif kind == "subdistrict":
        base = {re.sub("(?:街道|镇)$", "", one) for one in names}
        names |= base | {f"{one}街道办" for one in base} | {f"{one}镇" for one in base}
    elif kind == "metro":
        names |= {f"{one}{tail}" for one in names for tail in ("站", "地铁站", "地铁口")}
    else:
        names |= {one.removeprefix("深圳") for one in names if len(one) >= 7 and not one.startswith(("深圳湾", "深圳大学"))}
        names |= {one.removeprefix("市") for one in names if len(one) >= 6}
        names |= {one.removesuffix("酒店") for one in names if len(one) >= 5}
        names |= {_HILL_PARK.sub("", one) for one in names} | {_OF_DISTRICT.sub(r"\1", one) for one in names}
    return {one for one in names if len(one) >= 2}
