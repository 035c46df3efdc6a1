"""What a country in a sentence is to the person: nationality, where the degree is from, where they are now."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.catalogue.countries import Countries, CountryMention
from bot.catalogue.entries import Entry, read_phrases
from bot.catalogue.phrases import plain

DEGREE: Final = "degree_country"
NO_CRIME: Final = "no_crime_country"
NATIONALITY: Final = "nationality"
PLACE: Final = "place"
PASSPORT: Final = "passport"
HOME: Final = "CN"

_CLAUSE: Final = re.compile(r"[,.;:!?\n，。；：！？、]| and | but | with |但|然后|并且")
_ROLES: Final = ("degree", "no_crime", "place", "nationality", "passport", "skip", "weak")
_ARTICLES: Final = re.compile(r"\b(?:a|an|the|my|his|her|valid|full|new|holds?|holding)\s*$")
_SHORT: Final = 24
_OF_PERSON: Final = frozenset({"的", "毕业的"})
# Who issues passports: "my new passport from the Dutch consulate".
_ISSUERS: Final = ("embassy", "consulate", "使馆", "大使馆", "领事馆", "领馆")
_PASSPORTS: Final = ("passport", "护照")
_WEAK_PLACE: Final = frozenset({"in", "在"})
# What is done where somebody is: 目前在慕尼黑工作.
_DONE_THERE: Final = ("工作", "上班", "任职")
_NOT_OVER: Final = ("过", "了")
# "A Polish robotics company": as many words may stand between the people and what is called after them, but none of these.
_BETWEEN: Final = 2
_ENDS_NAME: Final = frozenset({
    "a", "an", "and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "was", "who", "whose", "with",
})  # fmt: skip


Spans = Collection[tuple[int, int]]
"""Parts of a text, from and to."""


@dataclass(frozen=True)
class _Cues:
    before: tuple[str, ...]
    after: tuple[str, ...]


class CountryRoles:
    """Decides by the words before and right after a country what it is."""

    def __init__(self, countries: Countries, cues: Mapping[str, _Cues]) -> None:
        self._countries = countries
        self._cues = cues

    def find(
        self,
        text: str,
        bare: str,
        masked: Spans,
        elsewhere: Spans = (),
        *,
        asked: str | None = None,
        name_means: str | None = NATIONALITY,
        person_means: str | None = NATIONALITY,
    ) -> dict[str, str]:
        """Circumstances by the countries in `text`; `masked` are parts of `bare` that name no country, `elsewhere` those that
        name no place where the person is now.

        Args:
            asked: the country that is being asked for; a country without a clear cue answers this and nothing else.
            name_means: what a bare name ("Germany") is when nothing is asked; None when it says nothing.
            person_means: the same for a word for people ("German").
        """
        known: dict[str, str] = {}
        loose: list[CountryMention] = []
        passport: str | None = None
        for mention in self._countries.find(text):
            if any(start <= mention.start < end for start, end in masked):
                continue
            role = self._role(bare, mention, asked is not None)
            if role is None:
                loose.append(mention)
            elif role == PLACE and not any(start <= mention.start < end for start, end in elsewhere):
                known.setdefault(PLACE, "in_china" if mention.code == HOME else "abroad")
            elif role == PASSPORT:
                passport = passport or mention.code
            elif role not in ("skip", PLACE):
                known.setdefault(role, mention.code)
        if passport is not None:
            known[NATIONALITY] = passport
        if asked is not None and loose and asked not in known:
            # "China" before another name says where that is: 中国香港.
            known[asked] = next((mention.code for mention in loose if mention.code != HOME), HOME)
            return known
        for mention in loose:
            if mention.code == HOME:
                continue
            if mention.kind == "person":
                meant = person_means
            else:
                near = mention.kind == "name" and len(_clause(bare, mention)[0].strip()) <= _SHORT // 2
                meant = name_means if near else None
            if meant is not None:
                known.setdefault(meant, mention.code)
        return known

    def _role(self, bare: str, mention: CountryMention, asked: bool) -> str | None:
        left, right = _clause(bare, mention)
        left = left.rstrip()
        right = right.lstrip()
        near = _ARTICLES.sub("", left).rstrip()
        if right.startswith(_ISSUERS) and any(word in left for word in _PASSPORTS):
            return NATIONALITY
        if right.startswith(_DONE_THERE) and not right[2:].startswith(_NOT_OVER) and len(self._ends(near, "place") or "") > 1:
            return "skip" if mention.code == HOME else PLACE
        if self._right(right, "skip") or (mention.kind == "person" and self._called_after(right)):
            return "skip"
        if self._right(right, "degree"):
            return DEGREE
        if self._right(right, "no_crime"):
            return NO_CRIME
        if mention.kind != "city" and mention.code != HOME and self._right(right, "nationality"):
            return PASSPORT if self._right(right, PASSPORT) else NATIONALITY
        if self._within(left, "degree"):
            return DEGREE
        if self._within(left, "no_crime"):
            return NO_CRIME
        if mention.kind != "city" and mention.code != HOME and (self._right(right, PASSPORT) or self._ends(near, PASSPORT)):
            return PASSPORT
        nationality = mention.kind != "city" and (self._right(right, "nationality") or self._ends(near, "nationality"))
        place, skip = self._ends(near, "place"), self._ends(near, "skip")
        longest = max(filter(None, (place, skip, self._ends(near, "nationality"))), key=len, default=None)
        if asked and longest in self._cues["weak"].before and not any(self._right(right, each) for each in ("nationality", "place")):
            return None
        if nationality and not (place and len(place) > 2):
            return "skip" if mention.code == HOME and not self._right(right, "nationality") else NATIONALITY
        if skip and len(skip) > len(place or ""):
            # "An offer to a Polish control engineer" is made to somebody; "translated to Polish" is a language.
            return NATIONALITY if mention.kind == "person" and mention.code != HOME and near != left else "skip"
        if place and mention.kind == "person":
            return "skip"
        if place and not (mention.code == HOME and place in _WEAK_PLACE):
            return PLACE
        if self._right(right, "place") and mention.code != HOME:
            return PLACE
        if place:
            return "skip"
        return None

    def _called_after(self, right: str) -> bool:
        words = right.lstrip("- ").split()
        for place, word in enumerate(words[: _BETWEEN + 1]):
            if word in _ENDS_NAME or self._right(word, "nationality"):
                return False
            if self._right(" ".join(words[place:]), "skip"):
                return True
            if word.endswith("'s"):
                return False
        return False

    def _right(self, right: str, role: str) -> bool:
        return any(
            right.startswith(cue) and not (cue.isascii() and _letter(right[len(cue) : len(cue) + 1])) for cue in self._cues[role].after
        )

    def _ends(self, near: str, role: str) -> str | None:
        for cue in self._cues[role].before:
            if near.endswith(cue) and not (cue.isascii() and _letter(near[: -len(cue)][-1:])):
                return cue
        return None

    def _within(self, left: str, role: str) -> bool:
        tail = left[-_SHORT * 2 :]
        for cue in self._cues[role].before:
            place = tail.rfind(cue)
            if place >= 0 and not (cue.isascii() and (_letter(tail[:place][-1:]) or _letter(tail[place + len(cue) :][:1]))):
                between = tail[place + len(cue) :]
                # 没有大学学历的泰国按摩师: what is described is the person, not where the degree is from.
                if len(between) <= _SHORT and between.strip() not in _OF_PERSON and not self._countries.find(between):
                    return True
        return False

    @classmethod
    def load(cls, file: str, raw: Mapping[str, Any], countries: Countries) -> CountryRoles:
        """From the `roles` of reading_words.yml.

        Raises:
            DataError: naming file, entry and field.
        """
        cues = {}
        for role in _ROLES:
            entry = Entry(file, f"roles.{role}", raw.get(role), {"before", "after"})
            before = read_phrases(file, entry.name, "before", entry.raw.get("before"), needed=True)
            after = read_phrases(file, entry.name, "after", entry.raw.get("after"))
            longest = tuple(sorted(map(plain, before), key=len, reverse=True))
            cues[role] = _Cues(longest, tuple(sorted(map(plain, after), key=len, reverse=True)))
        return cls(countries, cues)


def _letter(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _clause(bare: str, mention: CountryMention) -> tuple[str, str]:
    """The text before and after the mention inside its clause."""
    start = max((match.end() for match in _CLAUSE.finditer(bare, 0, mention.start)), default=0)
    stop = _CLAUSE.search(bare, mention.end)
    return bare[start : mention.start], bare[mention.end : stop.start() if stop else len(bare)]
