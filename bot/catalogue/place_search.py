"""Finds the names of places in a sentence: exact, in pinyin, with small typing errors, in either script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from rapidfuzz.distance import OSA

from bot.catalogue.place_names import HAN, english_of_chinese, fold, pinyin, simplified

T = TypeVar("T")

_TOKEN: Final = re.compile(r"[^\W_]+(?:['’`][^\W_]+)*|&")
# Words in the scripts of Russian, Korean and Arabic, with the apostrophe and the hyphen that transcriptions have.
_OTHER_SCRIPT: Final = re.compile(r"[\u0400-\u04ff\uac00-\ud7a3\u0621-\u064a]+(?:['’-][\u0400-\u04ff\uac00-\ud7a3]+)*")
# "and", "in", "to" and the article are written together with an Arabic name.
_ARABIC_PREFIX: Final = re.compile(r"^[وف]?[بلك]?(?:ال)?(?=.{4})")
# Thai and Japanese put no blanks between words.
_RUN_ON_SCRIPT: Final = re.compile(r"[\u0e00-\u0e7f]+|[\u3040-\u30ff]+")
# What people leave out or exchange when they write a foreign name by ear: marks of vowels and tones, and letters that sound alike.
_MARKS: Final = re.compile("['’\\u0640\\u064b-\\u0652\\u0670\\u0e47-\\u0e4e-]")
_LETTERS: Final = str.maketrans({"ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ى": "ي"})
_LONGEST_ENDING: Final = 4
_KIND_OF_PLACE: Final = re.compile(
    r"(?:hospital|center|centre|park|village|tower|building|mansion|plaza|square|garden|hotel|college|school|university|road|lake|hill|mountain|beach|mall)$"
)
_LONGEST_WORDS: Final = 7
_LONGEST_CHARACTERS: Final = 16
_SHORTEST_FUZZY: Final = 5
_LONGEST_TEXT: Final = 600

_BEFORE: Final = frozenset(
    {
        "in",
        "at",
        "near",
        "to",
        "from",
        "around",
        "live",
        "living",
        "lives",
        "stay",
        "staying",
        "work",
        "working",
        "nearest",
        "closest",
        "by",
        "of",
        "beside",
        "opposite",
        "next",
        "inside",
        "behind",
        "office",
        "home",
        "based",
        "located",
        "arrive",
        "arrived",
        "area",
        "zai",
        "qu",
        "dao",
        "zhu",
        "bezirk",
        "nahe",
        "von",
        "en",
        "de",
        "distrito",
        "cerca",
    }
)
_AFTER: Final = frozenset(
    {
        "station",
        "metro",
        "subway",
        "district",
        "area",
        "port",
        "checkpoint",
        "campus",
        "exit",
        "zhan",
        "fujin",
        "neighborhood",
        "neighbourhood",
        "side",
        "branch",
        "hospital",
        "library",
        "stadium",
        "plaza",
        "mall",
        "hotel",
        "building",
        "tower",
        "garden",
        "park",
        "village",
        "bezirk",
        "railway",
        "train",
        "sports",
    }
)
_ROAD: Final = frozenset(
    {"road", "rd", "avenue", "ave", "street", "st", "lu", "dadao", "dajie", "boulevard", "blvd", "highway", "expressway"}
)
_SCHOOLING: Final = frozenset(
    {
        "graduate",
        "graduated",
        "graduating",
        "degree",
        "diploma",
        "studied",
        "alumni",
        "alumnus",
        "master",
        "masters",
        "bachelor",
        "bachelors",
        "phd",
        "doctorate",
    }
)
# Two words with one of these between or beside are no name that somebody has mistyped: "has an", "left for", "how long I".
_LITTLE_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be but by can for from had has he her how i if in is it its me my no not of on one or our she so the then"
        " they to us was we will with you your de du di da des et en el la las le les los un una une que por con ist im am zu ik je te"
        " ich meinen meine mein habe haben",
    )
)
_STOPS: Final = frozenset(",;:.(-–，；：。（")
_LINKS: Final = frozenset({"of", "the", "and"})
_ARTICLES: Final = frozenset({"the", "shenzhen", "sz", "my"})
_BEFORE_ZH: Final = re.compile(r"(?:住|在|去|到|离|近|从|于|靠|往|回|来)(?:深圳市?|了)?$|(?:福田|罗湖|南山|盐田|宝安|龙岗|龙华|坪山)区?$")
_BEFORE_TAIL_ZH: Final = re.compile(
    r"(?:住|在|去|到|离|近|从|于|靠|往|回|来|是|的|了|和|跟|与|及|叫|过|就|[个家间座路道街口号]|深圳市?|(?:福田|罗湖|南山|盐田|宝安|龙岗|龙华|坪山|光明|大鹏|前海|蛇口)区?)$"
)
_AFTER_ZH: Final = re.compile(
    r"(?:[(\s·-]*深圳|站(?!点)|地铁|附近|街道|区|村|这边|那边|周边|旁|边上|口岸|图书馆|体育馆|体育中心|医院|公园|广场|大厦|花园|小区|酒店|百货|商场|老街|大道|上班|工作$|校区|这里|那里|片区|离|的人|有)"
)
_ROAD_ZH: Final = re.compile(r"(?:[东南西北中一二三四五六七八九十]{0,2}路|大道|大街|街(?!道))")
_NOT_STATION_ZH: Final = re.compile(r"站(?:点|岗|长|台)")


@dataclass(frozen=True)
class Mention(Generic[T]):
    """A stretch of the text that names something; `weak` when it names only a road of that name."""

    start: int
    end: int
    targets: tuple[T, ...]
    score: int
    weak: bool


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    capitals: bool


def _plain_script(word: str) -> str:
    return _MARKS.sub("", word.lower()).translate(_LETTERS)


def _name_is_long_enough(spelling: str) -> bool:
    """Whether what stands before the kind of place is long enough that a slip leaves it recognizable: not `tcm hospital`."""
    kind = _KIND_OF_PLACE.search(spelling)
    return kind is None or kind.start() >= _SHORTEST_FUZZY


def _has_little_words(span: Sequence[_Word]) -> bool:
    little = [word.text in _LITTLE_WORDS for word in span]
    # "Window of the World" has some within.
    return len(span) > 1 and (little[0] or little[-1] or any(a and b.text not in _LINKS for a, b in zip(little, span)))


def _mended(word: str) -> str:
    """`shenzhen` for its usual misspellings, any other word unchanged."""
    close = word.startswith(("shen", "shnz", "shez")) and 6 <= len(word) <= 9 and OSA.distance(word, "shenzhen") <= 1
    return "shenzhen" if close else word


class NameIndex(Generic[T]):
    """Every spelling of every name, and the search for them in free text."""

    def __init__(
        self,
        needs_context: Mapping[str, Iterable[str]],
        capitals: Iterable[str],
        not_places: Iterable[str],
        tails: Iterable[str] = (),
    ) -> None:
        self._latin: dict[str, list[T]] = {}
        self._order: dict[str, int] = {}
        self._chinese: dict[str, list[T]] = {}
        # By the first two characters of names, how long the longest is.
        self._longest: dict[str, int] = {}
        self._sounds: dict[tuple[str, ...], list[T]] = {}
        self._stems: dict[str, T] = {}
        self._run_on: dict[str, T] = {}
        # Spellings by first letter, length and number of words; 1 holds all, for a typed word may stand for several.
        self._by_shape: dict[tuple[str, int, int], list[str]] = {}
        self._context = {fold(name).replace(" ", "") for name in needs_context.get("en", ())}
        self._context_zh = set(needs_context.get("zh", ()))
        self._tails_zh = set(tails)
        self._context |= {"".join(pinyin(name)) for name in self._context_zh}
        self._capitals, self._not_places = set(capitals), {fold(name).replace(" ", "") for name in not_places}

    def add_latin(self, name: str, target: T, fuzzy: bool = True) -> None:
        """One folded Latin spelling; typing errors in it are forgiven only if `fuzzy`."""
        key = name.replace(" ", "")
        targets = self._latin.setdefault(key, [])
        self._order.setdefault(key, len(self._order))
        if fuzzy and len(key) >= _SHORTEST_FUZZY and _name_is_long_enough(key):
            for words in {1, name.count(" ") + 1}:
                shape = self._by_shape.setdefault((key[0], len(key), words), [])
                if key not in shape:
                    shape.append(key)
        if target not in targets:
            targets.append(target)

    def add_chinese(self, name: str, target: T, fuzzy: bool = True) -> None:
        """One simplified Chinese spelling, and with it its pinyin."""
        targets = self._chinese.setdefault(name, [])
        self._longest[name[:2]] = max(self._longest.get(name[:2], 0), len(name))
        if target not in targets:
            targets.append(target)
        if not all(HAN.fullmatch(char) for char in name):
            return
        syllables = pinyin(name)
        if len(syllables) >= 3:
            heard = self._sounds.setdefault(syllables, [])
            if target not in heard:
                heard.append(target)
        self.add_latin(" ".join(syllables), target, fuzzy)
        for words in english_of_chinese(name):
            self.add_latin(words, target, fuzzy)

    def add_stem(self, stem: str, target: T) -> None:
        """The name in Thai or kana, or its beginning in Cyrillic, Korean or Arabic letters, which endings and particles follow."""
        known = self._run_on if _RUN_ON_SCRIPT.fullmatch(stem) else self._stems
        known.setdefault(_plain_script(stem), target)

    def mentions(self, text: str, by_ear: bool = True) -> list[Mention[T]]:
        """Names in the text, without overlaps, in the order they stand there; `by_ear` those, too, that only sound like one."""
        plain = simplified(text[:_LONGEST_TEXT])
        found = [*self._in_latin(plain), *self._in_chinese(plain, by_ear), *self._in_other_scripts(plain)]
        taken: list[Mention[T]] = []
        for mention in sorted(found, key=lambda m: (-(m.score >= 95), -(m.end - m.start), -m.score, m.start)):
            if all(mention.end <= other.start or mention.start >= other.end for other in taken):
                taken.append(mention)
        return sorted(taken, key=lambda mention: mention.start)

    def _in_latin(self, text: str) -> Iterator[Mention[T]]:
        words = [
            _Word(folded, match.start(), match.end(), match.group().isupper())
            for match in _TOKEN.finditer(HAN.sub(lambda han: " " * len(han.group()), text))
            for folded in [_mended(fold(match.group()).replace(" ", ""))]
            if folded
        ]
        covered: set[int] = set()
        for first in range(len(words)):
            for count in range(min(_LONGEST_WORDS, len(words) - first), 0, -1):
                span = words[first : first + count]
                key = "".join(word.text for word in span)
                targets = self._latin.get(key)
                if not targets or not self._allowed(key, words, first, count, text):
                    continue
                weak = self._is_road(words, first + count)
                yield Mention(span[0].start, span[-1].end, tuple(targets), 70 if weak else 100, weak)
                covered.update(range(first, first + count))
                break
        for first in range(len(words)):
            for count in range(min(5, len(words) - first), 0, -1):
                if not covered.isdisjoint(range(first, first + count)):
                    continue
                span = words[first : first + count]
                if _has_little_words(span) or any(word.text.startswith("shenzhen") for word in span):
                    continue
                key = "".join(word.text for word in span)
                near = self._near(key, count)
                if near is None or not self._allowed(near, words, first, count, text):
                    continue
                if (len(near) == _SHORTEST_FUZZY or key.endswith("ing")) and not self._has_cue(words, first, count, text):
                    continue
                weak = self._is_road(words, first + count)
                score = round(100 * (1 - OSA.distance(key, near) / len(near)))
                yield Mention(span[0].start, span[-1].end, tuple(self._latin[near]), min(score, 94), weak)
                break

    def _near(self, key: str, words: int) -> str | None:
        """The one spelling within the allowed number of slips of `key`, or None."""
        if len(key) < _SHORTEST_FUZZY or key in self._not_places or key.isdigit():
            return None
        allowed = 1 if len(key) < 10 else 2
        # Of names that are equally near the one that the list has first, which is the larger place.
        best: tuple[int, int, str] | None = None
        for length in range(len(key) - allowed, len(key) + allowed + 1):
            for candidate in self._by_shape.get((key[0], length, words), ()):
                distance = OSA.distance(key, candidate, score_cutoff=allowed)
                if distance <= allowed:
                    found = distance, self._order[candidate], candidate
                    best = found if best is None else min(best, found)
        return best[2] if best else None

    def _allowed(self, key: str, words: list[_Word], first: int, count: int, text: str) -> bool:
        if key in self._capitals:
            around = words[max(0, first - 1) : first] + words[first + count : first + count + 1]
            alone = len(words) == 1
            return words[first].capitals and (alone or not any(word.text.isdigit() for word in around))
        return key not in self._context or self._has_cue(words, first, count, text)

    @staticmethod
    def _has_cue(words: list[_Word], first: int, count: int, text: str) -> bool:
        """Whether a word of place stands beside the span, or the message is nothing else."""
        before = [word.text for word in words[max(0, first - 3) : first] if word.text not in _ARTICLES]
        if not _SCHOOLING.isdisjoint(before):
            return False
        after = [word.text for word in words[first + count : first + count + 1]]
        only = len(words) - count <= sum(word.text in _ARTICLES for word in words) and not HAN.search(text)
        # "SUSTech, I'm a postdoc": an answer that begins with it.
        opens = all(word.text in _ARTICLES for word in words[:first]) and text[words[first + count - 1].end :].lstrip()[:1] in _STOPS
        return only or opens or bool(before and before[-1] in _BEFORE) or bool(after and after[0] in _AFTER)

    @staticmethod
    def _is_road(words: list[_Word], after: int) -> bool:
        return after < len(words) and (
            words[after].text in _ROAD
            or (after + 1 < len(words) and words[after + 1].text in _ROAD and words[after].text in {"south", "north", "east", "west"})
        )

    def _in_other_scripts(self, text: str) -> Iterator[Mention[T]]:
        for match in _OTHER_SCRIPT.finditer(text):
            whole = _plain_script(match.group())
            for word in dict.fromkeys((whole, _ARABIC_PREFIX.sub("", whole))):
                stems = (word[:length] for length in range(len(word), max(1, len(word) - _LONGEST_ENDING - 1), -1))
                found = next((stem for stem in stems if stem in self._stems), None)
                if found is not None:
                    yield Mention(match.start(), match.end(), (self._stems[found],), 100, False)
                    break
        for match in _RUN_ON_SCRIPT.finditer(text):
            plain = _plain_script(match.group())
            for stem, target in self._run_on.items():
                if stem in plain:
                    yield Mention(match.start(), match.end(), (target,), 100, False)

    def _in_chinese(self, text: str, by_ear: bool) -> Iterator[Mention[T]]:
        covered: set[int] = set()
        lowered = text.lower()
        for start in range(len(lowered)):
            longest = self._longest.get(lowered[start : start + 2], 0)
            for length in range(min(longest, _LONGEST_CHARACTERS, len(lowered) - start), 1, -1):
                name = lowered[start : start + length]
                targets = self._chinese.get(name)
                if not targets or not self._allowed_chinese(name, lowered, start, start + length):
                    continue
                weak = bool(_ROAD_ZH.match(lowered, start + length))
                yield Mention(start, start + length, tuple(targets), 70 if weak else 100, weak)
                covered.update(range(start, start + length))
                break
        for run in HAN.finditer(text) if by_ear else ():
            syllables = None
            for start in range(run.start(), run.end() - 2):
                for length in range(min(8, run.end() - start), 2, -1):
                    if not covered.isdisjoint(range(start, start + length)):
                        continue
                    if syllables is None:
                        syllables = pinyin(run.group())
                        if len(syllables) != run.end() - run.start():
                            break
                    at = start - run.start()
                    heard = self._sounds.get(syllables[at : at + length])
                    if heard and self._is_meant(run.group()[at : at + length], lowered, start):
                        # A road that only sounds like a known one is most often another road.
                        weak = run.group()[at : at + length].endswith(("路", "道", "街"))
                        yield Mention(start, start + length, tuple(heard), 70 if weak else 85, weak)
                        covered.update(range(start, start + length))
                        break

    def _is_meant(self, name: str, text: str, start: int) -> bool:
        """Whether characters that only sound like a name are one: three of them do by chance (税前还是, 前海石)."""
        if name in self._tails_zh:
            return False
        return len(name) > 3 or len(text) <= 5 or self._place_beside(name, text, start, start + len(name))

    @staticmethod
    def _place_beside(name: str, text: str, start: int, end: int) -> bool:
        alone = text.strip(" 。？?!！，,").removeprefix("深圳市").removeprefix("深圳") == name
        return alone or bool(_BEFORE_ZH.search(text[:start])) or bool(_AFTER_ZH.match(text, end))

    def _allowed_chinese(self, name: str, text: str, start: int, end: int) -> bool:
        if name.endswith("站") and _NOT_STATION_ZH.match(text, end - 1):
            return False
        if name in self._tails_zh and HAN.search(text[start - 1 : start]) and not _BEFORE_TAIL_ZH.search(text[:start]):
            return False
        return name not in self._context_zh or self._place_beside(name, text, start, end)
