"""The example of nginx: what it overwrites, how long it waits, what it logs, and that one gateway is chosen."""

from __future__ import annotations

import re

import bot.sockets
from bot.request_body import LARGEST_BODY
from bot.settings import ROOT, Settings
from tests.deploy_files import Nginx

DEPLOY = ROOT / "deploy"
NGINX = Nginx(DEPLOY / "nginx" / "assistant.conf")


def test_the_proxy_overwrites_every_header_that_the_gateway_believes() -> None:
    code = "".join((ROOT / "bot" / name).read_text(encoding="utf-8") for name in ("request_origin.py", "http.py"))
    believed = set(re.findall(r'"(X-Forwarded-\w+|X-Real-IP|Forwarded)"', code))
    assert len(believed) == 5
    given = {each.words[0]: each.words[1] for each in NGINX.of("server", "proxy_set_header")}
    assert believed <= set(given)
    assert given["X-Forwarded-For"] == "$remote_addr" and given["X-Forwarded-Host"] == given["Host"] == "$host"
    assert given["Upgrade"] == "$http_upgrade" and given["Connection"] == "$assistant_connection"
    # A header of a location would take the place of all of these.
    assert NGINX.of("server", "location", "proxy_set_header") == []


def test_the_proxy_waits_longer_and_takes_no_more_than_the_gateway() -> None:
    def seconds(name: str) -> float:
        (found,) = NGINX.of("server", name)
        return float(found.words[0].removesuffix("s"))

    defaults = Settings()
    assert seconds("proxy_read_timeout") > bot.sockets._PING_INTERVAL_S + bot.sockets._PING_TIMEOUT_S
    assert seconds("proxy_read_timeout") > 2 * defaults.assistant_timeout_s + defaults.turn_lease_s + 5
    (largest,) = NGINX.of("server", "client_max_body_size")
    assert largest.words == [f"{max(LARGEST_BODY, bot.sockets.LARGEST_MESSAGE) // 1024}k"]
    (lines,) = NGINX.of("server", "limit_conn")
    assert int(lines.words[1]) >= bot.sockets._MOST_LINES, "the gateway's own refusal says more"


def test_the_proxy_logs_neither_address_nor_path_and_hides_what_is_for_machines() -> None:
    (log,) = NGINX.of("log_format")
    assert not re.search(
        r"\$(remote|request_uri|uri|args|query|http_|request\b|realip|binary|proxy_add)", log.words[1].replace("$request_", "$r_")
    )
    assert [each.words for each in NGINX.of("server", "access_log")] == [["off"], ["off"], ["/var/log/nginx/assistant.log", "assistant"]]
    assert [each.words[-1] for each in NGINX.of("server", "error_log")] == ["crit"]
    closed = {each.words[1] for each in NGINX.of("server", "location") if [inner.words for inner in each.inner] == [["404"]]}
    assert closed == {"/metrics", "/readyz"}
    paths = {each.words[0] for each in NGINX.of("server", "location") if each.words[0] != "="}
    assert bot.sockets.PATH in paths and "/" in paths


def test_the_proxy_knows_one_gateway_which_the_switch_chooses() -> None:
    (upstream,) = NGINX.of("upstream")
    (included,) = upstream.inner
    assert included.name == "include"
    assert included.words == ["/etc/nginx/assistant/live.conf"]
    assert "/etc/nginx/assistant/live.conf" in (DEPLOY / "switch.sh").read_text(encoding="utf-8")
