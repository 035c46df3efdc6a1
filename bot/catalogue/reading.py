"""Reading what people write: a profile from a free sentence, the answer to one question, the material they mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from babel.languages import get_official_languages

from bot.catalogue.amounts import counts_points, read_age
from bot.catalogue.applications import ApplicationTypes, Category
from bot.catalogue.choosing import PURPOSE, Offers, Words
from bot.catalogue.circumstances import NO, YES, Circumstance, Circumstances
from bot.catalogue.conditions import UNKNOWN
from bot.catalogue.countries import Countries
from bot.catalogue.country_roles import NATIONALITY, CountryRoles, Spans
from bot.catalogue.entries import read_entries, read_phrases
from bot.catalogue.grounds import DATA
from bot.catalogue.phrases import Found, PhraseIndex, asks, plain
from bot.catalogue.profile import CATEGORY, TYPE, Profile
from bot.catalogue.sentence_patterns import ANSWERS, SentencePatterns
from bot.errors import DataError

SAME: Final = "same_country"
_NOTHING: Final = Profile()
_NOTHING_NEW: Final = "nothing"
# What gives way to anything else that is said of the same thing: "nothing changed but my passport", "signed, and now in court".
_WEAK: Final = frozenset({_NOTHING_NEW, "agreed", "degree_experience"})
_CHANGE: Final = "change"
# What is asked for in so many words, whatever else is named; and what somebody who never had a permit can still apply for.
_OUTRIGHT: Final = "outright"
_WITHOUT_PERMIT: Final = frozenset({"new_abroad", "new_in_china", "short_term"})
_SHORT, _TASK = "short_term", "short_task"
_EXTENSION: Final = "extension"
# Of whom something is said: the one who writes, one of their family, somebody else's family; and for whom of them a permit is sought.
_PERSON: Final = "person"
# "was_there" is where somebody was before, or where a company is: not where the person is now.
_PERSONS: Final = frozenset({"self", "kin", "others_kin", "for_self", "for_kin", "perhaps_for_self", "was_there"})
# A stay that is short-term work whatever is done in it: "here for six weeks, then back home".
_STAY, _BRIEF = "stay", "brief"
# What is said of ages: reached, or so near that it may be reached while the permit lasts.
_AGE, _OLD, _NEARLY_OLD = "age_60", 60, 55
# A clause that is nothing but the letter: "renewal, German, B".
_LETTER_ALONE: Final = re.compile(r"(?<=[,;，；、])\s*([abc])\s*(?=[,;，；、.。]|$)")
# Where a change of category leads: "to B", "high enough for A"; an article is followed by its noun.
_LETTER_REACHED: Final = re.compile(
    r"(?:\b(?:to|into|for|as)\s+(?:category |cat |class )?|[升转改成为到]\s*)"
    r"([bc](?![a-z0-9'])|a(?![a-z0-9'])(?:(?<=category a)|(?!\s+(?!by|now|and)[a-z])))"
)
_LONE_LETTER: Final = re.compile(r"(?<![a-z0-9])([abc])(?![a-z0-9'])")


# "No, still a teacher": a yes or no before a pause is the answer, and what follows explains it.
_LEADING: Final = re.compile(r"(?:yes|yeah|yep|no|nope|not?|是|是的|对|对的|有|没有|没|否|不|不是|不变)\s*(?:[,.;!，。；！]|$)")
_LONGEST_REPLY: Final = 60


@dataclass(frozen=True)
class _Meaning:
    """What a phrase in a sentence sets."""

    key: str
    value: str


_ONCE_CHINESE: Final = _Meaning("former_chinese", YES)
_WAS_THERE: Final = _Meaning(_PERSON, "was_there")


class Reader:
    """Finds type, category and circumstances in sentences; word lists come from the data files."""

    def __init__(
        self,
        *,
        types: ApplicationTypes,
        categories: Mapping[str, Category],
        circumstances: Circumstances,
        countries: Countries,
        words: Mapping[str, Any],
        roles: CountryRoles,
        patterns: SentencePatterns,
        replies: SentencePatterns,
    ) -> None:
        self._types, self._categories, self._circumstances, self._countries = types, categories, circumstances, countries
        self._roles, self._patterns, self._replies = roles, patterns, replies
        self._negations = tuple(sorted(words["negations"], key=len, reverse=True))
        self._answers = PhraseIndex({word: key for key, listed in words["answers"].items() for word in listed}, fuzzy=False)
        said = [word for key, listed in words["answers"].items() if key != SAME for word in listed]
        self._offers = Offers(Words(words["fillers"], words["ordinals"], said), types, categories, circumstances)
        self._languages = PhraseIndex(words["languages"], fuzzy=False)
        self._list = PhraseIndex(dict.fromkeys(words["list"], True))
        meanings: dict[str, list[_Meaning]] = {}
        for each in types.values():
            _add(meanings, each.aliases, TYPE, each.id)
        for category in categories.values():
            _add(meanings, category.aliases, CATEGORY, category.id)
        for circumstance in circumstances.values():
            for value, phrases in circumstance.phrases.items():
                _add(meanings, phrases, circumstance.id, value)
        self._meanings = PhraseIndex(meanings)
        self._choices = {
            each.id: PhraseIndex({word: choice.value for choice in each.choices for word in (*choice.aliases, *choice.label.values())})
            for each in circumstances.values()
            if each.kind == "choice"
        }
        self._labels = {
            TYPE: PhraseIndex(
                {word: each.id for each in types.values() if each.wire for word in (*each.label.values(), *each.name.values())}
            ),
            CATEGORY: PhraseIndex({word: each.id for each in categories.values() for word in each.label.values()}),
        }

    def read_profile(self, text: str, known: Profile = _NOTHING, asked: str | None = None, corrects: bool = False) -> Profile:
        """What a free sentence says about the person, in any mixture of the languages; unsaid things stay open.

        Args:
            known: what is known already; it is not part of the result, and a mere guess does not gainsay it.
            asked: the open question; a country without a cue answers it and nothing else.
            corrects: whether the message takes something back, so that a guess may gainsay what is known.
        """
        bare = plain(text)
        phrases, patterned = self._found(bare)
        found = [*phrases, *patterned]
        said: dict[str, str] = {}
        types: dict[str, list[str]] = {TYPE: [], _OUTRIGHT: []}
        categories: set[str] = set()
        for each in sorted(found, key=lambda each: each.start - each.end):
            for meaning in (meaning for meaning in each.value if meaning.key not in (_PERSON, _STAY)):
                if meaning.key in (TYPE, _OUTRIGHT):
                    types[meaning.key].append(meaning.value)
                elif meaning.key == CATEGORY:
                    categories.add(meaning.value)
                elif said.get(meaning.key) in (None, *_WEAK) and (meaning.key not in said or meaning.value not in _WEAK):
                    said[meaning.key] = meaning.value
        said = {key: value for key, value in said.items() if value not in _WEAK or asked == key or key not in known.circumstances}
        self._read_amounts(bare, said)
        categories = categories or {match.group(1).upper() for match in _LETTER_ALONE.finditer(bare)}
        if said.get(_CHANGE) == CATEGORY:
            categories |= {match.group(1).upper() for match in _LETTER_REACHED.finditer(bare)}
        # "C then, now B": what is said of today counts.
        categories = {meaning.value for each in patterned for meaning in each.value if meaning.key == CATEGORY} or categories
        # Several are compared, not claimed, unless one leads to the other: then it is the way up.
        if len(categories) == 1 or (categories and said.get(_CHANGE) == CATEGORY):
            said[CATEGORY] = min(categories)
        purpose = (self._offers.purpose(bare) or self._reply(PURPOSE, bare)) if asked == TYPE else None
        if purpose is not None and not types[TYPE]:
            said.setdefault(PURPOSE, purpose)
        masked = [(each.start, each.end) for each in phrases if any(meaning.key not in (TYPE, CATEGORY, PURPOSE) for meaning in each.value)]
        masked += [(each.start, each.end) for each in patterned if each.value == [_ONCE_CHINESE]]
        masked += _of_others(patterned)
        for role, code in self._countries_in(text, bare, (masked, _not_here(patterned)), known, asked, corrects).items():
            said.setdefault(role, code)
        if said.get("basis") == "language_teacher" and "teaches_mother_tongue" not in said:
            self._flag_mother_tongue(found, said)
        if any(_says(each, _STAY, _BRIEF) for each in patterned):
            types[TYPE].append(_SHORT)
        elif not any(_says(each, TYPE, _SHORT) for each in phrases) and _TASK not in said:
            # Some days or weeks are the length of the work only where it is one of the short tasks.
            types[TYPE] = [each for each in types[TYPE] if each != _SHORT]
        profile = self._profile(types[TYPE], types[_OUTRIGHT], said)
        # What changed in the meantime goes along with an extension that is applied for and makes no other application of it.
        along = asked not in (None, TYPE) and known.application_type == _EXTENSION and _CHANGE in said
        return replace(profile, application_type=None) if along else profile

    def asks_for_list(self, text: str) -> bool:
        """Whether the text has a word by which people ask for the list of materials."""
        return bool(self._list.find(text))

    def read_answer(self, question_id: str, text: str, profile: Profile | None = None) -> str | None:
        """The value that `text` gives to one question; "unknown" for "don't know", None when it is no answer to it."""
        bare = plain(text).strip()
        if question_id in (TYPE, CATEGORY):
            return self._read_first(question_id, text, bare)
        circumstance = self._circumstances[question_id]
        said = self._said(bare)
        if circumstance.kind == "country":
            return self._read_country(question_id, text, said, profile)
        value = self._read_value(circumstance, bare, said, profile)
        return value if value is not None else UNKNOWN if said == UNKNOWN else None

    def names_answer(self, question_id: str, text: str, profile: Profile) -> bool:
        """Whether `text` is nothing but the label of an offered answer, a part of it, or its place in the row."""
        return self._offers.labelled(question_id, text, profile)

    def is_answer(self, question_id: str, text: str, profile: Profile) -> bool:
        """Whether `text` is an offered answer by any of its names, a part of one, or its place in the row, with little beside it."""
        bare = plain(text).strip()
        return self._offers.pick(question_id, bare, profile) is not None or self._offers.tells(question_id, bare, profile)

    def _countries_in(
        self, text: str, bare: str, spans: tuple[Spans, Spans], known: Profile, asked: str | None, corrects: bool
    ) -> dict[str, str]:
        masked, elsewhere = spans
        if asked is not None and not self._asks_country(asked):
            asked = None
        countries = [key for key in known.circumstances if self._asks_country(key)]
        guess = NATIONALITY if corrects or NATIONALITY not in countries else None
        name_means = countries[-1] if corrects and countries else guess
        return self._roles.find(text, bare, masked, elsewhere, asked=asked, name_means=name_means, person_means=guess)

    def _asks_country(self, question_id: str) -> bool:
        return question_id in self._circumstances and self._circumstances[question_id].kind == "country"

    def _found(self, bare: str) -> tuple[list[Found[list[_Meaning]]], list[Found[list[_Meaning]]]]:
        """The phrases and the patterns that a text does not deny."""
        patterned = [Found(each.start, each.end, each.text, [_Meaning(each.key, each.value)]) for each in self._patterns.find(bare)]
        told = [
            [each for each in listed if _denies(each) or not self._negated(bare, each.start)]
            for listed in (self._meanings.find_plain(bare), patterned)
        ]
        denials = [each for listed in told for each in listed if _denies(each)]
        # "Never handed in before" is not also "handed in before", and nothing of "post and passport unchanged" has changed.
        kept = [each for each in told[1] if _denies(each) or not any(_overlap(each, denial) for denial in denials)]
        unchanged = [each for each in kept if _says(each, _CHANGE, _NOTHING_NEW)]
        phrases, kept = ([each for each in listed if not any(_inside(each, other) for other in unchanged)] for listed in (told[0], kept))
        return phrases, kept

    def _profile(self, types: list[str], outright: list[str], known: dict[str, str]) -> Profile:
        category = known.pop(CATEGORY, None)
        if outright:
            known[PURPOSE] = outright[0]
            types = (
                [chosen] if (chosen := self._types.chosen({PURPOSE: outright[0]})) else [each for each in types if each in _WITHOUT_PERMIT]
            )
        wire = [each for each in types if self._types[each].wire]
        if wire:
            chosen = min(wire, key=lambda each: self._types[each].priority)
            return Profile(chosen, category, {key: value for key, value in known.items() if key != PURPOSE})
        return Profile(self._types.chosen(known), category, known)

    def _reply(self, question_id: str, bare: str) -> str | None:
        """What `bare` means as the answer to one question, though it would say nothing of it in a sentence."""
        if asks(bare) or len(bare) > _LONGEST_REPLY:
            return None
        found = [each for each in self._replies.find(bare) if each.key == question_id]
        return max(found, key=lambda each: each.end - each.start).value if found else None

    def _negated(self, bare: str, start: int) -> bool:
        before = bare[:start].rstrip()
        return any(before.endswith(word) and (not word[0].isascii() or not before[: -len(word)][-1:].isalpha()) for word in self._negations)

    @staticmethod
    def _read_amounts(bare: str, said: dict[str, str]) -> None:
        age = read_age(bare)
        if age is not None and not _NEARLY_OLD <= age < _OLD:
            said.setdefault(_AGE, YES if age >= _OLD else NO)
        if counts_points(bare):
            said.setdefault("basis", "points")

    def _flag_mother_tongue(self, found: list[Found[list[_Meaning]]], known: dict[str, str]) -> None:
        """Where the language taught is no official one of the passport's country, it is probably not the mother tongue."""
        teaching = _Meaning("basis", "language_teacher")
        taught = [each.value for phrase in found if teaching in phrase.value for each in self._languages.find_plain(phrase.phrase)]
        if not taught or "nationality" not in known:
            return
        official = {code.split("_")[0] for code in get_official_languages(known["nationality"], regional=True, de_facto=True)}
        if taught[0] not in official:
            known["teaches_mother_tongue"] = NO

    def _said(self, bare: str) -> str | None:
        found = self._answers.find_plain(bare)
        if any(each.value == UNKNOWN for each in found):
            return UNKNOWN
        # "Of course not", "对，没有": a no that follows a yes, with nothing else said, counts; "有没有" asks.
        alone = not any(char.isalnum() for char in _without(bare, found))
        for first, second in pairwise(found if alone else ()):
            doubled = first.end == second.start and second.phrase.endswith(first.phrase)
            if (first.value, second.value) == (YES, NO) and not doubled:
                return NO
        return found[0].value if found else None

    def _read_first(self, question_id: str, text: str, bare: str) -> str | None:
        labels = self._labels[question_id].find_plain(bare)
        if labels:
            return max(labels, key=lambda each: each.end - each.start).value
        profile = self.read_profile(text)
        value = profile.application_type if question_id == TYPE else profile.category
        if value is None and question_id == CATEGORY:
            letter = list(_LONE_LETTER.finditer(bare))
            letter = letter if len(letter) == 1 or len(bare) <= 1 else [each for each in letter if each.group(1) != "a"]
            value = letter[0].group(1).upper() if len(letter) == 1 else None
        if value is None:
            value = self._offers.pick(question_id, bare, _NOTHING)
        if value is None and PURPOSE not in profile.circumstances:
            value = self._reply(question_id, bare)
        if value is not None:
            return value
        return UNKNOWN if self._said(bare) == UNKNOWN else None

    def _read_country(self, question_id: str, text: str, said: str | None, profile: Profile | None) -> str | None:
        named = self._roles.find(text, plain(text), [], asked=question_id).get(question_id)
        if named is not None:
            return named
        if said == SAME and profile is not None:
            others = ("nationality", "degree_country")
            return next((profile.circumstances[key] for key in others if key != question_id and key in profile.circumstances), None)
        # "No" and "none": there is no such paper, and no country to it.
        return UNKNOWN if said in (UNKNOWN, NO) else None

    def _read_value(self, circumstance: Circumstance, bare: str, said: str | None, profile: Profile | None) -> str | None:
        meant = [
            (each.end - each.start, meaning.value)
            for listed in self._found(bare)
            for each in listed
            for meaning in each.value
            if meaning.key == circumstance.id
        ]
        if circumstance.kind == "choice":
            named = self._choices[circumstance.id].find_plain(bare)
            meant += [(each.end - each.start, each.value) for each in named if not self._negated(bare, each.start)]
        if circumstance.id == _AGE and not meant and (age := read_age(bare, alone=True)) is not None and not _NEARLY_OLD <= age < _OLD:
            return YES if age >= _OLD else NO
        if meant:
            return max(meant, key=lambda pair: (pair[1] != _NOTHING_NEW, pair[0]))[1]
        leading = _LEADING.match(bare) if circumstance.kind == "bool" else None
        reply = self._reply(circumstance.id, bare) if leading is None else None
        if reply is not None:
            return reply
        if circumstance.kind == "bool":
            return said if said in (YES, NO) else None
        return self._offers.pick(circumstance.id, bare, profile or _NOTHING)

    @classmethod
    def load(
        cls,
        folder: Path = DATA,
        *,
        types: ApplicationTypes,
        categories: Mapping[str, Category],
        circumstances: Circumstances,
        countries: Countries,
    ) -> Reader:
        """Read reading_words.yml and sentence_patterns.yml.

        Raises:
            DataError: naming file, entry and field.
        """
        path = folder / "reading_words.yml"
        raw = read_entries(path)
        needed = {"answers", "negations", "fillers", "ordinals", "list", "roles", "languages"}
        for name in needed - set(raw):
            raise DataError(path.name, name, "entry", "is missing")
        answers = {key: read_phrases(path.name, f"answers.{key}", "words", listed, needed=True) for key, listed in raw["answers"].items()}
        words = {
            "answers": answers,
            "negations": read_phrases(path.name, "negations", "words", raw["negations"], needed=True),
            "list": read_phrases(path.name, "list", "words", raw["list"], needed=True),
            "fillers": read_phrases(path.name, "fillers", "words", raw["fillers"], needed=True),
            "ordinals": {
                str(place): read_phrases(path.name, f"ordinals.{place}", "words", listed, needed=True)
                for place, listed in raw["ordinals"].items()
            },
            "languages": {word: code for code, listed in raw["languages"].items() for word in listed},
        }
        domains = circumstances.domains(tuple(types), tuple(countries))
        return cls(
            types=types,
            categories=categories,
            circumstances=circumstances,
            countries=countries,
            words=words,
            roles=CountryRoles.load(path.name, raw["roles"], countries),
            patterns=SentencePatterns.load(folder, {**domains, _OUTRIGHT: domains[PURPOSE], _PERSON: _PERSONS, _STAY: (_BRIEF,)}),
            replies=SentencePatterns.load(folder, domains, ANSWERS),
        )


