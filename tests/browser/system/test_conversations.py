"""Whole conversations: an applicant at the page, officers at the console, and the assistant between them."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect
from sqlalchemy import select

from bot.conversations.models import Conversation, Message, Rating
from bot.languages import Language
from tests import project
from tests.browser.people import World
from tests.browser.system.conftest import Hire
from tests.staff import PASSWORD
from tests.system import System

# What Playwright's own list of devices says of a Pixel 7.
PHONE: dict[str, Any] = {
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "viewport": {"width": 412, "height": 839},
    "device_scale_factor": 2.625,
    "is_mobile": True,
    "has_touch": True,
}


def stored(system: System, first: str) -> tuple[Conversation, list[Message], Rating | None]:
    """The conversation that began with this text, everything in it, and how it was rated."""
    database = system.database()
    with database.session() as session:
        (said,) = session.execute(select(Message).where(Message.text == first)).scalars()
        conversation = session.get(Conversation, said.conversation_id)
        here = Message.conversation_id == conversation.id
        messages = session.execute(select(Message).where(here).order_by(Message.seq)).scalars().all()
        rating = session.get(Rating, conversation.id)
        session.expunge_all()
    database.close()
    return conversation, list(messages), rating


def only_in_category_b(language: Language) -> str:
    """What is said of the change form to somebody who extends a permit of category B, and to nobody else."""
    answers = project.answers()
    profile = {"application_type": "extension", "category": "B", "circumstances": {}}
    told, general = (
        answers.replies("utter_material", language, {"material": "M21", "profile": each})[0]["text"].splitlines()
        for each in (profile, None)
    )
    (line,) = [line for line in told if line not in general]
    return line.removeprefix("- ")


async def test_english_conversation_from_the_first_question_to_the_rating(world: World, hire: Hire, system: System) -> None:
    ann = await world.applicant("en")
    question = "I'm French, teaching French, now in Lyon, first permit: which papers do I need?"
    await ann.say(question)
    await ann.chooses("Yes")
    await ann.sees("In which country was the highest degree earned?")
    await ann.asks("France", "New permit, over 90 days")
    checklist = ann.card("checklist")
    await checklist.get_by_role("checkbox").first.check()
    await expect(checklist.get_by_text(ann.t("cards.checklist.progress", done=1, all=8), exact=True)).to_be_visible()
    await ann.asks("where is the nearest station to Futian?", "Administrative Service Hall")
    await expect(ann.card("station").get_by_role("link", name=ann.t("cards.station.app_amap"), exact=True)).to_be_visible()
    await ann.asks("where is my application?", "permit number or the application number")
    await ann.asks("DEMO-A-200010", "date of birth")
    await ann.say("27 August 1989")
    await expect(ann.card("status").locator("[aria-current=step]")).to_contain_text("Approved")

    await ann.chooses(ann.t("composer.person"))
    await ann.sees("No officer is at the desk")
    lin = await world.officer("en")
    await lin.signs_in(hire("lin.wei", "Lin Wei", stations=("civic_center",)), PASSWORD)
    await lin.is_here()
    await ann.chooses(ann.t("composer.person"))
    await ann.sees("You would be number 1")
    await ann.chooses("Wait for an officer")
    await expect(ann.speaker).to_have_text(ann.t("head.queued_at", position=1))

    await lin.opens()
    await expect(lin.packet).to_contain_text(lin.t("reason.asked"))
    await expect(lin.packet).to_contain_text("New permit, over 90 days")
    await expect(lin.packet).to_contain_text("…010")
    await lin.acts("claim")
    await ann.sees("Lin Wei (Administrative Service Hall")
    await expect(ann.speaker).to_contain_text("Lin Wei")
    await lin.says("Good morning. Do you mean to extend a permit that you have already?")
    await ann.sees("Do you mean to extend a permit that you have already?")
    await ann.say("Yes, sorry: it is an extension with the same employer")
    await lin.sees("it is an extension with the same employer")
    dialog = await lin.picks_card("checklist")
    await dialog.get_by_label(lin.t("cards.type"), exact=True).select_option("extension")
    await dialog.get_by_label(lin.t("cards.category"), exact=True).select_option("B")
    await lin.confirms("cards.send")
    await expect(ann.card("checklist")).to_contain_text("Extension")
    await lin.acts("hand_back")
    await lin.confirms("hand_back.yes")
    await ann.sees("The officer has given the conversation back")
    await expect(ann.speaker).to_have_text(ann.t("head.assistant"))
    await ann.asks("What does the change form look like?", only_in_category_b("en"))

    await ann.chooses(ann.t("composer.person"))
    await ann.chooses("Wait for an officer")
    await expect(ann.speaker).to_have_text(ann.t("head.queued_at", position=1))
    await lin.acts("claim")
    await lin.says("Is there anything else?")
    await ann.asks("No, that was all", "No, that was all")
    await lin.sees("No, that was all")
    await lin.closes("solved")
    await ann.sees("The officer has closed this conversation")
    rating = ann.card("rating")
    await rating.get_by_role("radio", name=ann.t("cards.rating.score_5"), exact=True).check()
    await rating.get_by_label(ann.t("cards.rating.comment"), exact=True).fill("Quick and clear")
    await rating.get_by_role("button", name=ann.t("cards.rating.send"), exact=True).click()
    await expect(rating).to_contain_text(ann.t("cards.rating.thanks"))

    conversation, messages, rated = stored(system, question)
    assert (conversation.state, conversation.outcome) == ("CLOSED", "solved")
    assert rated is not None and (rated.score, rated.comment) == (5, "Quick and clear")
    assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
    assert world.errors == []


async def test_chinese_conversation_on_a_phone_with_two_officers(world: World, hire: Hire, system: System) -> None:
    wang = await world.applicant("zh", **PHONE)
    await wang.starts("materials")
    await wang.sees("您要办理哪种申请")
    first = "我是法国人，来深圳教法语，人还在里昂，第一次办"
    await wang.say(first)
    await wang.chooses("是")
    await wang.sees("最高学位在哪个国家或地区取得")
    await wang.asks("法国", "境外申请")
    await wang.card("checklist").get_by_role("checkbox").first.check()
    await expect(wang.card("checklist").get_by_text(wang.t("cards.checklist.progress", done=1, all=8), exact=True)).to_be_visible()
    await wang.asks("离福田最近的办理点在哪里？", "直线距离")
    await expect(wang.card("station").get_by_role("button", name=wang.t("cards.station.driver"), exact=True).first).to_be_visible()
    await wang.asks("我的申请到哪一步了？", "工作许可编号或申请受理编号")
    await wang.asks("DEMO-A-200010", "出生日期")
    await wang.say("1989年8月27日")
    await expect(wang.card("status").locator("[aria-current=step]")).to_contain_text("准予许可")

    chen, zhou = await world.officer("zh"), await world.officer("zh")
    await chen.signs_in(hire("chen.jing", "陈静", stations=("civic_center",), language="zh"), PASSWORD)
    await chen.is_here()
    await zhou.signs_in(hire("zhou.min", "周敏", "supervisor", language="zh"), PASSWORD)
    await zhou.is_here()
    await wang.chooses(wang.t("composer.person"))
    await wang.sees("现在排队是第1位")
    await wang.chooses("排队等候")
    await expect(wang.speaker).to_have_text(wang.t("head.queued_at", position=1))

    await chen.opens()
    await expect(chen.packet).to_contain_text(chen.t("reason.asked"))
    await expect(chen.packet).to_contain_text("境外申请")
    await chen.acts("claim")
    await wang.sees("工作人员陈静")
    await chen.says("您好，请问您的单位地址有变化吗？")
    await wang.sees("请问您的单位地址有变化吗？")
    await wang.say("没有变化，只是换了护照")
    await chen.sees("没有变化，只是换了护照")
    dialog = await chen.picks_card("station")
    await dialog.get_by_label(chen.t("field.station"), exact=True).select_option("qianhai")
    await chen.confirms("cards.send")
    await expect(wang.card("station")).to_contain_text("前海")
    await chen.acts("transfer")
    await chen.dialog.get_by_role("combobox", name=chen.t("transfer.colleague"), exact=True).select_option(
        label=f"周敏 · {chen.t('presence.ready')}"
    )
    await chen.dialog.get_by_label(chen.t("transfer.note"), exact=True).fill("护照已更换，请核对变更表")
    await chen.confirms("transfer.yes")
    await wang.sees("您的对话已转给工作人员周敏")
    await expect(wang.log).not_to_contain_text("请核对变更表")

    await zhou.opens("没有变化")
    await zhou.sees("护照已更换，请核对变更表")
    await zhou.acts("claim")
    await wang.sees("工作人员周敏")
    await zhou.says("已经看到前面的内容。换护照要另外提交变更申请表。")
    await wang.sees("换护照要另外提交变更申请表")
    await wang.say("明白了，谢谢")
    await zhou.sees("明白了，谢谢")
    await zhou.closes("solved")
    rating = wang.card("rating")
    await rating.get_by_role("radio", name=wang.t("cards.rating.score_4"), exact=True).check()
    await rating.get_by_role("button", name=wang.t("cards.rating.send"), exact=True).click()
    await expect(rating).to_contain_text(wang.t("cards.rating.thanks"))

    conversation, messages, rated = stored(system, first)
    assert conversation.state == "CLOSED" and rated is not None and rated.score == 4
    assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
    assert world.errors == []
