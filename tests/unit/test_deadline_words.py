"""Which deadline people mean in tongues that are neither English nor Chinese, and in traditional Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers.frames import FRAMED
from bot.catalogue import Catalogue
from bot.catalogue.deadline_words import FILE, DeadlineWords
from bot.catalogue.grounds import DATA
from bot.errors import DataError
from bot.languages import TONGUES, Tongue
from tests import project

SAID: tuple[tuple[Tongue, str, str], ...] = (
    ("ar", "تصريح عملي ينتهي في 15 مارس، متى يجب أن أجدده؟", "extension_window"),
    ("ar", "متى أجدد تصريح الاقامة", "residence_extension"),
    ("ar", "وصلت إلى الصين يوم الاثنين", "residence_permit"),
    ("ar", "استقلت أمس من العمل", "cancellation_by_employer"),
    ("ar", "تم قبول طلبي أمس", "decision_due"),
    ("ar", "انتقلت إلى شقة جديدة يوم السبت", "accommodation"),
    ("ar", "حصلت على جواز سفر جديد", "passport_change"),
    ("ar", "إلى متى تصلح الشهادة الطبية", "medical"),
    ("ar", "عمل قصير المدة يبدأ يوم الاثنين", "short_term_stay"),
    ("ar", "حصلت على ترقية، متى يجب أن أبلغ", "change_report"),
    ("de", "Meine Arbeitserlaubnis läuft am 15. März 2027 ab, wann muss ich verlängern?", "extension_window"),
    ("de", "arbeitserlaubnis verlaengerung bis wann", "extension_window"),
    ("de", "wann muss ich die Aufenthaltserlaubnis verlängern, sie läuft ab", "residence_extension"),
    ("de", "Mein Vertrag wurde gekündigt, bis wann muss die Firma mich abmelden", "cancellation_by_employer"),
    ("de", "ich habe zum 3. Mai gekündigt", "cancellation_by_employer"),
    ("de", "Am Montag bin ich eingereist", "residence_permit"),
    ("de", "mein Antrag wurde gestern angenommen, wann kommt die Entscheidung", "decision_due"),
    ("de", "ich bin umgezogen, bis wann muss ich das melden", "accommodation"),
    ("de", "Ich habe einen neuen Reisepass bekommen", "passport_change"),
    ("de", "mein Job dauert 90 Tage, wann ist Schluss", "short_term_stay"),
    ("de", "wie lange gilt das Führungszeugniss", "no_criminal_record"),
    ("de", "ich wurde befördert", "change_report"),
    ("de", "Bis wann muss die Firma mich bei der Sozialversicherung melden?", "social_insurance"),
    ("de", "wie alt darf das Passfoto sein", "photo"),
    ("de", "Kurzzeiterlaubnis angenommen, wann kommt die Entscheidung", "short_term_decision"),
    ("en", "my permit runs out on March 15", "extension_window"),
    ("en", "I arrived on Monday", "residence_permit"),
    ("en", "I quit last week", "cancellation_by_employer"),
    ("en", "my work visa expires in May", "extension_window"),
    ("es", "Mi permiso de trabajo vence el 15 de marzo, ¿cuándo tengo que renovarlo?", "extension_window"),
    ("es", "mi residencia vence pronto, cuando la renuevo", "residence_extension"),
    ("es", "llegué a China el martes", "residence_permit"),
    ("es", "renuncié el 3 de mayo", "cancellation_by_employer"),
    ("es", "dejé mi trabajo ayer", "cancellation_by_employer"),
    ("es", "mi solicitud fue aceptada ayer", "decision_due"),
    ("es", "me mudé el sábado", "accommodation"),
    ("es", "tengo pasaporte nuevo", "passport_change"),
    ("es", "hasta cuándo vale el certificado de antecedentes penales", "no_criminal_record"),
    ("es", "¿cuánto vale la carta de notificación?", "notification_letter"),
    ("es", "envié la solicitud para la revisión previa", "pre_review"),
    ("es", "mi trabajo de corta duración empieza el lunes", "short_term_stay"),
    ("fr", "Mon permis de travail expire le 15 mars 2027, quand dois-je le renouveler ?", "extension_window"),
    ("fr", "mon titre de séjour arrive à échéance, quand le prolonger", "residence_extension"),
    ("fr", "je suis arrivé en Chine lundi", "residence_permit"),
    ("fr", "j'ai demissionné hier", "cancellation_by_employer"),
    ("fr", "ma demande a été acceptée, quand aurai-je la décision ?", "decision_due"),
    ("fr", "j'ai emménagé samedi", "accommodation"),
    ("fr", "j'ai un nouveau passeport", "passport_change"),
    ("fr", "mon travail de courte durée finit quand", "short_term_stay"),
    ("fr", "renouvelement du permis", "extension_window"),
    ("fr", "le casier judiciaire est valable combien de temps", "no_criminal_record"),
    ("fr", "jusqu'à quand déclarer mon nouveau poste", "change_report"),
    ("fr", "le certificat medical date de mai", "medical"),
    ("it", "Il mio permesso di lavoro scade il 15 marzo, quando devo rinnovarlo?", "extension_window"),
    ("it", "quando devo rinnovare il permesso di soggiorno", "residence_extension"),
    ("it", "sono arrivato in Cina lunedì", "residence_permit"),
    ("it", "ho dato le dimissioni ieri", "cancellation_by_employer"),
    ("it", "la domanda è stata accettata ieri", "decision_due"),
    ("it", "mi sono trasferito sabato", "accommodation"),
    ("it", "ho cambiato passaporto", "passport_change"),
    ("it", "il certificato medico è di maggio", "medical"),
    ("it", "lavoro di breve durata, quando finisce", "short_term_stay"),
    ("it", "quanto vale il casellario giudiziale", "no_criminal_record"),
    ("ja", "就労許可が3月15日に切れます。いつ延長すればいいですか", "extension_window"),
    ("ja", "在留カードの期限が切れます。更新はいつまで", "residence_extension"),
    ("ja", "月曜日に入国しました", "residence_permit"),
    ("ja", "先週退職しました", "cancellation_by_employer"),
    ("ja", "昨日申請が受理されました", "decision_due"),
    ("ja", "土曜日に引っ越しました", "accommodation"),
    ("ja", "新しいパスポートをもらいました", "passport_change"),
    ("ja", "健康診断の証明書はいつまで有効ですか", "medical"),
    ("ja", "短期の仕事はいつまでですか", "short_term_stay"),
    ("ja", "昇進しました。届け出はいつまで", "change_report"),
    ("ko", "취업허가가 3월 15일에 만료되는데 언제 연장해야 하나요?", "extension_window"),
    ("ko", "거류허가 연장은 언제까지", "residence_extension"),
    ("ko", "월요일에 입국했어요", "residence_permit"),
    ("ko", "지난주에 퇴사했습니다", "cancellation_by_employer"),
    ("ko", "어제 신청이 접수됐어요", "decision_due"),
    ("ko", "토요일에 이사했어요", "accommodation"),
    ("ko", "여권을 새로 발급받았어요", "passport_change"),
    ("ko", "신체검사 증명서는 언제까지 유효해요", "medical"),
    ("ko", "단기 근무는 언제 끝나요", "short_term_stay"),
    ("ko", "사회보험 등록 기한", "social_insurance"),
    ("nl", "Mijn werkvergunning verloopt op 15 maart, wanneer moet ik verlengen?", "extension_window"),
    ("nl", "mijn verblijfsvergunning loopt af, wanneer verlengen", "residence_extension"),
    ("nl", "ik ben maandag aangekomen in China", "residence_permit"),
    ("nl", "ik heb ontslag genomen", "cancellation_by_employer"),
    ("nl", "mijn aanvraag is gisteren geaccepteerd", "decision_due"),
    ("nl", "ik ben zaterdag verhuisd", "accommodation"),
    ("nl", "ik heb een nieuw paspoort", "passport_change"),
    ("nl", "hoe lang is de medische verklaring geldig", "medical"),
    ("nl", "ik heb promotie gekregen, wanneer melden", "change_report"),
    ("nl", "kortdurend werk vanaf maandag", "short_term_stay"),
    ("pl", "Moje zezwolenie na pracę wygasa 15 marca, kiedy muszę je przedłużyć?", "extension_window"),
    ("pl", "kiedy przedluzyc zezwolenie na pobyt", "residence_extension"),
    ("pl", "przyjechałem do Chin w poniedziałek", "residence_permit"),
    ("pl", "zwolniłem się wczoraj", "cancellation_by_employer"),
    ("pl", "wniosek przyjęto wczoraj", "decision_due"),
    ("pl", "przeprowadziłam się w sobotę", "accommodation"),
    ("pl", "mam nowy paszport", "passport_change"),
    ("pl", "jak długo ważne jest zaświadczenie o niekaralności", "no_criminal_record"),
    ("pl", "praca krótkoterminowa od poniedziałku", "short_term_stay"),
    ("pl", "do kiedy zgłosić do ubezpieczenia społecznego", "social_insurance"),
    ("pt", "Minha permissão de trabalho vence em 15 de março, quando devo renovar?", "extension_window"),
    ("pt", "quando renovo a autorização de residência", "residence_extension"),
    ("pt", "cheguei à China na segunda", "residence_permit"),
    ("pt", "pedi demissão ontem", "cancellation_by_employer"),
    ("pt", "o pedido foi aceito ontem", "decision_due"),
    ("pt", "me mudei no sábado", "accommodation"),
    ("pt", "tenho um passaporte novo", "passport_change"),
    ("pt", "até quando vale o atestado médico", "medical"),
    ("pt", "fui promovido, até quando comunicar", "change_report"),
    ("pt", "trabalho de curta duração a partir de segunda", "short_term_stay"),
    ("ru", "Разрешение на работу истекает 15 марта, когда продлевать?", "extension_window"),
    ("ru", "когда продлить вид на жительство", "residence_extension"),
    ("ru", "я приехал в Китай в понедельник", "residence_permit"),
    ("ru", "я уволилась вчера", "cancellation_by_employer"),
    ("ru", "заявление приняли вчера", "decision_due"),
    ("ru", "я переехал в субботу", "accommodation"),
    ("ru", "получил новый паспорт", "passport_change"),
    ("ru", "сколько действует справка о несудимости", "no_criminal_record"),
    ("ru", "краткосрочная работа с понедельника", "short_term_stay"),
    ("ru", "меня повысили, до какого сообщить", "change_report"),
    ("th", "ใบอนุญาตทำงานหมดอายุวันที่ 15 มีนาคม ต้องต่ออายุเมื่อไหร่", "extension_window"),
    ("th", "ต่ออายุใบอนุญาตพำนักเมื่อไร", "residence_extension"),
    ("th", "ฉันเข้าจีนเมื่อวันจันทร์", "residence_permit"),
    ("th", "ลาออกเมื่อวานนี้", "cancellation_by_employer"),
    ("th", "คำขอได้รับการรับเรื่องเมื่อวาน", "decision_due"),
    ("th", "ย้ายบ้านเมื่อวันเสาร์", "accommodation"),
    ("th", "ได้พาสปอร์ตเล่มใหม่", "passport_change"),
    ("th", "ใบรับรองแพทย์ใช้ได้ถึงเมื่อไหร่", "medical"),
    ("th", "งานระยะสั้นเริ่มวันจันทร์", "short_term_stay"),
    ("th", "เลื่อนตำแหน่ง ต้องแจ้งภายในกี่วัน", "change_report"),
    ("tr", "Çalışma iznim 15 Mart'ta doluyor, ne zaman uzatmalıyım?", "extension_window"),
    ("tr", "calisma iznimin suresi bitiyor ne zaman yenilemeliyim", "extension_window"),
    ("tr", "ikamet iznimi ne zaman uzatmam gerek", "residence_extension"),
    ("tr", "pazartesi Çin'e girdim", "residence_permit"),
    ("tr", "dün istifa ettim", "cancellation_by_employer"),
    ("tr", "başvurum dün kabul edildi", "decision_due"),
    ("tr", "cumartesi taşındım", "accommodation"),
    ("tr", "yeni pasaport aldım", "passport_change"),
    ("tr", "sağlık raporu ne kadar geçerli", "medical"),
    ("tr", "kısa süreli iş pazartesi başlıyor", "short_term_stay"),
    ("tr", "terfi ettim, ne zamana kadar bildirmeliyim", "change_report"),
    ("zh-TW", "我的工作許可3月15日到期，什麼時候要展延", "extension_window"),
    ("zh-TW", "居留證什麼時候要延期", "residence_extension"),
    ("zh-TW", "我上週離職了", "cancellation_by_employer"),
    ("zh-TW", "我星期六搬進新家", "accommodation"),
    ("zh-TW", "健檢報告的有效期", "medical"),
    ("zh-TW", "短期工作什麼時候結束", "short_term_stay"),
)
MISTYPED: tuple[tuple[Tongue, str, str], ...] = (
    ("de", "arbeitserlaubniss verlangerung wan", "extension_window"),
    ("de", "ich bin umgezgen", "accommodation"),
    ("fr", "renouvellemnt permis", "extension_window"),
    ("es", "quiero rrenovar el permiso", "extension_window"),
    ("it", "ho dato le dimisioni", "cancellation_by_employer"),
    ("pl", "przeprowadzilem sie", "accommodation"),
    ("ru", "когда продлевть", "extension_window"),
    ("nl", "verblijfsvergunnign verlengen", "residence_extension"),
    ("pt", "preciso renvoar a residencia", "residence_extension"),
    ("tr", "calisma iznimi uzatcam", "extension_window"),
)
NOTHING: tuple[tuple[Tongue, str], ...] = (
    ("de", "Ich habe eine Frage"),
    ("es", "cambié de empresa el lunes"),
    ("fr", "il fait beau"),
    ("ja", "こんにちは"),
    ("ko", "안녕하세요"),
    ("ru", "у меня вопрос"),
    ("de", "mein Vertrag endet im Mai"),
    ("pl", "moja umowa kończy się w maju"),
    ("ar", "مرحبا"),
    ("th", "สวัสดีครับ"),
    ("tr", "merhaba"),
    ("it", "buongiorno"),
    ("nl", "goedemorgen"),
    ("pt", "bom dia"),
    ("en", "hello"),
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return project.catalogue()


@pytest.mark.parametrize(("tongue", "text", "rule"), [*SAID, *MISTYPED])
def test_what_people_say_names_the_rule(catalogue: Catalogue, tongue: Tongue, text: str, rule: str) -> None:
    found = catalogue.deadlines.find(text, None, tongue)
    assert found is not None and found.id == rule


def test_every_tongue_is_tried() -> None:
    for tongue in set(TONGUES) - {"en", "zh"}:
        assert len([each for each in SAID if each[0] == tongue]) >= 3


@pytest.mark.parametrize(("tongue", "text"), NOTHING)
def test_what_names_none_or_several_names_no_rule(catalogue: Catalogue, tongue: Tongue, text: str) -> None:
    assert catalogue.deadlines.find(text, None, tongue) is None


@pytest.mark.parametrize("tongue", FRAMED)
def test_choices_and_questions_name_what_they_stand_for(tongue: Tongue) -> None:
    answers = project.answers()
    frame, deadlines = answers.frame(tongue), answers.catalogue.deadlines
    assert frame is not None
    for rule_id, title in frame.deadlines.items():
        found = deadlines.find(title, None, tongue)
        assert found is not None and found.id == rule_id
    # A date of issue is that of several papers.
    for base, question in frame.dates.items():
        found = deadlines.find(question, None, tongue)
        assert base in ("issue", "permit_granted") or (found is not None and found.base == base)


def test_an_event_of_several_rules_means_the_one_spoken_of_before(catalogue: Catalogue) -> None:
    found = catalogue.deadlines.find("mein Vertrag endet im Mai", "extension_window", "de")
    assert found is not None and found.id == "extension_window"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("  medical:\n    aliases:", "  medical:\n    aliasses:", "rules.medical"),
        ("    photo: [photo, photos,", "    fotograf: [photo, photos,", "words.fr"),
        ("  th:\n", "  vi:\n", "words"),
    ],
)
def test_a_mistake_in_the_data_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = (DATA / FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=named):
        DeadlineWords.load(tmp_path / FILE)
