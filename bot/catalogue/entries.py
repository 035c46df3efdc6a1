"""Reading entries of the data files: every problem becomes a DataError that names file, entry and field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from bot.catalogue.facts import CERTAINTIES, HOME_SCOPES, SCOPES, Fact, Text, read_text
from bot.catalogue.grounds import Grounds
from bot.catalogue.reviews import Review
from bot.data_file import read_yaml
from bot.errors import DataError
from bot.languages import LANGUAGES

ABSENT: Final = object()
PROVENANCE: Final = frozenset({"scope", "certainty", "sources", "review_by", "reported"})
"""The fields by which an entry says what it rests on."""
_PHONES: Final = "phones."


@dataclass(frozen=True)
class Provenance:
    """What an entry rests on, together with the facts whose values stand in its texts."""

    scope: str
    certainty: str
    sources: tuple[str, ...]
    review_by: date


class Entry:
    """One entry of a data file, with checked access to its fields.

    Facts named in its texts lend it their sources, and a fact of Shenzhen or the nation that is less sure than the entry
    lowers its certainty. Two kinds do not: facts of another city, which the text must call that city's, and those that the
    entry lists as `reported`, because its text says in words who says so. A phone number to ask lends nothing: the page it
    stands on does not vouch for what is asked there.
    """

    def __init__(
        self, file: str, name: str, raw: Any, allowed: Collection[str], grounds: Grounds | None = None, apart: Collection[str] = ()
    ) -> None:
        """Args: apart: fields with entries of their own, whose facts lend nothing to this one."""
        if not isinstance(raw, Mapping):
            raise DataError(file, name, "entry", "must be a mapping")
        unknown = sorted(set(map(str, raw)) - set(allowed))
        if unknown:
            raise DataError(file, name, ", ".join(unknown), "is not a known field")
        self.file, self.name, self.raw, self.grounds = file, name, raw, grounds
        own = {key: value for key, value in raw.items() if key not in apart}
        named = _each_once(grounds.named_in(own)) if grounds is not None else ()
        self.facts: tuple[Fact, ...] = tuple(fact for fact in named if not fact.id.startswith(_PHONES))

    def error(self, field: str, problem: str) -> DataError:
        """A DataError about one field, to be raised."""
        return DataError(self.file, self.name, field, problem)

    def text(self, field: str) -> Text:
        """A text in every language, with the values of facts in it."""
        return self._text(field, self.raw.get(field))

    def optional_text(self, field: str) -> Text | None:
        """A text in every language, or None when the field is absent or null."""
        return None if self.raw.get(field) is None else self.text(field)

    def texts(self, field: str) -> tuple[Text, ...]:
        """A list of texts, each in every language."""
        listed = self.raw.get(field) or []
        if not isinstance(listed, list):
            raise self.error(field, "must be a list of texts in every language")
        return tuple(self._text(f"{field}[{place}]", each) for place, each in enumerate(listed))

    def _text(self, field: str, raw: Any) -> Text:
        text = read_text(self.file, self.name, field, raw)
        return text if self.grounds is None else self.grounds.fill(self.file, self.name, field, text)

    def value(self, field: str) -> Any:
        """What stands in the field, or the value of the fact that it names as `area.key.value`."""
        raw = self.raw.get(field)
        if self.grounds is None or not isinstance(raw, str) or raw.count(".") < 2:
            return raw
        return self.grounds.value(self.file, self.name, field, raw)

    def provenance(self, more: Iterable[Fact] = ()) -> Provenance:
        """Scope, certainty, sources and the day of the next look, all needed; the entry is noted for that day.

        Args:
            more: facts it rests on beside those named in its texts.
        """
        facts = _each_once((*self.facts, *more))
        review_by = self.review()
        scope = self.one_of("scope", SCOPES)
        return Provenance(scope, self.lowered(self.certainty(), facts), self.sources(facts), review_by)

    def review(self) -> date:
        """The day by which somebody must look at the entry again; it is noted for `Catalogue.overdue`."""
        review_by = self.day("review_by", needed=True)
        assert review_by is not None
        if self.grounds is not None:
            shown = next((each for key in ("name", "statement", "text", "condition") for each in [self.optional_text(key)] if each), {})
            tags = tuple(map(str, self.raw.get("sources") or ()))
            self.grounds.reviews.append(Review(self.file, self.name, review_by, tags, self.day("until"), shown.get("en", "")))
        return review_by

    def lowered(self, certainty: str, facts: Iterable[Fact] | None = None) -> str:
        """`certainty`, or that of a less certain fact among `facts` (those named in its texts when None)."""
        facts = self.facts if facts is None else tuple(facts)
        reported = self.words("reported")
        for fact_id in reported:
            if fact_id not in {fact.id for fact in facts}:
                raise self.error("reported", f"{fact_id!r} is not named in the entry")
        lending = (fact.certainty for fact in facts if fact.scope in HOME_SCOPES and fact.id not in reported)
        return max((certainty, *lending), key=CERTAINTIES.index)

    def one_of(self, field: str, allowed: Collection[str], default: Any = ABSENT) -> Any:
        """A value out of `allowed`."""
        value = self.raw.get(field, default)
        if value is ABSENT or (value not in allowed and value is not default):
            shown = ", ".join(sorted(allowed))
            raise self.error(field, f"must be one of {shown}" + (' (quote "yes" and "no")' if isinstance(value, bool) else ""))
        return value

    def certainty(self, default: Any = ABSENT) -> Any:
        """How sure the entry is."""
        return self.one_of("certainty", CERTAINTIES, default)

    def sources(self, facts: Iterable[Fact] | None = None) -> tuple[str, ...]:
        """The source tags, each known, then those of `facts` (the facts named in its texts when None); at least one."""
        raw = self.raw.get("sources", [])
        if not isinstance(raw, list) or ("sources" in self.raw and not raw):
            raise self.error("sources", "needs at least one source tag")
        for tag in raw:
            if self.grounds is not None and tag not in self.grounds.tags:
                raise self.error("sources", f"names the unknown source {tag!r}")
        lent = (source.tag for fact in (self.facts if facts is None else facts) for source in fact.sources)
        tags = tuple(dict.fromkeys((*raw, *lent)))
        if not tags:
            raise self.error("sources", "needs at least one source tag")
        return tags

    def day(self, field: str, needed: bool = False) -> date | None:
        """A date."""
        value = self.raw.get(field)
        if value is None and not needed:
            return None
        if not isinstance(value, date):
            raise self.error(field, "must be a date, YYYY-MM-DD")
        return value

    def flag(self, field: str, default: bool = False) -> bool:
        """True or false."""
        value = self.raw.get(field, default)
        if not isinstance(value, bool):
            raise self.error(field, "must be true or false")
        return value

    def words(self, field: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self.raw.get(field) or []
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            raise self.error(field, "must be a list of texts")
        return tuple(word.strip() for word in value)

    def phrases(self, field: str, needed: bool = False) -> tuple[str, ...]:
        """Words of every language together, from `{en: […], zh: […]}`."""
        return read_phrases(self.file, self.name, field, self.raw.get(field), needed)


def _each_once(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple({fact.id: fact for fact in facts}.values())


def read_phrases(file: str, entry: str, field: str, raw: Any, needed: bool = False) -> tuple[str, ...]:
    """Words of every language together, from `{en: […], zh: […]}`; with `needed`, some in each language."""
    if raw is None and not needed:
        return ()
    if not isinstance(raw, Mapping) or set(raw) - set(LANGUAGES):
        raise DataError(file, entry, field, "must be lists of words by language, {en: […], zh: […]}")
    words: list[str] = []
    for language in LANGUAGES:
        listed = raw.get(language) or []
        if not isinstance(listed, list) or not all(isinstance(word, str) and word.strip() for word in listed):
            raise DataError(file, entry, f"{field}.{language}", "must be a list of texts")
        if needed and not listed:
            raise DataError(file, entry, f"{field}.{language}", "is missing or empty")
        words += [word.strip() for word in listed]
    return tuple(words)


def read_entries(path: Path) -> Mapping[str, Any]:
    """A file that is a mapping of entries."""
    raw = read_yaml(path)
    if not isinstance(raw, Mapping) or not raw:
        raise DataError(path.name, "file", "content", "must be a mapping of entries")
    return {str(key): value for key, value in raw.items()}
