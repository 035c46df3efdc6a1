"""Passwords: what is accepted as one, and how it is kept and compared."""

from __future__ import annotations

import re
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_bytes
from typing import Final

from argon2 import DEFAULT_HASH_LENGTH, DEFAULT_RANDOM_SALT_LENGTH, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from bot.errors import Invalid, TooMany

SHORTEST: Final = 12
LONGEST: Final = 200

# What most guesses are built from, in small letters, with figures and signs read as the letters they stand for.
_COMMON: Final = (
    *("password", "passwort", "passw", "motdepasse", "mima", "wodemima", "secret", "letmein", "welcome", "changeme", "default"),
    *("admin", "administrator", "root", "user", "guest", "test", "demo", "login", "officer", "supervisor", "trainee", "staff"),
    *("qwertyuiop", "qwerty", "qwertz", "azerty", "asdfghjkl", "asdfgh", "asdf", "zxcvbnm", "zxcvbn", "zxcv", "qazwsxedc", "qazwsx"),
    *("abcdefghijkl", "abcdefgh", "abcdef", "abcd", "iloveyou", "love", "woaini", "woaiwojia", "aini", "wsad", "fuckyou"),
    *("monkey", "dragon", "sunshine", "princess", "football", "baseball", "master", "shadow", "superman", "batman", "freedom"),
    *("shenzhen", "futian", "nanshan", "luohu", "baoan", "longgang", "guangdong", "beijing", "shanghai", "zhongguo", "china"),
    *("workpermit", "permit", "government", "zhengwu", "gongzuo", "summer", "winter", "spring", "autumn", "nihao", "hello"),
)
_STEMS: Final = re.compile("|".join(sorted(_COMMON, key=len, reverse=True)))
_READ_AS: Final = str.maketrans("01345@$!|7", "oleasasiit")
_FEWEST_OWN_LETTERS: Final = 5
_FEWEST_DIFFERENT: Final = 6


def normalised(password: str) -> str:
    """The form in which a password is kept and compared: however a keyboard composes it, it is the same."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, login: str, display_name: str) -> str:
    """The password in normal form, if it can be one.

    Raises:
        Invalid: it is too short or long, holds control characters, is the person's name, or is among the first to be guessed.
    """
    plain = normalised(password)
    if len(plain) < SHORTEST:
        raise Invalid("password_short", limit=SHORTEST)
    if len(plain) > LONGEST:
        raise Invalid("password_long", limit=LONGEST)
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in plain):
        raise Invalid("password_characters")
    if _like_a_name(plain, login, display_name):
        raise Invalid("password_like_name")
    if _common(plain):
        raise Invalid("password_common")
    return plain


def _like_a_name(password: str, *names: str) -> bool:
    """Whether nothing but figures and signs is left when the names are taken out."""
    folded = _letters(password)
    parts = {_letters(part) for name in names for part in (name, *name.split())}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= 2:
            folded = folded.replace(part, "")
    return len(folded) < _FEWEST_OWN_LETTERS and len(folded) < len(_letters(password))


def _letters(text: str) -> str:
    return "".join(character for character in normalised(text).casefold() if character.isalpha())


def _common(password: str) -> bool:
    """Whether it is a row of keys, figures alone, or a common word with figures and signs around it."""
    folded = password.casefold()
    if len(set(folded)) < _FEWEST_DIFFERENT or folded.isdecimal():
        return True
    own = [_letters(_STEMS.sub("", form)) for form in (folded, folded.translate(_READ_AS), _letters(folded))]
    return min(len(letters) for letters in own) < _FEWEST_OWN_LETTERS and any(_STEMS.search(form) for form in _forms(folded))


def _forms(folded: str) -> Iterator[str]:
    yield folded
    yield folded.translate(_READ_AS)
    yield _letters(folded)


class Passwords:
    """Hashes and compares passwords with argon2id.

    One comparison runs at a time in a process and few wait for it: signing in must not take the processors from the
    conversations, whoever asks how often.

    Args:
        memory_kib, rounds: the cost; see `docs/security.md` for how it was chosen.
    """

    def __init__(self, memory_kib: int = 65536, rounds: int = 3) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._one = threading.Lock()
        self._few = threading.BoundedSemaphore(4)
        # Compared with when there is nothing to compare with, so that the time tells nothing about the account.
        self._nobody = _of_no_password(memory_kib, rounds)

    def hash(self, password: str) -> str:
        """What is kept of a password.

        Raises:
            TooMany: too many are signing in at this moment.
        """
        with self._turn():
            return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one that `kept` was made of; with None as much work, and False.

        Raises:
            TooMany: too many are signing in at this moment.
        """
        # What is longer than any password is cut, so that its length costs nothing.
        plain = normalised(password[: LONGEST * 4]).encode("utf-8", "surrogatepass")
        with self._turn():
            try:
                self._hasher.verify(kept or self._nobody, plain)
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether `kept` was made with another cost than today's."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._few.acquire(blocking=False):
            raise TooMany("sign_in_busy", retry_after_s=2)
        try:
            with self._one:
                yield
        finally:
            self._few.release()


def _of_no_password(memory_kib: int, rounds: int) -> str:
    """What looks like something kept of a password, and costs as much to compare with."""
    salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in (DEFAULT_RANDOM_SALT_LENGTH, DEFAULT_HASH_LENGTH))
    return f"$argon2id$v={ARGON2_VERSION}$m={memory_kib},t={rounds},p=1${salt}${digest}"
