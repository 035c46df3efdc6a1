"""Where an answer may be sent: what is taken for an e-mail address or a phone number, and what is asked again."""

from __future__ import annotations

import pytest

from bot.conversations.contacts import ReplyTo, check, find, looks_like_contact, mailbox
from bot.errors import Invalid


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ann@example.org", "ann@example.org"),
        ("My address is Ann.Lee+permit@Mail.Example.CO.UK, thanks.", "Ann.Lee+permit@mail.example.co.uk"),
        ("我的邮箱是zhang_wei@qq.com谢谢", "zhang_wei@qq.com"),
        ("ａｎｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ann@example.org"),
        ("<ann@example.org>", "ann@example.org"),
        ("mailto:o'neil@example.ie", "o'neil@example.ie"),
        ("ann@xn--fiqs8s.xn--55qx5d", "ann@xn--fiqs8s.xn--55qx5d"),
    ],
)
def test_an_email_address_is_found_in_what_people_write(text: str, value: str) -> None:
    assert find(text) == ReplyTo("email", value)


@pytest.mark.parametrize(
    "text",
    ["ann@", "@example.org", "ann@example", "ann@@example.org", "ann@-example.org", "ann@example..org", "a b@c", "x" * 70 + "@a.org"],
)
def test_an_email_address_that_cannot_be_right_is_asked_again(text: str) -> None:
    with pytest.raises(Invalid, match="contact_email"):
        find(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("手机：+86 138 0013 8000（微信同号）", "13800138000"),
        ("0086 13800138000", "13800138000"),
        ("86 13800138000", "13800138000"),
        ("0755-88121678", "0755-88121678"),
        ("(0755) 8812 1678", "0755-88121678"),
        ("+86 755 8812 1678", "0755-88121678"),
        ("+86 (0755) 8812-1678 转 203", "0755-88121678-203"),
        ("010-65551234 ext. 7", "010-65551234-7"),
        ("021 6555 1234", "021-65551234"),
        ("0898-6555123", "0898-6555123"),
        ("400 700 8000", "4007008000"),
        ("+44 20 7946 0018", "+442079460018"),
        ("0044 (20) 7946 0018", "+442079460018"),
        ("+852 9123 4567", "+85291234567"),
        ("+7 (495) 123-45-67", "+74951234567"),
        ("+1.202.555.0143", "+12025550143"),
        ("call me after 5 at +49 30 901820, please", "+4930901820"),
    ],
)
def test_a_phone_number_is_found_in_what_people_write(text: str, value: str) -> None:
    assert find(text) == ReplyTo("phone", value)


@pytest.mark.parametrize(
    "text",
    ["8812 1678", "88121678", "138 0013 800", "12800138000", "2026-11-25", "+86 138 0013", "+12345", "+1234567890123456", "20 7946 0018"],
)
def test_a_phone_number_that_cannot_be_called_is_asked_again(text: str) -> None:
    with pytest.raises(Invalid, match="contact_phone"):
        find(text)


@pytest.mark.parametrize("text", ["my wechat", "no", "room 1204", "稍后再说"])
def test_a_text_without_a_contact_is_told_from_one_that_is_wrong(text: str) -> None:
    assert not looks_like_contact(text)
    with pytest.raises(Invalid, match="contact_missing"):
        find(text)


def test_the_form_says_which_kind_it_is() -> None:
    assert check("window", None) == check("window", "ignored") == ReplyTo("window")
    assert check("email", " ann@example.org ") == ReplyTo("email", "ann@example.org")
    assert check("phone", "138 0013 8000") == ReplyTo("phone", "13800138000")


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("email", "13800138000", "contact_email"),
        ("email", "ann@example.org,bob@example.org", "contact_email"),
        ("email", "ann@example.org\r\nBcc: eve@example.org", "contact_email"),
        ("email", "write to ann@example.org", "contact_email"),
        ("email", "x" * 65 + "@example.org", "contact_email"),
        ("phone", "ann@example.org", "contact_phone"),
        ("email", None, "contact_missing"),
        ("phone", "  ", "contact_missing"),
        ("fax", "1", "unknown_value"),
    ],
)
def test_a_form_with_a_wrong_contact_is_refused(kind: str, value: str | None, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        check(kind, value)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("Ann.Lee+permit+2@example.org", "ann.lee@example.org"),
        ("ANN.LEE@example.org", "ann.lee@example.org"),
        ("annlee@example.org", "annlee@example.org"),
    ],
)
def test_addresses_of_one_mailbox_have_one_name(address: str, name: str) -> None:
    assert mailbox(address) == name
