"""E-mail addresses, also spaced out, said in words of any tongue of ours, or with something invisible in them."""

from __future__ import annotations

import pytest

from bot.redaction import redact

TAKEN = [
    ("write to john.doe@example.com please", "write to <EMAIL:1> please"),
    ("邮箱john@example.com谢谢", "邮箱<EMAIL:1>谢谢"),
    ("john＠example.com", "<EMAIL:1>"),
    ("john at example dot com", "<EMAIL:1>"),
    ("john [at] example [dot] com", "<EMAIL:1>"),
    ("j\u200bohn@exam\u200bple.c\u200bom", "<EMAIL:1>"),
    ("john\u00ad@exam\u2060ple.com", "<EMAIL:1>"),
    ("john@example。com", "<EMAIL:1>"),
    ("john＠example．com", "<EMAIL:1>"),
    ("john @ example . com", "<EMAIL:1>"),
    ("john@example. com, thanks", "<EMAIL:1>, thanks"),
    ("john_doe(a)example.com", "<EMAIL:1>"),
    ("john dot doe at example dot com", "<EMAIL:1>"),
    ("john at gmail.com", "<EMAIL:1>"),
    ("我的邮箱是john艾特example点com", "我的邮箱是<EMAIL:1>"),
    ("我的郵箱：john 圈a example 點 com", "我的郵箱：<EMAIL:1>"),
    ("john آت example نقطة com", "<EMAIL:1>"),
    ("john Klammeraffe example Punkt de", "<EMAIL:1>"),
    ("john arroba example punto com", "<EMAIL:1>"),
    ("john arobase example point fr", "<EMAIL:1>"),
    ("john chiocciola example punto it", "<EMAIL:1>"),
    ("johnアットマークexample.com", "<EMAIL:1>"),
    ("john 골뱅이 example 점 com", "<EMAIL:1>"),
    ("john apenstaartje example punt nl", "<EMAIL:1>"),
    ("john małpa example kropka pl", "<EMAIL:1>"),
    ("john arroba example ponto br", "<EMAIL:1>"),
    ("иван собака пример точка ру", "<EMAIL:1>"),
    ("john แอท example จุด com", "<EMAIL:1>"),
    ("john et gmail nokta com", "<EMAIL:1>"),
    ("john.doe at mycompany.com", "<EMAIL:1>"),
    ("reach me under john.doe AT example.com, please", "reach me under <EMAIL:1>, please"),
    ("john_doe at company.co.uk", "<EMAIL:1>"),
    ("hans.mueller bei firma.de", "<EMAIL:1>"),
    ("hans.müller ät gmx punkt de", "<EMAIL:1>"),
    ("marie.curie chez labo.fr", "<EMAIL:1>"),
    ("my email is john at mycompany.com", "my email is <EMAIL:1>"),
    ("邮箱：john at mycompany.com", "邮箱：<EMAIL:1>"),
]
STAYS = [
    "meet me at Shekou dot is there a hall",
    "look at fwp.safea.gov.cn for the form",
    "Je viens demain, moi et le point de contact",
    "I am at the point in Futian. It is open?",
    "у меня собака, точка",
    "is the office @ Shekou . open now",
    "see you at gov.cn",
    "apply at fwp.safea.gov.cn",
    "can I e-mail the form or apply at fwp.safea.gov.cn",
    "it opens 9.00 at sz.gov.cn",
    "check-in at visa.com is closed",
    "I read it, e.g. at sz.gov.cn",
]


def _redacted(text: str) -> str:
    return redact(text, None, lambda kind, _piece: f"<{kind}:1>")


@pytest.mark.parametrize(("text", "expected"), TAKEN)
def test_an_address_is_taken(text: str, expected: str) -> None:
    assert _redacted(text) == expected


@pytest.mark.parametrize("text", STAYS)
def test_sentences_with_the_same_words_stay(text: str) -> None:
    assert _redacted(text) == text


def test_an_address_is_kept_with_what_is_invisible_in_it() -> None:
    kept: list[str] = []
    redact("write to j\u200bohn@exam\u200bple.com\u200b.", None, lambda kind, piece: kept.append(piece) or f"<{kind}:1>")
    assert kept == ["j\u200bohn@exam\u200bple.com"]
