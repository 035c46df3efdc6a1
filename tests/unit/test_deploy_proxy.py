"""The examples of nginx and HAProxy: what they overwrite, how long they wait, what they log, and whom they choose."""

from __future__ import annotations

import re

import bot.sockets
from bot.request_body import LARGEST_BODY
from bot.settings import ROOT, Settings
from tests.deploy_files import Nginx, haproxy

DEPLOY = ROOT / "deploy"
NGINX = Nginx(DEPLOY / "nginx" / "assistant.conf")
HAPROXY = haproxy(DEPLOY / "haproxy" / "assistant.cfg")


def headers_believed() -> set[str]:
    code = "".join((ROOT / "bot" / name).read_text(encoding="utf-8") for name in ("request_origin.py", "http.py"))
    believed = set(re.findall(r'"(X-Forwarded-\w+|X-Real-IP|Forwarded)"', code))
    assert len(believed) == 5
    return believed


def test_the_proxy_overwrites_every_header_that_the_gateway_believes() -> None:
    believed = headers_believed()
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


def test_the_proxy_gives_up_a_gateway_that_hangs_before_the_widget_gives_up() -> None:
    (dials,) = [each for each in NGINX.of("map") if each.words[1] == "$assistant_dials"]
    # What gives a line its sid, and no other request: a tunnel waits as long as the location it came through.
    assert dials.words[0] == "$request_method $arg_transport $arg_sid"
    assert [(each.name, each.words) for each in dials.inner] == [("default", [""]), ("GET polling ", ["yes"])]
    (location,) = [each for each in NGINX.of("server", "location") if each.words == ["@dials"]]
    given = {each.name: each.words[0] for each in location.inner}
    widget = (ROOT / "bot" / "static" / "widget" / "connection.js").read_text(encoding="utf-8")
    (patience,) = re.findall(r"^const ANSWER_WITHIN_MS = (\d+);$", widget, re.MULTILINE)
    assert float(given["proxy_read_timeout"].removesuffix("s")) * int(given["proxy_next_upstream_tries"]) < int(patience) / 1000
    # A request that stores something is not made again at another gateway.
    assert "non_idempotent" not in (DEPLOY / "nginx" / "assistant.conf").read_text(encoding="utf-8")
    (upstream,) = NGINX.of("upstream")
    assert "zone" in {each.name for each in upstream.inner}, "each worker would have to find out for itself"
    several = Nginx(DEPLOY / "nginx" / "several.conf").of("server")
    assert all("max_fails=1" in each.words for each in several), "what follows would go to the one that hangs"


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
    (included,) = [each for each in upstream.inner if each.name == "include"]
    assert included.words == ["/etc/nginx/assistant/live.conf"]
    assert "/etc/nginx/assistant/live.conf" in (DEPLOY / "switch.sh").read_text(encoding="utf-8")


def test_haproxy_does_as_nginx_does() -> None:
    frontend = HAPROXY["frontend assistant"]
    given = dict(re.findall(r"http-request (?:set|del)-header (\S+)(?: (\S+))?$", "\n".join(frontend), re.MULTILINE))
    assert headers_believed() <= set(given)
    (name,) = {words for each in NGINX.of("server", "server_name") for words in each.words}
    assert given["Host"] == given["X-Forwarded-Host"] == name and given["X-Forwarded-For"] == "%[src]"
    assert {f"acl ours req.hdr(host),field(1,:),lower -m str {name}", "http-request reject unless ours"} <= set(frontend)
    (wait,) = NGINX.of("server", "proxy_read_timeout")
    assert {f"timeout {side} {wait.words[0]}" for side in ("client", "server", "tunnel")} <= set(HAPROXY["defaults"])
    (most,) = [int(found[1]) for line in frontend if (found := re.search(r"content-length\) gt (\d+)", line))]
    assert most == max(LARGEST_BODY, bot.sockets.LARGEST_MESSAGE)
    (lines,) = [int(found[1]) for line in frontend if (found := re.search(r"sc0_conn_cur gt (\d+)", line))]
    assert lines >= bot.sockets._MOST_LINES
    assert "http-request return status 404 if { path,url_dec -m str /metrics /readyz }" in frontend


def test_haproxy_logs_neither_address_nor_path() -> None:
    logged = [
        line for lines in HAPROXY.values() for line in lines if line.startswith(("log-format", "error-log-format", "unique-id-format"))
    ]
    assert len(logged) == 3
    assert not re.search(r"%(\{[^}]*\})?(ci|cp|si|fi|HP|HQ|HU|HPO|r|hr|hrl)\b|src|path|url|query|hdr|capture", "\n".join(logged))
    # Without a format of its own it would log both.
    assert [name for name, lines in HAPROXY.items() if any(re.match(r"log (?!/dev/log)|option httplog", line) for line in lines)] == [
        "frontend assistant"
    ]


def test_haproxy_sends_visitors_to_gateways_that_are_ready_and_officers_to_any_that_runs() -> None:
    ready, alive = HAPROXY["backend ready"], HAPROXY["backend alive"]
    assert "http-check send meth GET uri /readyz" in ready and "http-check send meth GET uri /healthz" in alive
    assert HAPROXY["frontend assistant"][-2:] == ["use_backend ready if { nbsrv(ready) gt 0 }", "default_backend alive"]
    servers = [[line for line in lines if line.startswith("server ")] for lines in (ready, alive)]
    assert servers[0] == servers[1]
    several = Nginx(DEPLOY / "nginx" / "several.conf").of("server")
    assert [line.split()[-1] for line in servers[0]] == [each.words[0] for each in several]
    assert {"balance source", "hash-type consistent", "option httpchk", "http-check expect status 200"} <= set(HAPROXY["defaults"])


def test_proxies_hold_five_thousand_windows() -> None:
    text = (DEPLOY / "nginx" / "assistant.conf").read_text(encoding="utf-8")
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    head = text[: text.index("\nmap ")]
    for name, least in (("worker_connections", 2 * 5_000), ("worker_rlimit_nofile", 2 * 5_000)):
        (given,) = re.findall(rf"\b{name} (\d+);", head)
        assert int(given) > least and f"`{name} {given};`" in operations, name
    # They belong outside the http block, into which this file goes.
    assert not NGINX.of("events") and not NGINX.of("worker_rlimit_nofile")
    # With a limit of its own it would hold only so many, whatever the machine allows.
    assert not [line for lines in HAPROXY.values() for line in lines if line.startswith(("maxconn", "ulimit-n", "fd-hard-limit"))]
