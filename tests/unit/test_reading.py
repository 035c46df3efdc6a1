"""What is read from people's own sentences, in English, Chinese and both."""

from __future__ import annotations

import pytest

from bot.catalogue.profile import Profile
from tests.unit.papers_fixture import papers

# sentence; what must be read (type/category by their names); a value of None says that nothing may be read there
SENTENCES: list[tuple[str, dict[str, str | None]]] = [
    (
        "I'm French, teaching English, now in Dubai, first permit",
        {
            "application_type": "new_abroad",
            "nationality": "FR",
            "basis": "language_teacher",
            "teaches_mother_tongue": "no",
            "category": None,
        },
    ),
    ("我是法国人，想续签", {"application_type": "extension", "nationality": "FR"}),
    ("no, extension", {"application_type": "extension"}),
    ("How do I renew my work permit?", {"application_type": "extension"}),
    ("my permit expires soon what do i need", {"application_type": "extension"}),
    ("续签需要什么材料", {"application_type": "extension"}),
    ("工签快到期了怎么办", {"application_type": "extension"}),
    ("category B, renewal", {"application_type": "extension", "category": "B"}),
    ("B类续签要交啥", {"application_type": "extension", "category": "B"}),
    ("I am a British citizen living in Hong Kong", {"nationality": "GB", "place": "abroad", "resident_status": None}),
    ("我是香港人，要办工作许可吗", {"resident_status": "hmt"}),
    ("My degree is from India", {"degree_country": "IN", "nationality": None}),
    ("I graduated from a university in Australia and I'm American", {"degree_country": "AU", "nationality": "US"}),
    ("US citizen with a degree from UK", {"nationality": "US", "degree_country": "GB"}),
    ("我在美国读的硕士，国籍是加拿大", {"degree_country": "US", "nationality": "CA"}),
    ("本科英国毕业，巴基斯坦护照", {"degree_country": "GB", "nationality": "PK"}),
    ("i am from Kenya, police check from Tanzania", {"nationality": "KE", "no_crime_country": "TZ"}),
    ("换工作需要什么材料", {"application_type": "change_employer"}),
    ("I changed jobs, new company wants my papers", {"application_type": "change_employer"}),
    ("moving to another company, same occupation", {"application_type": "change_employer", "occupation_changes": "no"}),
    ("跳槽到新公司，但是换行业了", {"application_type": "change_employer", "occupation_changes": "yes"}),
    ("换了新护照要怎么变更", {"application_type": "change_information", "change": "passport"}),
    ("I got a new passport", {"application_type": "change_information", "change": "passport"}),
    ("I was promoted, same employer", {"application_type": "change_information", "change": "post"}),
    ("extend my permit and I also have a new passport", {"application_type": "extension", "change": "passport"}),
    ("续签的同时换了护照", {"application_type": "extension", "change": "passport"}),
    ("I resigned last week, how to cancel my permit", {"application_type": "cancellation"}),
    ("离职了，注销要什么", {"application_type": "cancellation"}),
    ("公司倒闭了，我自己能注销吗", {"application_type": "cancellation", "cancel_case": "employer_gone"}),
    ("员工跑了联系不上，怎么注销", {"application_type": "cancellation", "cancel_case": "employee_missing"}),
    ("we need to cancel, there is a labour dispute", {"application_type": "cancellation", "cancel_case": "dispute"}),
    ("短期来华做技术指导，不到三个月", {"application_type": "short_term"}),
    ("short-term work for a concert", {"application_type": "short_term", "short_task": "performance"}),
    ("a technician comes to install machines for less than 90 days", {"application_type": "short_term", "short_task": "exempt"}),
    ("第一次办工作许可，人在国外", {"application_type": "new_abroad"}),
    ("首次申请，我已经在深圳了", {"application_type": "new_in_china"}),
    ("first permit, I am already in China on a tourist visa", {"application_type": "new_in_china", "visa_kind": "tourist"}),
    ("I want to apply for a work permit in Shenzhen", {"purpose": "new", "place": None, "application_type": None}),
    ("I live in Germany and got a job offer in Shenzhen", {"application_type": "new_abroad", "place": "abroad", "nationality": None}),
    ("renewal, nothing has changed", {"application_type": "extension", "change": "nothing"}),
    ("renewal, nothing has changed except my passport", {"application_type": "extension", "change": "passport"}),
    ("硕士刚毕业的巴基斯坦学生", {"nationality": "PK", "degree_country": None}),
    ("I turned 62, extension please", {"application_type": "extension", "age_60": "yes"}),
    ("extension, I'm 41", {"application_type": "extension", "age_60": "no"}),
    ("extension, he is 58", {"application_type": "extension", "age_60": None}),
    ("we counted 72 points", {"basis": "points"}),
    ("renewal, German, B", {"application_type": "extension", "nationality": "DE", "category": "B"}),
    ("plan a, b or c, please", {"category": None}),
    ("境内申请A类要什么", {"application_type": "new_in_china", "category": "A"}),
    ("境外申请，C类", {"application_type": "new_abroad", "category": "C"}),
    ("我们公司想招一个巴西外教，人还在国外", {"application_type": "new_abroad", "nationality": "BR", "basis": "language_teacher"}),
    (
        "we want to hire a Filipino English teacher who is still in Manila",
        {"nationality": "PH", "basis": "language_teacher", "place": "abroad", "teaches_mother_tongue": None},
    ),
    ("俄罗斯籍员工，教英语，B类", {"nationality": "RU", "basis": "language_teacher", "category": "B", "teaches_mother_tongue": "no"}),
    (
        "a South African English teacher with a TEFL certificate",
        {"nationality": "ZA", "basis": "language_teacher", "teaching_qualification": "yes"},
    ),
    ("I have no TEFL", {"teaching_qualification": "no"}),
    ("我没有TEFL", {"teaching_qualification": "no"}),
    ("I am 62 years old and want to extend", {"application_type": "extension", "age_60": "yes"}),
    ("今年61岁，B类，想延期", {"application_type": "extension", "category": "B", "age_60": "yes"}),
    ("visa free, mutual visa exemption, want to apply in country", {"application_type": "new_in_china", "visa_kind": "visa_free_mutual"}),
    ("免签进来的，可以境内申请吗", {"application_type": "new_in_china", "visa_kind": "visa_free"}),
    ("我持M签在深圳，想境内申请", {"application_type": "new_in_china", "visa_kind": "business"}),
    ("I have a Chinese green card", {"resident_status": "permanent"}),
    ("有永居还要办吗", {"resident_status": "permanent"}),
    ("not an extension, a change of employer", {"application_type": "change_employer"}),
    ("不是续签，是换单位", {"application_type": "change_employer"}),
    ("I'm a former Chinese citizen, now Canadian", {"former_chinese": "yes", "nationality": "CA"}),
    ("以前是中国人，现在入了外籍，加拿大国籍", {"former_chinese": "yes", "nationality": "CA"}),
    ("I come with my wife and kids", {"family": "yes"}),
    ("要带家属一起来", {"family": "yes"}),
    ("My permit has expired, can I still renew?", {"application_type": "extension", "permit_lapsed": "yes"}),
    ("工签已经过期了还能续签吗", {"application_type": "extension", "permit_lapsed": "yes"}),
    ("医生岗位，首次申请，人在境外", {"application_type": "new_abroad", "regulated": "yes"}),
    ("chief representative of a representative office", {"rep_office": "yes"}),
    ("internship, category C, still in France", {"intern": "yes", "category": "C", "place": "abroad"}),
    ("points route, category B", {"basis": "points", "category": "B"}),
    ("documents are in Russian", {"paper_language": "other", "nationality": None}),
    ("我的材料都是英文材料", {"paper_language": "english"}),
    ("Do I need the Chinese embassy?", {"nationality": None, "place": None}),
    ("I worked in Japan for five years", {"place": None, "nationality": None}),
    ("hi, india here, need extention pls", {"application_type": "extension"}),
    ("我是印度人 first permit 人在Delhi", {"application_type": "new_abroad", "nationality": "IN", "place": "abroad"}),
    ("我的degree是UK的，想apply境内", {"degree_country": "GB"}),
    ("renewal, category A", {"application_type": "extension", "category": "A"}),
    ("B升A怎么办理，续签的时候", {"application_type": "extension", "change": "category"}),
    ("韓國人，想換公司", {"nationality": "KR", "application_type": "change_employer"}),
    ("怎么分A类B类C类", {"category": None}),
    ("it's in Portuguese", {"place": None, "nationality": None}),
    ("spanish teacher born in Peru, degree from Spain", {"place": None, "degree_country": "ES"}),
    ("how do I convert my licence", {"short_task": None}),
    ("I need a permit", {"category": None}),
    ("手续怎么办", {"application_type": None}),
    ("I am from Hong Kong but hold a UK passport", {"nationality": "GB"}),
    ("我人在香港，持英国护照", {"nationality": "GB", "place": "abroad"}),
    ("I'm 60 days before expiry", {"age_60": None}),
    ("I got over 60 points", {"age_60": None, "basis": "points"}),
    ("德国公司派我去中国工作", {"nationality": None}),
    (
        "What do I need to cancel my permit, my company no longer exists",
        {"application_type": "cancellation", "cancel_case": "employer_gone"},
    ),
    ("I must cancel, the company does not exist anymore", {"application_type": "cancellation", "cancel_case": "employer_gone"}),
    ("my employer has vanished, how do I cancel the permit", {"application_type": "cancellation", "cancel_case": "employer_gone"}),
    ("公司不在了，注销工作许可要什么材料", {"application_type": "cancellation", "cancel_case": "employer_gone"}),
    ("公司已经注销了，我自己离职怎么办", {"application_type": "cancellation", "cancel_case": "employer_gone"}),
    ("our employee cannot be found, cancel his permit", {"application_type": "cancellation", "cancel_case": "employee_missing"}),
    ("外教跑了，要注销许可", {"application_type": "cancellation", "cancel_case": "employee_missing"}),
    ("I'm Indian, my degree is from Germany. list of materials", {"nationality": "IN", "degree_country": "DE"}),
    (
        "Laid off by a studio, they cancelled my permit and gave me the certificate. A different studio takes me, again as artist",
        {"application_type": "change_employer", "occupation_changes": "no"},
    ),
    ("The old school promised to cancel me, I go to an international school", {"application_type": "change_employer"}),
    ("原公司三月份已经把我的工作许可注销，现在坂田一家公司要我", {"application_type": "change_employer"}),
    ("原 company 已经 cancel 了我的 WP，新 company 下周 onboard", {"application_type": "change_employer"}),
    ("Our coach is joining another club, so we have to cancel his work permit", {"application_type": "cancellation"}),
    ("外教要跳槽到别的学校去了，我们要给他办注销", {"application_type": "cancellation"}),
    ("A new company hires me, never held a Chinese work permit", {"purpose": "new", "application_type": None}),
    ("When I got my first permit nobody wanted my diploma, now another hospital takes me", {"application_type": "change_employer"}),
    ("The permit says C, we'd like to change the category to B", {"change": "category", "category": "B"}),
    ("C类许可还有一年半，想把类别改成B", {"application_type": "change_information", "category": "B"}),
    ("I was category C then. Now B, renewal", {"category": "B"}),
    ("my passport was near to the end so i made a new one at our embassy", {"change": "passport"}),
    ("护照没丢，钱没丢", {"change": None}),
    ("I am no longer project engineer but head of engineering, same firm", {"change": "post"}),
    ("原来是副校长，这学期当校长了，同一所学校", {"change": "post"}),
    ("员工许可明年二月到期，公司和岗位都不变，想续签", {"change": "nothing", "application_type": "extension"}),
    ("his partner and their baby come along with him", {"family": "yes"}),
    ("他太太和女儿跟他一起过来", {"family": "yes"}),
    ("family 不来", {"family": "no"}),
    ("his family remains in Monterrey", {"family": "no"}),
    ("I'm a fresh PhD graduate with no work experience", {"basis": "graduate"}),
    ("I just got home", {"basis": None}),
    ("bachelor, 8+ years of experience, category B", {"basis": "degree_experience"}),
    ("硕士学历，工作三年，B类", {"basis": "degree_experience"}),
    ("积分七十二分，硕士学历，工作三年", {"basis": "points"}),
    ("I live here six years already", {"lived_in_china": "yes"}),
    ("在深圳住了四年", {"lived_in_china": "yes"}),
    ("BA history + celta (120hrs)", {"teaching_qualification": "yes"}),
    ("本科读的教育学", {"teaching_qualification": "yes"}),
    ("bed and breakfast booked", {"teaching_qualification": None}),
    ("i'm from colombia, no tefl, in medellin now", {"teaching_qualification": "no"}),
    ("invites a point guard for a trial, 3 weeks of training", {"short_task": "sports", "application_type": "short_term"}),
    ("请一位泰国导演过来拍一条广告片，前后二十五天", {"short_task": "film", "application_type": "short_term"}),
    ("the supplier 派 engineer 过来 install，大概 12 天，机器是我们买的", {"short_task": "exempt", "application_type": "short_term"}),
    ("I am on a ship for 3 weeks, can a photo of my signature be put in?", {"application_type": None}),
    ("never handed in a degree before", {"papers_on_file": "no"}),
    ("以前办的时候没要求交学历认证", {"papers_on_file": "no"}),
    ("I turn sixty in February", {"age_60": "yes"}),
    ("去年许可到期没续，人早就回国了，还用去办工作许可注销吗", {"application_type": "cancellation", "permit_lapsed": "yes"}),
    ("I didn't accept my dismissal and have taken the company to court", {"cancel_case": "dispute"}),
    ("born in Chengdu, became a Singapore citizen", {"former_chinese": "yes", "nationality": "SG"}),
    ("I'm his dependant here, first permit", {"visa_kind": "family", "application_type": "new_in_china"}),
    ("first permit, still in Cork", {"application_type": "new_abroad"}),
    ("degree from the uk", {"degree_country": "GB"}),
    ("续签，岗位、护照均无变化", {"application_type": "extension", "change": "nothing"}),
    ("permit ends in March, same post, nothing else new", {"change": "nothing"}),
    ("要给越南同事续签，护照是新换的，别的没变", {"application_type": "extension", "change": "passport"}),
    ("From May I am design director, before I was senior designer, same company", {"change": "post"}),
    ("积分有八十七分，想从B类转成A类，公司没换，许可还有一年多才到期", {"application_type": "change_information", "category": "A"}),
    ("由B类转A类，顺便续期", {"application_type": "extension", "change": "category"}),
    ("My husband is German, I have the S1, I myself am Mexican. A gallery offers me a post", {"nationality": "MX"}),
    ("My husband works here (he is Belgian), I'm Thai. A spa wants to hire me", {"nationality": "TH"}),
    ("我老婆是 Filipina，拿 S1 居留（我是 Brit），有个 school 想 hire 她", {"nationality": "PH", "visa_kind": "family"}),
    ("My wife is Korean and a company offered me a job", {"nationality": None}),
    ("a new passport from the Dutch consulate", {"nationality": "NL", "change": "passport"}),
    ("有个 candidate 是 Polish，人在 Warsaw", {"nationality": "PL", "place": "abroad"}),
    ("cancellation certificate 拿到了，下家 offer 也是做 QA", {"application_type": "change_employer"}),
    ("Boss disappeared, HR gone, I want to cancel my permit", {"application_type": "cancellation", "cancel_case": "employer_gone"}),
    ("人去楼空，许可能自己注销吗", {"application_type": "cancellation", "cancel_case": "employer_gone"}),
    ("i want continue with same restaurant", {"application_type": "extension"}),
    ("keep him two more years", {"application_type": "extension"}),
    ("He is fifty-nine, sixty in August", {"age_60": "yes"}),
    ("今年五十九，明年八月就六十了", {"age_60": "yes"}),
    ("总公司派同事到深圳分公司帮忙六周", {"application_type": "short_term", "short_task": "exempt"}),
    ("we counted 71 points, so B on points", {"category": "B", "basis": "points"}),
    ("I only have passport", {"change": None}),
    ("what is the weather", {"application_type": None, "nationality": None, "category": None}),
]


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES, ids=[sentence for sentence, _ in SENTENCES])
def test_sentence_is_read(sentence: str, expected: dict[str, str | None]) -> None:
    context = papers().reader.read_profile(sentence).context()
    assert {key: context.get(key) for key in expected} == expected


