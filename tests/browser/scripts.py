"""What the scripted assistant of browser tests says: lines in both languages, as the real actions would send them."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.browser.cards_page import checklist, stations_near, status
from tests.gateway import answer, hand_off, reply
from tests.project import answers

SOURCES = [
    {"title": "Guide to the Foreigner's Work Permit in Shenzhen", "url": "https://www.sz.gov.cn/guide", "date": "2026-03-02"},
    {"title": "Reported, not confirmed by an authority", "url": None, "date": None},
]
FEE = {
    "en": "The authority charges **no fee** for the work permit. The residence permit that follows has a fee:\n"
    "- CNY 400 for less than 1 year\n- CNY 800 for 1 year to less than 3 years\n- CNY 1,000 for 3 to 5 years\n\n"
    "Ask 0755-88121678 if your case is different.",
    "zh": "工作许可**政府不收费**，之后的居留许可要收费：\n- 不满1年：400元\n- 1年以上、不满3年：800元\n- 3年至5年：1000元\n\n"
    "情况不同的，请致电 0755-88121678 核实。",
}
LINE = {
    "en": "Source: Guide to the Foreigner's Work Permit in Shenzhen (2 Mar 2026)",
    "zh": "来源：深圳外国人工作许可办事指南（2026年3月2日）",
}
CHOICES = {
    "en": [("More", "choose:more.fee=show"), ("Residence permit", "/residence_permit"), ("How long it takes", "/processing_time")],
    "zh": [("查看更多", "choose:more.fee=show"), ("居留许可", "/residence_permit"), ("要办多久", "/processing_time")],
}


def fee(language: str, **fields: Any) -> dict[str, Any]:
    """An answer with sources and quick replies."""
    return reply(
        f"{FEE[language]}\n\n{LINE[language]}",
        language=language,
        topic="fee",
        confidence=0.93,
        sources=SOURCES,
        source_line=LINE[language],
        quick_replies=[{"title": title, "payload": payload} for title, payload in CHOICES[language]],
        **fields,
    )


CARDS = {"show the list": checklist, "show stations": stations_near, "show the status": status}


async def conversation(message: dict[str, Any]) -> Any:
    """Answers by a few words of the question; everything else is repeated."""
    text, language = message["message"], message["metadata"]["language"]
    if text in CARDS:
        return answer(CARDS[text](answers(), language))
    if "fee" in text or "费" in text or text == "/materials":
        return answer(fee(language))
    if text == "/handoff":
        return [{"recipient_id": "x", "custom": {"replies": hand_off(language, "asked")}}]
    if text.startswith("slow"):
        await asyncio.sleep(0.3)
    return answer(reply(f"echo: {text}", language=language))
