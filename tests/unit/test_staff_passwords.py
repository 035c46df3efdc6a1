"""Passwords: what is accepted, how it is kept, and that comparing gives nothing away."""

from __future__ import annotations

import threading

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Invalid, TooMany
from bot.staff.passwords import LONGEST, SHORTEST, Passwords, check, normalised


def refused(password: str, login: str = "chen.li", name: str = "Chen Li") -> str:
    with pytest.raises(Invalid) as error:
        check(password, login, name)
    return error.value.code


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(memory_kib=64, rounds=1)


@pytest.mark.parametrize(
    "password",
    [
        "seven lanterns over the quay",
        "correct horse battery staple",
        "k3#pQz!9vLm2",
        "木棉花开在莲花山公园的早晨",
        "Zü7-Träume am Fluß",
        "welcome to the turtle parade",
        "admin likes marmalade jam",
        "今天天气很好我们去海边散步吧",
    ],
)
def test_a_password_that_takes_long_to_guess_is_accepted(password: str) -> None:
    assert check(password, "chen.li", "Chen Li") == normalised(password)


@pytest.mark.parametrize("password", ["", "a", "elevenchars", "木棉花开", "seven lamp"])
def test_a_short_password_is_refused(password: str) -> None:
    assert refused(password) == "password_short"


def test_an_endless_password_is_refused() -> None:
    assert refused("seven lanterns " * 20) == "password_long"
    check(("seven lanterns " * 20)[:LONGEST], "chen.li", "Chen Li")


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password!2026",
        "P@ssw0rd2026!",
        "p@$$w0rd1234",
        "123456789012",
        "aaaaaaaaaaaa",
        "abababababab",
        "qwertyuiop123",
        "1q2w3e4r5t6y",
        "!QAZ2wsx3edc",
        "adminadminadmin",
        "Administrator1",
        "welcome12345",
        "Shenzhen2026!",
        "woaini1314520",
        "iloveyou12345",
        "admin@12345678",
        "abcdefghijkl",
        "abcd1234efgh",
        "13812345678999",
        "letmein letmein",
        "ｐａｓｓｗｏｒｄ１２３４",
        "changeme-2026",
        "深圳深圳深圳深圳深圳深圳",
        "密码密码密码密码密码密码1",
        "mima12345678",
        "qazwsxedcrfv",
        "zxcvbnm,./123",
        "government2026",
        "summer2026summer",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert refused(password) == "password_common"


@pytest.mark.parametrize(
    ("password", "login", "name"),
    [
        ("chen.li.2026.11", "chen.li", "Chen Li"),
        ("ChenLi_20261125", "someone", "Chen Li"),
        ("LiChenLiChen!!", "someone", "Chen Li"),
        ("zhangwei@19901212", "zhangwei", "张伟"),
        ("张伟张伟张伟1990张伟", "zw", "张伟"),
        ("wang-xiaoming-1", "wang-xiaoming", "X"),
    ],
)
def test_a_password_made_of_the_name_is_refused(password: str, login: str, name: str) -> None:
    assert refused(password, login, name) == "password_like_name"


def test_a_name_inside_a_long_sentence_does_not_matter() -> None:
    check("chen li and the seven lanterns", "chen.li", "Chen Li")


@pytest.mark.parametrize("character", ["\x00", "\n", "\x7f", "\ud800", "\ue000"])
def test_characters_that_cannot_be_typed_again_are_refused(character: str) -> None:
    assert refused(f"seven lanterns{character} over") == "password_characters"


def test_keyboards_that_compose_differently_type_the_same_password(passwords: Passwords) -> None:
    kept = passwords.hash(check("Träume im Kornfeld", "chen.li", "Chen Li"))
    assert passwords.verify(kept, "Tra\u0308ume im Kornfeld")
    assert passwords.verify(kept, "Ｔräume im Kornfeld")


@given(st.text(min_size=SHORTEST, max_size=LONGEST))
def test_every_text_is_either_accepted_or_refused_with_a_reason(password: str) -> None:
    try:
        assert len(check(password, "chen.li", "Chen Li")) >= SHORTEST
    except Invalid as error:
        assert error.code.startswith("password_")


def test_a_hash_is_argon2id_with_the_cost_that_is_documented() -> None:
    parameters = extract_parameters(Passwords().hash("seven lanterns over the quay"))
    assert (parameters.type, parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (Type.ID, 65536, 3, 1)


def test_the_same_password_is_kept_differently_each_time(passwords: Passwords) -> None:
    first, second = passwords.hash("seven lanterns"), passwords.hash("seven lanterns")
    assert first != second and passwords.verify(first, "seven lanterns") and passwords.verify(second, "seven lanterns")


def test_a_hash_with_another_cost_is_outdated(passwords: Passwords) -> None:
    assert not passwords.outdated(passwords.hash("x"))
    assert passwords.outdated(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash("x"))


class Counting(PasswordHasher):
    """Notes the cost of every comparison."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=64, parallelism=1)
        self.compared: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.compared.append(str(hash).rsplit("$", 2)[0])
        return super().verify(hash, password)


def test_nobody_costs_as_much_as_somebody(passwords: Passwords) -> None:
    counting = Counting()
    passwords._hasher = counting
    kept = passwords.hash("seven lanterns over the quay")
    assert passwords.verify(kept, "seven lanterns over the quay") is True
    assert passwords.verify(kept, "eight lanterns over the quay") is False
    assert passwords.verify(None, "seven lanterns over the quay") is False
    assert passwords.verify(None, "nobody has this password") is False
    assert len(counting.compared) == 4 and len(set(counting.compared)) == 1


def test_what_is_no_hash_is_no_password(passwords: Passwords) -> None:
    assert passwords.verify("", "x") is False
    assert passwords.verify("plain", "plain") is False


def test_a_lone_surrogate_is_only_a_wrong_password(passwords: Passwords) -> None:
    assert passwords.verify(passwords.hash("seven lanterns"), "\ud800") is False


def test_a_crowd_is_told_to_wait_instead_of_taking_every_processor() -> None:
    entered, let_go = threading.Event(), threading.Event()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            entered.set()
            assert let_go.wait(30)
            return super().verify(hash, password)

    passwords = Passwords(memory_kib=64, rounds=1)
    passwords._hasher = Slow(time_cost=1, memory_cost=64, parallelism=1)
    kept = passwords.hash("x")
    results: list[bool] = []
    crowd = [threading.Thread(target=lambda: results.append(passwords.verify(kept, "x"))) for _ in range(4)]
    for each in crowd:
        each.start()
    assert entered.wait(30)
    refused_at_last = False
    while not refused_at_last:
        # The four places are taken as soon as the last thread has begun.
        if passwords._few.acquire(blocking=False):
            passwords._few.release()
            continue
        with pytest.raises(TooMany) as busy:
            passwords.verify(kept, "x")
        refused_at_last = busy.value.code == "sign_in_busy"
    let_go.set()
    for each in crowd:
        each.join()
    assert results == [True] * 4


def test_nobody_is_compared_at_the_cost_of_everybody() -> None:
    passwords = Passwords(memory_kib=8192, rounds=2)
    assert not passwords.outdated(passwords._nobody)
    assert passwords.outdated(Passwords(memory_kib=8192, rounds=3)._nobody)
    assert not passwords.verify(None, "nobody has this password")
    # Argon2 itself takes it for something to compare with, and does not refuse it unread.
    with pytest.raises(VerifyMismatchError):
        passwords._hasher.verify(passwords._nobody, "nobody has this password")