def _add(meanings: dict[str, list[_Meaning]], phrases: Collection[str], key: str, value: str) -> None:
    for phrase in phrases:
        meanings.setdefault(plain(phrase), []).append(_Meaning(key, value))


def _of_others(patterned: Collection[Found[list[_Meaning]]]) -> list[tuple[int, int]]:
    """Where a country is said of somebody else than the person who needs the permit."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for each in patterned:
        for meaning in each.value:
            if meaning.key == _PERSON:
                spans.setdefault(meaning.value, []).append((each.start, each.end))
    others = spans.get("others_kin", [])
    if "kin" not in spans:
        return others
    for_kin = "for_self" not in spans and ("for_kin" in spans or not {"perhaps_for_self", "self"} & spans.keys())
    return [*others, *spans.get("self" if for_kin else "kin", [])]


def _not_here(patterned: Collection[Found[list[_Meaning]]]) -> list[tuple[int, int]]:
    """Where a place is named at which somebody was before, or where a company or a family is."""
    return [(each.start, each.end) for each in patterned if each.value == [_WAS_THERE]]


def _without(bare: str, found: list[Found[str]]) -> str:
    for each in reversed(found):
        bare = bare[: each.start] + " " + bare[each.end :]
    return bare


def _denies(found: Found[list[_Meaning]]) -> bool:
    """Whether the phrase says no by itself, so that a "not" before it is part of how people speak."""
    return any(meaning.value == NO for meaning in found.value)


def _says(found: Found[list[_Meaning]], key: str, value: str) -> bool:
    return _Meaning(key, value) in found.value


def _inside(one: Found[list[_Meaning]], whole: Found[list[_Meaning]]) -> bool:
    """Whether a change is named inside of what says that nothing has changed."""
    changed = any(meaning.key == _CHANGE for meaning in one.value) and not _says(one, _CHANGE, _NOTHING_NEW)
    return changed and whole.start <= one.start and one.end <= whole.end


def _overlap(one: Found[list[_Meaning]], other: Found[list[_Meaning]]) -> bool:
    """Whether two phrases share words and say something of the same thing."""
    same = {meaning.key for meaning in one.value} & {meaning.key for meaning in other.value}
    return bool(same) and one.start < other.end and other.start < one.end