ANSWERS: list[tuple[str, str, str | None]] = [
    ("age_60", "yes", "yes"),
    ("age_60", "no", "no"),
    ("age_60", "nope", "no"),
    ("age_60", "Not yet", "no"),
    ("age_60", "I'm 45", "no"),
    ("age_60", "是的", "yes"),
    ("age_60", "没有", "no"),
    ("age_60", "还没满60", "no"),
    ("age_60", "不是", "no"),
    ("age_60", "已满", "yes"),
    ("age_60", "don't know", "unknown"),
    ("age_60", "不清楚", "unknown"),
    ("age_60", "no idea", "unknown"),
    ("age_60", "over 60", "yes"),
    ("pay_commitment", "yeah i think so", "yes"),
    ("pay_commitment", "不是", "no"),
    ("pay_commitment", "不确定", "unknown"),
    ("pay_commitment", "有的", "yes"),
    ("papers_on_file", "yes, already submitted", "yes"),
    ("papers_on_file", "没交过", "no"),
    ("degree_country", "the UK", "GB"),
    ("degree_country", "uk", "GB"),
    ("basis", "degree + 5 yrs exp", "degree_experience"),
    ("degree_country", "美国", "US"),
    ("degree_country", "I studied in Australia", "AU"),
    ("degree_country", "中国", "CN"),
    ("degree_country", "China", "CN"),
    ("degree_country", "same", "FR"),
    ("degree_country", "一样", "FR"),
    ("degree_country", "not sure", "unknown"),
    ("degree_country", "banana", None),
    ("nationality", "Egyptian", "EG"),
    ("nationality", "埃及人", "EG"),
    ("nationality", "I hold a Nigerian passport", "NG"),
    ("nationality", "US", "US"),
    ("nationality", "我是越南人", "VN"),
    ("nationality", "norway", "NO"),
    ("nationality", "中国香港", "HK"),
    ("category", "B", "B"),
    ("category", "b", "B"),
    ("category", "b类", "B"),
    ("category", "I think B", "B"),
    ("category", "A", "A"),
    ("category", "category c", "C"),
    ("category", "不知道", "unknown"),
    ("category", "I don't know", "unknown"),
    ("category", "second? hm", None),
    ("category", "A类吧", "A"),
    ("category", "专业人才", "B"),
    ("application_type", "extension", "extension"),
    ("application_type", "续签", "extension"),
    ("application_type", "换单位", "change_employer"),
    ("application_type", "First permit, I am abroad", "new_abroad"),
    ("application_type", "首次申请，人在境内", "new_in_china"),
    ("application_type", "cancel", "cancellation"),
    ("application_type", "4", "extension"),
    ("application_type", "not sure", "unknown"),
    ("place", "abroad", "abroad"),
    ("place", "in China", "in_china"),
    ("place", "国内", "in_china"),
    ("place", "still in my country", "abroad"),
    ("basis", "points", "points"),
    ("basis", "I teach English", "language_teacher"),
    ("basis", "学历加经历", "degree_experience"),
    ("basis", "the salary", "salary"),
    ("basis", "2", "language_teacher"),
    ("basis", "不知道", "unknown"),
    ("visa_kind", "tourist", "tourist"),
    ("visa_kind", "M visa", "business"),
    ("visa_kind", "免签", "visa_free"),
    ("visa_kind", "工作签证", "work"),
    ("change", "nothing", "nothing"),
    ("change", "没有", "nothing"),
    ("change", "new passport", "passport"),
    ("change", "升职了", "post"),
    ("cancel_case", "he resigned", "agreed"),
    ("cancel_case", "公司没了", "employer_gone"),
    ("cancel_case", "仲裁中", "dispute"),
    ("short_task", "a concert", "performance"),
    ("short_task", "安装设备", "exempt"),
    ("short_task", "技术指导", "partner"),
    ("category_paper", "my phd", "degree"),
    ("category_paper", "奖项", "other"),
    ("teaching_qualification", "I have TEFL", "yes"),
    ("teaching_qualification", "no tefl", "no"),
    ("occupation_changes", "same job", "no"),
    ("occupation_changes", "改行了", "yes"),
    ("degree_country", "from Germany", "DE"),
    ("degree_country", "in Germany", "DE"),
    ("degree_country", "在德国", "DE"),
    ("degree_country", "in China", "CN"),
    ("degree_country", "I'm German", None),
    ("degree_country", "I am in Germany", None),
    ("degree_country", "my passport is German", None),
    ("nationality", "my degree is from Germany", None),
    ("nationality", "I studied in Germany, I'm Indian", "IN"),
    ("basis", "degree and 2 years", "degree_experience"),
    ("basis", "degree and 2 years of work", "degree_experience"),
    ("basis", "学历加2年经历", "degree_experience"),
    ("basis", "the second one", "language_teacher"),
    ("basis", "最后一个", "graduate"),
    ("basis", "no degree", None),
    ("application_type", "cancellation", "cancellation"),
    ("application_type", "job ended", "cancellation"),
    ("application_type", "new", None),
    ("application_type", "first permit abroad", "new_abroad"),
    ("application_type", "don't know yet", "unknown"),
    ("application_type", "the third one", "short_term"),
    ("application_type", "第四个", "extension"),
    ("category", "high-end", "A"),
    ("cancel_case", "the company is gone", "employer_gone"),
    ("cancel_case", "no", None),
    ("application_type", "continue same restaurant", "extension"),
    ("application_type", "还在原公司做", "extension"),
    ("application_type", "new boss", "change_employer"),
    ("application_type", "换地方上班", "change_employer"),
    ("application_type", "update details", "change_information"),
    ("application_type", "不做了要回国", "cancellation"),
    ("application_type", "just one month", "short_term"),
    ("application_type", "六周", "short_term"),
    ("age_60", "61", "yes"),
    ("age_60", "no i have 52", "no"),
    ("age_60", "四十五", "no"),
    ("age_60", "59 now, 60 in april", "yes"),
    ("age_60", "not 60", "no"),
    ("occupation_changes", "same", "no"),
    ("occupation_changes", "chef and chef", "no"),
    ("occupation_changes", "不一样", "yes"),
    ("occupation_changes", "no, still teacher", "no"),
    ("occupation_changes", "不算换职业", "no"),
    ("pay_commitment", "学历加经验办的", "no"),
    ("papers_on_file", "old employer gave them", "yes"),
    ("papers_on_file", "nobody asked", "no"),
    ("cancel_case", "boss 跑了", "employer_gone"),
    ("cancel_case", "contract expired", "agreed"),
    ("cancel_case", "they don't want to sign", "dispute"),
    ("teaching_qualification", "celta", "yes"),
    ("visa_kind", "no visa, mutual", "visa_free_mutual"),
    ("short_task", "they play music", "performance"),
    ("change", "who keeps my passport?", "passport"),
    ("short_task", "how many people can come?", None),
]


