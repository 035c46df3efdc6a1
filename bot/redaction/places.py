"""Shapes of places and addresses: map links, coordinates, e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.redaction.fold import folded, visible, without
from bot.redaction.shapes import Inventory, Shape

Span = tuple[int, int]

_HOSTS = (
    r"maps\.app\.goo\.gl|goo\.gl/maps|g\.co/kgs|maps\.google\.[a-z.]+|google\.[a-z.]+/maps|maps\.apple\.com|amap\.com"
    r"|gaode\.com|map\.baidu\.com|map\.qq\.com|bing\.com/maps|openstreetmap\.org|osm\.org|waze\.com|what3words\.com|w3w\.co"
    r"|yandex\.[a-z]+/maps|2gis\.[a-z]+|petalmaps\.com"
)
_LABEL = r"(?:(?:latitude|lat|longitude|long|lon|lng)\b|[东西]经|[南北]纬|[经纬]度|(?<![A-Za-z])[NSEW](?![A-Za-z]))\s*[:=是为]?\s*"
_SIDE = r"\s*(?:°|º|度|deg\b)?\s*(?:[NSEW](?![A-Za-z]))?"
_FINE = rf"[-+]?(?<!\d)\d{{1,3}}\.\d{{3,}}{_SIDE}"
_COARSE = rf"[-+]?(?<![\d.])\d{{1,3}}\.\d{{2,}}{_SIDE}"
_ANY = rf"[-+]?(?<![\d.])\d{{1,3}}(?:\.\d+)?{_SIDE}"
_DEGREES = (
    r"(?<!\d)\d{1,3}(?:\.\d+)?\s*[°º度]\s*(?:\d{1,2}(?:\.\d+)?\s*['’′´分]\s*)?"
    r"(?:\d{1,2}(?:\.\d+)?\s*(?:[\"”″秒]|''|′′)\s*)?(?:[NSEW](?![A-Za-z]))?"
)

MAP_LINK: Final = Shape(rf"(?:https?://)?(?:[\w-]+\.){{0,4}}(?:{_HOSTS})[^\s\"'，。；！？、）)\x02\u4e00-\u9fff]*", re.I)
GEO: Final = Shape(r"\bgeo:[-+\d.,;?=a-z]+", re.I)
COORDINATES: Final = Shape(
    # At no other letter anything of this begins.
    r"(?=[-+\d东西南北经纬]|l[aon]|(?<![A-Za-z])[NSEW])(?:"
    rf"(?:{_LABEL})?{_FINE}\s*[,;/|、\s]\s*(?:and\s+)?(?:{_LABEL})?{_FINE}"
    rf"|(?:{_LABEL})?{_COARSE}\s*[,;/|、]\s*(?:{_LABEL})?{_COARSE}"
    rf"|{_LABEL}{_ANY}[,;/|、\s]*(?:and\s+)?{_LABEL}{_ANY}"
    rf"|(?:{_LABEL})?{_DEGREES}[,;/|、\s]*(?:and\s+)?(?:{_LABEL})?{_DEGREES})",
    re.I,
)


def _seen(words: str) -> str:
    return visible(folded(words))[0]


_ENDS = (
    r"(?:com|net|org|edu|gov|info|biz|cn|hk|tw|mo|sg|ph|th|vn|pk|jp|kr|de|ch|fr|nl|es|pt|br|mx|pl|ru|by|ua|kz|tr|eg|sa|ae|za|ng|ca|uk|au|nz|ie|eu"
    rf"|{_seen('ком|ру|рф|كوم|نت|コム|컴|닷컴|คอม')}|(?<=punto\s)(?:it|ar|cl|co|pe)|(?<=ponto\s)(?:br|pt)|(?<=punkt\s)at|(?<=punt\s)be)(?!\w)"
)
_ENDS_OF_MAIL = "io|me|it|be|at|se|no|dk|fi|cz|hu|ro|gr|il|in|id|my|ir|iq|co|ai|app|dev|xyz|online|site|top|vip|asia"
# How the two marks are said in our tongues, and what of it is written without spaces.
_SAID_AT = _seen(
    "arroba|arobase|arobas|arrobase|klammeraffe|chiocciola|apenstaartje|małpa|malpa|собака|собачка|эт|kuyruklu a|آت|ات|على"
    "|艾特|圈a|圈 a|アットマーク|アット|골뱅이|앳|แอท|แอด|แอต"
)
_AT_IN_A_ROW = _seen("艾特|圈a|圈 a|アットマーク|アット|골뱅이|แอท|แอด")
_DOT_IN_A_ROW = _seen("点|點|ドット|점|닷|쩜|จุด|ดอท")
_SAID_DOT = _seen("dot|point|punto|ponto|punkt|punt|kropka|точка|nokta|نقطة|نقطه|دوت") + f"|{_DOT_IN_A_ROW}"
# With these a word as common as "at" or "et" stands in an address.
_HOUSES = (
    r"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|icloud|proton|protonmail|gmx|web|qq|foxmail|163|126|sina|sohu|aliyun|mail|yandex"
    r"|naver|orange)"
)
_PLAIN_AT = "(?:at|ät|aet|et|bei|chez|bij|presso|en|na|w|в|на)"
# A name of parts, as in "john.doe", is hardly a word before "at".
_PARTED = r"(?<![\w.])(?=[\w.]*[^\W\d_])[^\W_]+(?:[._]+[^\W_]+)+"
# After these words an address follows, and not the place where something is.
_MAIL = _seen("邮箱|郵箱|邮件|メール|메일|correo|почта|อีเมล|بريد")
_ANNOUNCED = rf"(?:mail(?:box|[\s-]?address|adresse)?|{_MAIL})\s?(?:is|ist|est|es|é|è|[:=是为為は])\s?"
_NAME = r"[A-Za-z0-9\u00c0-\u024f._+%'’-]{1,64}"
_HOST = r"[A-Za-z0-9-]{1,63}"
_LAST = r"[A-Za-z][A-Za-z0-9-]{0,62}"
_AT = r"(?:\s{0,2}@\s{0,2}|\s?[(\[{]\s?(?:at|a|@|arroba|艾特)\s?[)\]}]\s?)"
_DOT = rf"(?:[.。]|\s[.。]\s?(?={_ENDS})|[.。]\s(?={_ENDS})|\s?[(\[{{]\s?(?:dot|\.)\s?[)\]}}]\s?)"
_ANY_DOT = rf"(?:\s?(?:[.。]|{_DOT_IN_A_ROW})\s?|\s(?:{_SAID_DOT})\s)"
_EMAILS: Final = [
    Shape(pattern, re.I)
    for pattern in (
        rf"(?:{_NAME}\s(?:{_SAID_DOT})\s){{0,2}}{_NAME}\s(?:at|et|ät|bei)\s(?:{_HOUSES}{_ANY_DOT}|{_HOST}\sdot\s(?:{_HOST}\sdot\s){{0,3}}){_ENDS}",
        rf"(?:\w{{1,64}}\s(?:{_SAID_DOT})\s){{0,2}}[\w.+-]{{1,64}}(?:\s(?:{_SAID_AT}|@)\s|@)[\w-]{{1,63}}"
        rf"(?:\s(?:{_SAID_DOT})\s[\w-]{{1,63}}){{0,2}}(?:\s(?:{_SAID_DOT})\s|\s?\.\s?){_ENDS}",
        rf"(?:{_NAME}\s?(?:{_DOT_IN_A_ROW})\s?){{0,2}}{_NAME}\s?(?:{_AT_IN_A_ROW}|@)\s?{_HOST}(?:{_ANY_DOT}{_HOST}){{0,2}}{_ANY_DOT}{_ENDS}",
        rf"{_NAME}{_AT}{_HOST}(?:{_DOT}{_HOST}){{0,4}}{_DOT}{_LAST}",
        rf"{_PARTED}\s{_PLAIN_AT}\s(?:{_HOST}{_ANY_DOT}){{1,4}}(?:{_ENDS}|(?:{_ENDS_OF_MAIL})(?!\w))",
        rf"{_ANNOUNCED}({_NAME}\s{_PLAIN_AT}\s(?:{_HOST}\.){{1,4}}(?:{_ENDS}|(?:{_ENDS_OF_MAIL})(?!\w)))",
        r"\w[\w.+-]{0,63}@\w[\w-]{0,62}(?:[.。]\w[\w-]{0,62}){0,4}[.。][^\W\d_][\w-]{0,62}",
    )
]


def addresses(view: str, inventory: Inventory) -> Iterator[Span]:
    """Where e-mail addresses stand in a view of which `inventory` was made, whatever is invisible in them."""
    text, at = visible(view)
    if len(text) < len(view):
        inventory = Inventory(text)
    for shape in inventory.likely(_EMAILS):
        for match in shape.pattern.finditer(text):
            start, end = match.span(match.lastindex or 0)
            yield at[start], at[end - 1] + 1
            text = without(text, start, end)
