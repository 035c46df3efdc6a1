"""What applicants ask about their own data by socket: to see what is kept, to take it out, and to have it erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.visitors import Visitor
from bot.conversations.consents import PrivacyNotice
from bot.days import read_day
from bot.errors import Invalid
from bot.i18n import Texts
from bot.languages import Tongue
from bot.privacy.own import Claim, Kept
from bot.privacy.readable import day, readable
from bot.privacy.service import Keep, Privacy
from bot.request_body import optional_string

_LONGEST_NUMBER: Final = 64
# What stands on buttons and beside fields, whatever is kept.
_LABELS: Final = ("give", "erase", "number", "born", "go_on", "erase_now", "keep", "save")


@dataclass(frozen=True)
class OwnData:
    """The events `my_data`, `give_my_data` and `erase_my_data`. Authentication: the session that the connection is bound to.

    Answers carry their words (`says`) in the reader's language, so that a client need not know them.
    """

    privacy: Privacy
    notice: PrivacyNotice
    texts: Texts
    keep: Keep

    async def show(self, visitor: Visitor, _body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is kept and until when, what has to be proved, and the notice about personal data."""
        kept = await self.privacy.kept_of(visitor.address)
        language = visitor.language
        told = None if kept is None else kept.told.get(self.notice.version)
        notice = {
            "version": self.notice.version,
            "text": self.notice.text(language),
            "told": None if told is None else told.isoformat(),
            "given": None if kept is None or kept.given is None else kept.given.isoformat(),
        }
        says: dict[str, Any] = {"labels": {name: self._say(language, name) for name in _LABELS}}
        if kept is None:
            return {"kept": None, "notice": notice, "says": {**says, "kept": [self._say(language, "nothing")], "sure": []}}
        figures = {
            "conversations": kept.conversations,
            "messages": kept.messages,
            "left_messages": kept.left_messages,
            "waiting": kept.waiting,
            "since": kept.since.isoformat(),
            "until": kept.until.isoformat(),
            "proof": kept.shows_a_case,
            "with_staff": kept.with_staff,
        }
        says |= {"kept": self._kept(kept, language), "sure": self._sure(kept, language)}
        if kept.shows_a_case:
            says["prove"] = self._say(language, "prove")
        return {"kept": figures, "notice": notice, "says": says}

    async def give(self, visitor: Visitor, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Everything that is stored, as data and as a text to read."""
        export = await self.privacy.export_own(visitor.address, visitor.network, _claim(body))
        language = visitor.language
        says = self._say(language, "given", receipt=export["receipt"])
        return {"receipt": export["receipt"], "data": export, "text": readable(export, self.texts, language), "says": says}

    async def erase(self, visitor: Visitor, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The receipt; whoever shows the thread is told that it is gone."""
        language = visitor.language
        receipt = await self.privacy.erase_own(visitor.address, visitor.network, _claim(body))
        says = [
            self._say(language, "erased", date=day(receipt.at, language), receipt=receipt.id),
            self._say(language, "gone", messages=receipt.rows.get("messages", 0)),
            self._say(language, "stays"),
        ]
        return {"receipt": receipt.id, "at": receipt.at.isoformat(), "rows": dict(receipt.rows), "says": says}

    def _kept(self, kept: Kept, language: Tongue) -> list[str]:
        since, until = day(kept.since, language), day(kept.until, language)
        return [
            self._say(language, "kept", messages=kept.messages, since=since, until=until),
            *([self._say(language, "left", left=kept.left_messages)] if kept.left_messages else []),
            self._say(language, "hidden"),
            self._say(language, "memory", memory=f"{self.keep.memory:g}", audit=f"{self.keep.audit:g}"),
        ]

    def _sure(self, kept: Kept, language: Tongue) -> list[str]:
        said = [("sure", True), ("sure_officer", kept.with_staff), ("sure_waiting", bool(kept.waiting))]
        return [self._say(language, key) for key, applies in said if applies]

    def _say(self, language: Tongue, key: str, **params: Any) -> str:
        return self.texts.get(language, f"privacy.{key}", **params)


def _claim(body: Mapping[str, Any]) -> Claim | None:
    """The number and the date of birth of a body, or None when both are missing.

    Raises:
        Invalid: only one is there, or one is nothing of its kind.
    """
    number, born = optional_string(body, "number"), optional_string(body, "birth_date")
    if not number and not born:
        return None
    if not number or len(number) > _LONGEST_NUMBER:
        raise Invalid("field_type", field="number", expected="string")
    try:
        return Claim(number, read_day(born or ""))
    except ValueError:
        raise Invalid("field_type", field="birth_date", expected="date") from None