@pytest.mark.parametrize(("question", "text", "expected"), ANSWERS, ids=[f"{question}: {text}" for question, text, _ in ANSWERS])
def test_answer_is_read(question: str, text: str, expected: str | None) -> None:
    profile = Profile("extension", "B", {} if question == "nationality" else {"nationality": "FR"})
    assert papers().reader.read_answer(question, text, profile) == expected


KNOWN = Profile("new_abroad", "B", {"basis": "degree_experience"})
INDIAN = Profile("new_abroad", "B", {"basis": "degree_experience", "nationality": "IN"})

# known; open question; message; what the message says, None for nothing
COUNTRIES: list[tuple[Profile, str | None, str, dict[str, str | None]]] = [
    (INDIAN, "degree_country", "Germany", {"degree_country": "DE", "nationality": None}),
    (KNOWN, "degree_country", "Germany", {"degree_country": "DE", "nationality": None}),
    (KNOWN, "degree_country", "German", {"degree_country": "DE", "nationality": None}),
    (KNOWN, "degree_country", "from Germany", {"degree_country": "DE", "nationality": None}),
    (KNOWN, "degree_country", "I got it in Germany", {"degree_country": "DE", "nationality": None, "place": None}),
    (KNOWN, "degree_country", "德国", {"degree_country": "DE", "nationality": None}),
    (KNOWN, "degree_country", "来自德国", {"degree_country": "DE", "nationality": None}),
    (INDIAN, "degree_country", "I'm from Germany", {"degree_country": None, "nationality": "DE"}),
    (INDIAN, "degree_country", "国籍德国", {"degree_country": None, "nationality": "DE"}),
    (KNOWN, "degree_country", "Indian, degree from Germany", {"degree_country": "DE", "nationality": "IN"}),
    (KNOWN, "nationality", "my degree is from Germany", {"degree_country": "DE", "nationality": None}),
    (KNOWN, "nationality", "Germany", {"degree_country": None, "nationality": "DE"}),
    (INDIAN, "teaching_qualification", "Germany", {"degree_country": None, "nationality": None}),
    (INDIAN, "teaching_qualification", "German", {"nationality": None}),
    (INDIAN, "teaching_qualification", "I hold a German passport", {"nationality": "DE"}),
    (KNOWN, "teaching_qualification", "German", {"nationality": "DE"}),
]


