"""Shapes of places and addresses: map links, coordinates, e-mail."""

from __future__ import annotations

import re
from typing import Final

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

MAP_LINK: Final = re.compile(rf"(?:https?://)?(?:[\w-]+\.){{0,4}}(?:{_HOSTS})[^\s\"'，。；！？、）)\x02\u4e00-\u9fff]*", re.I)
GEO: Final = re.compile(r"\bgeo:[-+\d.,;?=a-z]+", re.I)
COORDINATES: Final = re.compile(
    rf"(?:{_LABEL})?{_FINE}\s*[,;/|、\s]\s*(?:and\s+)?(?:{_LABEL})?{_FINE}"
    rf"|(?:{_LABEL})?{_COARSE}\s*[,;/|、]\s*(?:{_LABEL})?{_COARSE}"
    rf"|{_LABEL}{_ANY}[,;/|、\s]*(?:and\s+)?{_LABEL}{_ANY}"
    rf"|(?:{_LABEL})?{_DEGREES}[,;/|、\s]*(?:and\s+)?(?:{_LABEL})?{_DEGREES}",
    re.I,
)
_AT = r"(?:\s?@\s?|\s?[(\[{]\s?at\s?[)\]}]\s?|\sat\s(?=[\w-]+\sdot\s))"
_DOT = r"(?:\.|\s?[(\[{]\s?dot\s?[)\]}]\s?|\sdot\s)"
EMAIL: Final = re.compile(rf"[A-Za-z0-9\u00c0-\u024f._+%'’-]{{1,64}}{_AT}[A-Za-z0-9-]{{1,63}}(?:{_DOT}[A-Za-z0-9-]{{1,63}}){{1,5}}", re.I)
EMAIL_IN_ANY_SCRIPT: Final = re.compile(r"\w[\w.+-]{0,63}@\w[\w-]{0,62}(?:\.\w[\w-]{0,62}){1,5}")
