"""The parts that number words are put together from, by language, without accents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PARTS: Final[Mapping[str, str]] = {
    "en": """zero nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fourty fifty sixty seventy eighty ninety hundred thousand double triple treble first second
        third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth
        eighteenth nineteenth twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth hundredth thousandth""",
    "de": """null ein eins eine zwei zwo drei vier funf fuenf sechs sech sieben sieb acht neun zehn elf zwolf zwoelf zwanzig dreissig zig
        hundert tausend erste ersten erster erstes dritt""",
    "nl": """nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien twintig dertig veertig vijftig zestig
        zeventig tachtig negentig honderd duizend eerste derde""",
    "fr": """zero un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt vingts trente
        quarante cinquante soixante septante huitante octante nonante cent cents mil mille premier premiere second seconde quatr cinqu
        neuv onz douz treiz quatorz quinz seiz trent quarant cinquant soixant""",
    "es": """cero un uno una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieci veinte veinti treinta
        cuarenta cincuenta sesenta setenta ochenta noventa cien ciento cientos quinientos sete nove mil primero primera primer segundo
        tercero tercer cuarto quinto sexto septimo octavo noveno decimo""",
    "pt": """zero um uma dois duas tres quatro cinco seis meia sete oito nove dez onze doze treze catorze quatorze quinze dezesseis
        dezasseis dezessete dezassete dezoito dezenove dezanove vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem
        cento centos duzentos trezentos quinhentos mil primeiro primeira segundo terceiro quarto quinto sexto setimo oitavo nono decimo""",
    "it": """zero un uno una due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici
        diciassette diciotto diciannove venti vent trenta trent quaranta quarant cinquanta cinquant sessanta sessant settanta settant
        ottanta ottant novanta novant cento cent mille mila primo secondo terzo quarto quinto sesto settimo ottavo nono decimo""",
    "pl": """zero jeden jedna dwa dwie trzy cztery piec szesc siedem osiem dziewiec dziesiec jedenascie dwanascie trzynascie
        czternascie pietnascie szesnascie siedemnascie osiemnascie dziewietnascie dwadziescia trzydziesci czterdziesci dziesiat sto
        dwiescie trzysta czterysta set tysiac tysiace tysiecy pierwsz drug trzec czwart piat szost siodm osm dziewiat jedenast dwunast
        trzynast czternast pietnast szesnast siedemnast osiemnast dziewietnast dwudziest trzydziest czterdziest tysieczn dwu""",
    "ru": """ноль нуль один одна два две три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать
        пятнадцать шестнадцать семнадцать восемнадцать девятнадцать двадцать тридцать сорок десят девяносто сто двести триста четыреста
        сот тысяча тысячи тысяч перв втор трет четверт пят шест седьм восьм девят одиннадцат двенадцат тринадцат четырнадцат
        пятнадцат шестнадцат семнадцат восемнадцат девятнадцат двадцат тридцат сороков девяност пяти шести семи восьми тысячн двух""",
    "tr": """sifir bir iki uc dort dord bes alti yedi sekiz dokuz on yirmi otuz kirk elli altmis yetmis seksen doksan yuz bin""",
    "ar": """صفر واحد واحده احد احدى اثنان اثنين اثنا اثني اثنتان ثلاثه ثلاث اربعه اربع خمسه خمس سته ست سبعه سبع ثمانيه ثماني ثمان ثمان
        تسعه تسع عشره عشر عشرون عشرين ثلاثون ثلاثين اربعون اربعين خمسون خمسين ستون ستين سبعون سبعين ثمانون ثمانين تسعون تسعين مائه مئه
        ميه مائتان مئتان مائتين مئتين الف الفان الفين اول اولى ثاني ثانيه ثالث رابع خامس سادس سابع ثامن تاسع عاشر حادي""",
    "ko": """공 영 일 이 삼 사 오 육 륙 칠 팔 구 십 백 천 만 년 월 유월 시월 하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열 스물 서른 마흔 쉰
        예순 일흔 여든 아흔""",
}
ENDINGS: Final[Mapping[str, str]] = {
    "de": "te ten ter tes tem ste sten ster stes e er en es",
    "nl": "de ste",
    "fr": "ieme",
    "it": "esimo esima",
    "pl": "y ego a ej i iego",
    "ru": "ь и ыи ого ое ая ои ому ом его ии ье ьего ьи",
    "tr": "inci nci uncu ncu",
    "ko": "생 에 번",
}
# What stands between the words of a number, or inside one.
JOINS: Final[Mapping[str, str]] = {
    "en": "and of the",
    "de": "und",
    "nl": "en",
    "fr": "et de",
    "es": "y de del",
    "pt": "e de do",
    "it": "e di",
    "ar": "و من عام سنه",
    "ru": "и",
}