@pytest.mark.parametrize(("known", "asked", "text", "expected"), COUNTRIES)
def test_country_without_a_cue_answers_the_open_question_alone(
    known: Profile, asked: str | None, text: str, expected: dict[str, str | None]
) -> None:
    said = papers().reader.read_profile(text, known, asked).context()
    assert {key: said.get(key) for key in expected} == expected


def test_what_changed_goes_along_with_an_extension() -> None:
    read = papers().reader.read_profile
    known = Profile("extension", "B")
    assert read("new passport", known, "change").context() == {"change": "passport"}
    promoted = known.answered("change", "post")
    assert "change" not in read("其他都没变", promoted, "occupation_changes").context()


def test_taking_something_back_may_gainsay_what_is_known() -> None:
    read = papers().reader.read_profile
    assert read("no, German", INDIAN, None, corrects=True).context() == {"nationality": "DE"}
    degree = INDIAN.answered("degree_country", "DE")
    assert read("sorry, Austria", degree, None, corrects=True).context() == {"degree_country": "AT"}


def test_new_answers_what_for_and_leaves_the_place_open() -> None:
    for word in ("new", "first permit", "a new one", "首次", "新办"):
        assert papers().reader.read_profile(word, asked="application_type").context() == {"purpose": "new"}


@pytest.mark.parametrize(
    ("question", "text", "named"),
    [
        ("application_type", "cancellation", True),
        ("application_type", "注销", True),
        ("application_type", "new", True),
        ("application_type", "the second one", True),
        ("application_type", "cancel", False),
        ("application_type", "取消", False),
        ("application_type", "talk to a person", False),
        ("basis", "degree", True),
        ("basis", "转人工", False),
    ],
)
def test_label_or_a_part_of_it_is_told_from_a_command(question: str, text: str, named: bool) -> None:
    assert papers().reader.names_answer(question, text, Profile()) is named


@pytest.mark.parametrize("question", ["application_type", "category", *papers().circumstances])
def test_every_offered_answer_is_understood_as_its_value(question: str) -> None:
    profile = Profile("extension", "B")
    for value, label in papers().checklists.question(question, profile).choices:
        for language in ("en", "zh"):
            assert papers().reader.read_answer(question, label[language], profile) == value


@pytest.mark.parametrize(
    "text", ["of course not", "absolutely not!", "sure, no", "yeah no", "right, no", "当然没有", "当然不是", "对，没有", "嗯，不是"]
)
def test_a_no_after_a_yes_counts(text: str) -> None:
    assert papers().reader.read_answer("age_60", text) == "no"


@pytest.mark.parametrize("text", ["yes, no problem with that", "of course", "有没有", "是不是", "yes, not far from seventy"])
def test_a_no_after_a_yes_that_belongs_to_something_else_does_not(text: str) -> None:
    assert papers().reader.read_answer("age_60", text) == "yes"
