"""Sessions are told apart by browser and system in a few words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.staff.browsers import described

_MOZILLA = "Mozilla/5.0"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"{_MOZILLA} (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome, Windows"),
        (
            f"{_MOZILLA} (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge, Windows",
        ),
        (f"{_MOZILLA} (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"),
        (
            f"{_MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            "Safari, macOS",
        ),
        (
            f"{_MOZILLA} (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 "
            "Safari/604.1",
            "Safari, iPhone",
        ),
        (
            f"{_MOZILLA} (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        (
            f"{_MOZILLA} (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0 Safari/537.36 "
            "MicroMessenger/7.0 WindowsWechat",
            "WeChat, Windows",
        ),
        (
            f"{_MOZILLA} (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (like Gecko) Chrome/114.0 Safari/537.36 ArkWeb/4.1 HuaweiBrowser/5",
            "Huawei Browser, HarmonyOS",
        ),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_browser_and_system_are_named(header: str, expected: str) -> None:
    assert described(header) == expected


@given(st.text())
def test_nothing_of_the_header_itself_is_kept(header: str) -> None:
    assert len(described(header)) <= 80
    assert described(f"<script>{header}") == described(header)
