"""Where an answer may be sent: e-mail addresses and phone numbers as people write them, checked and written in one form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from bot.errors import Invalid

Kind = Literal["window", "email", "phone"]

LONGEST: Final = 200
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9])(?![A-Za-z0-9@-])"
)
_LONGEST_LOCAL: Final = 64
_PHONE = re.compile(
    r"(?P<number>\+?[(]?\d[\d\s().\u2010-\u2015/-]*\d)(?:\s*(?:转|ext\.?|extension|分机|#|x)\s*:?\s*(?P<extension>\d{1,6}))?", re.IGNORECASE
)
_FEWEST_DIGITS: Final = 5
_MOBILE = re.compile(r"1[3-9]\d{9}")
# Three digits of area for the largest cities, four for all others.
_LANDLINE = re.compile(r"(?P<area>010|02\d)(?P<line>[2-9]\d{7})|(?P<area4>0[3-9]\d{2})(?P<line4>[2-9]\d{6,7})")
_SERVICE = re.compile(r"[48]00\d{7}")
_ABROAD = re.compile(r"[1-9]\d{7,14}")
_CHINA: Final = "86"


@dataclass(frozen=True)
class ReplyTo:
    """Where the answer goes; `value` is None for this window."""

    kind: Kind
    value: str | None = None


WINDOW: Final = ReplyTo("window")


def check(kind: str, value: str | None) -> ReplyTo:
    """The contact of a form, whose kind is chosen apart; an e-mail address stands there with nothing beside it.

    Raises:
        Invalid: `contact_email`, `contact_phone`, `contact_missing`, or `unknown_value` for a kind that there is not.
    """
    if kind == "window":
        return WINDOW
    if kind not in ("email", "phone"):
        raise Invalid("unknown_value", name="contact_kind", value=kind)
    if value is None or not value.strip():
        raise Invalid("contact_missing")
    plain = _plain(value)
    # Of two addresses, taking the first would send the answer where nobody chose.
    found = _email_of(_EMAIL.fullmatch(plain)) if kind == "email" else _phone(plain)
    if found is None:
        raise Invalid("contact_email" if kind == "email" else "contact_phone")
    return found


def find(text: str) -> ReplyTo:
    """The contact in what an applicant typed.

    Raises:
        Invalid: `contact_email` or `contact_phone` for one that cannot be right, `contact_missing` when there is none.
    """
    plain = _plain(text)
    found = _email_of(_EMAIL.search(plain)) or (None if "@" in plain else _phone(plain))
    if found is not None:
        return found
    if "@" in plain:
        raise Invalid("contact_email")
    raise Invalid("contact_phone" if looks_like_contact(text) else "contact_missing")


def looks_like_contact(text: str) -> bool:
    """Whether a text was meant as a contact, usable or not: it holds an at sign or a row of digits."""
    plain = _plain(text)
    return "@" in plain or any(_digits(match["number"]) >= _FEWEST_DIGITS for match in _PHONE.finditer(plain))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def mailbox(address: str) -> str:
    """One name for the mailbox that a checked address leads to, whatever its letters' case and what its owner put behind a plus."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _email_of(match: re.Match[str] | None) -> ReplyTo | None:
    if match is None or len(match["local"]) > _LONGEST_LOCAL or len(match[0]) > LONGEST:
        return None
    return ReplyTo("email", f"{match['local']}@{match['domain'].lower()}")


def _phone(text: str) -> ReplyTo | None:
    for match in _PHONE.finditer(text):
        number = _number(match["number"])
        if number is not None:
            extension = match["extension"]
            return ReplyTo("phone", number if extension is None else f"{number}-{extension}")
    return None


def _number(written: str) -> str | None:
    digits = re.sub(r"\D", "", written)
    abroad = written.lstrip("( ").startswith("+") or digits.startswith("00")
    if abroad:
        digits = digits[2:] if digits.startswith("00") else digits
    if digits.startswith(_CHINA) and (abroad or len(digits) == len(_CHINA) + 11):
        # An area code is written with its zero at home, and by many from abroad as well.
        return _chinese(digits[2:]) or _chinese("0" + digits[2:])
    if abroad:
        return f"+{digits}" if _ABROAD.fullmatch(digits) else None
    return _chinese(digits)


def _chinese(digits: str) -> str | None:
    if _MOBILE.fullmatch(digits) or _SERVICE.fullmatch(digits):
        return digits
    match = _LANDLINE.fullmatch(digits)
    if match is None:
        return None
    return f"{match['area'] or match['area4']}-{match['line'] or match['line4']}"
