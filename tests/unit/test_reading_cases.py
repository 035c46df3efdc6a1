"""What is read of people's cases: who they work for next, where they are, how long they stay, whether alone, of what nationality."""

from __future__ import annotations

import pytest

from bot.catalogue.city_names import city_names
from tests.unit.papers_fixture import papers

CASES: list[tuple[str, dict[str, str | None]]] = [
    ("I left my job at the language school and a hotel group has signed me.", {"application_type": "change_employer"}),
    ("I got laid off but found work with a game developer", {"application_type": "change_employer"}),
    ("joining BYD next month, Huawei already did my cancellation", {"application_type": "change_employer"}),
    ("被公司裁了，拿到腾讯offer，怎么办许可", {"application_type": "change_employer"}),
    ("我resign了，cancellation letter也有，下周join一家startup", {"application_type": "change_employer"}),
    ("I was dismissed and want my permit closed", {"application_type": "cancellation"}),
    ("I resigned without having a new contract", {"application_type": "cancellation"}),
    ("辞职了，准备回国，公司要办什么", {"application_type": "cancellation"}),
    ("目前人在明斯克", {"place": "abroad", "nationality": None}),
    ("our control engineer, based out of Pune", {"place": "abroad", "nationality": None}),
    ("He sits in Krakow at the moment", {"place": "abroad", "nationality": None}),
    ("worked six years in Dubai, I am in Shenzhen", {"place": "in_china"}),
    ("他在慕尼黑工作过五年，现在在深圳", {"place": "in_china"}),
    ("Graduated from university in Leeds", {"degree_country": "GB", "place": None}),
    ("6 years at a firm in Milan", {"place": None}),
    (
        "Partner's specialist will supervise the trial production for two months",
        {"application_type": "short_term", "short_task": "partner"},
    ),
    ("做两个月技术指导，做完就走", {"application_type": "short_term", "short_task": "partner"}),
    ("He is here for 6 weeks then back", {"application_type": "short_term"}),
    ("德国客户派专家来验收设备，一周", {"application_type": "short_term", "short_task": "exempt"}),
    ("ended a project two months early and sent him home", {"application_type": None}),
    ("I'm single, nobody comes along", {"family": "no"}),
    ("家人不来，就我一个人", {"family": "no"}),
    ("can hr go alone", {"family": None}),
    ("没有人跟我说", {"family": None}),
    ("We made an offer to a Polish control engineer", {"nationality": "PL"}),
    ("Three Frenchmen work for us", {"nationality": "FR"}),
    ("匈籍工程师", {"nationality": "HU"}),
    ("I work for a German robotics company", {"nationality": None}),
    ("I teach Polish", {"nationality": None}),
    ("She is a Dutch-educated Kenyan", {"nationality": "KE", "degree_country": "NL"}),
]


@pytest.mark.parametrize(("said", "expected"), CASES)
def test_case_is_read(said: str, expected: dict[str, str | None]) -> None:
    context = papers().reader.read_profile(said).context()
    assert {key: context.get(key) for key in expected} == expected


def test_cities_have_the_code_of_their_country() -> None:
    cities = city_names()
    assert (cities["minsk"], cities["阿拉木图"], cities["sao paulo"]) == ("BY", "KZ", "BR")
    assert not {"oral", "reunion", "kabul", "里加"} & cities.keys()
