"""What is stored about an applicant as a plain text to read, in the applicant's language; the JSON beside it holds every detail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.i18n import Texts
from bot.languages import Tongue

_ZONE: Final = ZoneInfo("Asia/Shanghai")
_LOCALES: Final[Mapping[str, str]] = {"zh": "zh_Hans_CN", "zh-TW": "zh_Hant_TW", "en": "en_GB"}
_AUTHORS: Final = {"applicant": "list.you", "bot": "list.assistant", "staff": "head.officer"}
# Marks that turn the reading direction, and controls, would let one line pass for another.
_TURNING: Final = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NEW_LINES: Final = re.compile(r"[\n\u2028\u2029]")


def day(moment: datetime, language: Tongue) -> str:
    """Shenzhen's day of a moment."""
    return str(format_date(moment.astimezone(_ZONE).date(), "long", locale=_LOCALES.get(language, language)))


def readable(export: Mapping[str, Any], texts: Texts, language: Tongue) -> str:
    """An export (see `export_thread`) as text; whatever people typed is indented, so that it passes for nothing else."""
    return "\r\n".join(_lines(export, texts, language)) + "\r\n"


def _lines(export: Mapping[str, Any], texts: Texts, language: Tongue) -> Iterator[str]:
    window = texts.part(language, "widget")

    def say(key: str, **params: Any) -> str:
        return texts.get(language, f"privacy.{key}", **params)

    def on(moment: str) -> str:
        return day(datetime.fromisoformat(moment), language)

    yield say("file_title")
    yield say("file_receipt", receipt=export["receipt"], date=on(export["made_at"]))
    yield say("file_json")
    if export["withheld"]:
        yield say("file_withheld")
    for number, conversation in enumerate(export["conversations"], start=1):
        yield from ("", f"== {say('file_begun', number=number, date=on(conversation['created_at']))} ==")
        for consent in conversation["consents"]:
            yield say("file_told", date=on(consent["told_at"]))
            if consent["given_at"]:
                yield say("file_given", date=on(consent["given_at"]))
        for followed in conversation["subscriptions"]:
            yield say("file_followed", date=on(followed["created_at"]), until=on(followed["expires_at"]))
        for mail in conversation["mail_addresses"]:
            yield say("file_mail", address=_plain(mail["address"]))
        for message in conversation["messages"]:
            moment = datetime.fromisoformat(message["created_at"]).astimezone(_ZONE)
            yield from ("", f"[{moment:%Y-%m-%d %H:%M}] {window[_AUTHORS.get(message['author'], 'list.service')]}")
            yield from _typed(message["text"])
        for left in conversation["left_messages"]:
            yield from ("", say("file_left", contact=_plain(left["contact"] or say("file_window"))))
            yield from _typed(left["text"])
            if left["answer"]:
                yield from _typed(say("file_answer", text=left["answer"]))
        for opinion in (*conversation["feedback"], *conversation["ratings"]):
            yield ""
            if "score" in opinion:
                yield say("file_rating", score=opinion["score"])
            else:
                yield window["helped.said_yes" if opinion["helpful"] else "helped.said_no"]
            if opinion["comment"]:
                yield from _typed(say("file_comment", text=opinion["comment"]))


def _plain(text: str) -> str:
    return _NEW_LINES.sub(" ", _TURNING.sub("", text))


def _typed(text: str) -> Iterator[str]:
    for line in _NEW_LINES.split(text):
        yield f"    {_plain(line)}".rstrip()
