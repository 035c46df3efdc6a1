"""Rasa and the action server as processes: what they answer, what they keep, what they log, how they end."""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from bot.nlu.training import train
from bot.settings import ROOT, Settings
from tests.rasa_project import STRANGERS, write_project
from tests.rasa_project.processes import READY_WITHIN_S, Process, actions_process, rasa_process, say
from tests.servers import free_port

_numbers = count()
_SECRETS = ("Nanshan", "SECRET-WORD", "bomb", "my permit card is gone", "weather")


class Servers:
    """Both servers over one model, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = write_project(folder / "project")
        self.data_dir = folder / "var"
        self.model = train(Settings(data_dir=self.data_dir), lambda _line: None, self.project)
        self.actions = actions_process(folder).start(self.data_dir)
        self.rasa = rasa_process(folder, self.project, self.model, self.actions.url).start(self.data_dir)

    def stop(self) -> None:
        """End both."""
        self.rasa.stop()
        self.actions.stop()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    running = Servers(tmp_path_factory.mktemp("rasa"))
    yield running
    running.stop()


@pytest.fixture
def sender(servers: Servers) -> str:
    return f"conversation-{next(_numbers)}"


def _texts(replies: list[dict[str, object]]) -> list[object]:
    return [reply["text"] for reply in replies]


def _events(servers: Servers, sender: str) -> list[dict[str, object]]:
    with sqlite3.connect(servers.data_dir / "rasa.db") as database:
        rows = database.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", (sender,)).fetchall()
    return [json.loads(row[0]) for row in rows]


def test_what_rasa_remembers_is_its_owners_only(servers: Servers, sender: str) -> None:
    # systemd's units say so too; a container starts with whatever mask it is given.
    say(servers.rasa, sender, "how much do I pay", language="en")
    kept = list(servers.data_dir.glob("rasa.db*"))
    assert kept and [path.name for path in kept if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    ("text", "topic"),
    [("how much do I pay", "fee"), ("办理要几天", "processing_time"), ("сколько это стоит", "fee"), ("/photo_spec", "photo_spec")],
)
def test_a_question_gets_the_answer_of_its_topic(servers: Servers, sender: str, text: str, topic: str) -> None:
    (reply,) = say(servers.rasa, sender, text, language="zh")
    assert (reply["text"], reply["topic"], reply["language"]) == (f"utter_{topic}", topic, "zh")


def test_a_stranger_is_declined_or_asked_back_and_never_answered(servers: Servers, sender: str) -> None:
    for text in STRANGERS:
        (reply,) = say(servers.rasa, sender, text)
        assert reply["text"] in ("utter_doubt", "utter_out_of_scope")


def test_a_message_that_is_not_understood_reaches_the_rule_for_doubt(servers: Servers, sender: str) -> None:
    (reply,) = say(servers.rasa, sender, "   ")
    assert (reply["text"], reply["topic"], reply["params"]) == ("utter_doubt", None, {"decision": "decline"})


def test_a_form_takes_its_answer(servers: Servers, sender: str) -> None:
    assert _texts(say(servers.rasa, sender, "which office is nearest")) == ["utter_ask_place"]
    (reply,) = say(servers.rasa, sender, "I live in Nanshan")
    assert (reply["text"], reply["params"]) == ("utter_station", {"place": "Nanshan"})


def test_a_form_takes_a_choice_from_metadata(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "/station_nearest")
    (reply,) = say(servers.rasa, sender, "/choose", choice="station.place=Futian")
    assert reply["params"] == {"place": "Futian"}


def test_a_question_within_a_form_is_answered_and_the_form_asks_again(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "/station_nearest")
    assert _texts(say(servers.rasa, sender, "how much does it cost")) == ["utter_fee", "utter_ask_place"]
    assert _texts(say(servers.rasa, sender, "/processing_time")) == ["utter_processing_time", "utter_ask_place"]
    assert _texts(say(servers.rasa, sender, "南山")) == ["utter_station"]


def test_what_an_officer_said_meanwhile_is_known_and_ends_the_open_question(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "/station_nearest")
    meanwhile = [{"id": "m4", "author": "applicant", "text": "hello?"}, {"id": "m5", "author": "staff", "text": "Come to counter 1."}]
    assert _texts(say(servers.rasa, sender, "how much does it cost", meanwhile=meanwhile)) == ["utter_fee"]
    assert _texts(say(servers.rasa, sender, "which office is nearest")) == ["utter_ask_place"]
    assert _texts(say(servers.rasa, sender, "I live in Nanshan", meanwhile=meanwhile)) == ["utter_station"]
    told = [event["text"] for event in _events(servers, sender) if event["event"] == "bot" and event["metadata"].get("author")]
    assert told == ["hello?", "Come to counter 1."]


def test_a_form_can_be_cancelled(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "/station_nearest")
    assert _texts(say(servers.rasa, sender, "/cancel")) == ["utter_cancelled"]
    assert _texts(say(servers.rasa, sender, "/fee")) == ["utter_fee"]


def test_a_turn_whose_action_fails_says_nothing_and_leaves_no_trace(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "/station_nearest")
    before = _events(servers, sender)
    assert say(servers.rasa, sender, "a bomb in Nanshan") == []
    assert _events(servers, sender) == before
    assert _texts(say(servers.rasa, sender, "Nanshan")) == ["utter_station"]


def test_a_message_that_is_asked_again_is_answered_as_before_and_changes_nothing(servers: Servers, sender: str) -> None:
    asked = say(servers.rasa, sender, "which office is nearest", message_id="m1")
    assert _texts(asked) == ["utter_ask_place"]
    taken = say(servers.rasa, sender, "I live in Nanshan", message_id="m2")
    assert _texts(taken) == ["utter_station"]
    before = _events(servers, sender)
    assert say(servers.rasa, sender, "I live in Nanshan", message_id="m2") == taken
    assert say(servers.rasa, sender, "which office is nearest", message_id="m1") == asked
    assert _events(servers, sender) == before


def test_a_missing_text_fails_the_turn(servers: Servers, sender: str) -> None:
    assert say(servers.rasa, sender, "/lost_card") == []
    assert _texts(say(servers.rasa, sender, "/fee")) == ["utter_fee"]


def test_messages_of_one_conversation_are_answered_in_order_and_all_kept(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "/greet")
    threads = [threading.Thread(target=say, args=(servers.rasa, sender, "/fee")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(event["event"] == "user" for event in _events(servers, sender)) == 7


def test_a_long_conversation_is_shortened_with_its_answers(servers: Servers, sender: str) -> None:
    for number in range(24):
        say(servers.rasa, sender, f"how much do I pay for the {number}th time")
    events = _events(servers, sender)
    heard = [event["text"] for event in events if event["event"] == "user"]
    assert len(events) <= 64
    assert heard[-1] == "how much do I pay for the 23th time" and 4 <= len(heard) < 24


def test_the_stored_ranking_is_short(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "how much is it")
    (message,) = [event for event in _events(servers, sender) if event["event"] == "user"]
    assert len(message["parse_data"]["intent_ranking"]) == 3  # type: ignore[index]


def test_what_people_write_is_in_no_log(servers: Servers, sender: str) -> None:
    say(servers.rasa, sender, "/station_nearest")
    say(servers.rasa, sender, "a bomb in Nanshan")
    say(servers.rasa, sender, "/lost_card")
    request = urllib.request.Request(f"{servers.rasa.url}/webhooks/rest/webhook", b'{"message": "SECRET-WORD', method="POST")
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)
    request = urllib.request.Request(f"{servers.actions.url}/webhook", b'{"sender_id": "SECRET-WORD"', method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert b"SECRET-WORD" not in refused.value.read()
    for log in (servers.rasa.said(), servers.actions.said()):
        assert not [secret for secret in _SECRETS if secret in log]
    assert "turn failed: TurnFailed" in servers.rasa.said()
    assert "action failed: RuntimeError" in servers.actions.said()


def test_the_request_of_a_turn_is_named_in_both_logs(servers: Servers, sender: str) -> None:
    for name, text in (("request-0001", "/station_nearest"), ("request-0002", "Nanshan")):
        body = json.dumps({"sender": sender, "message": text, "metadata": {"message_id": name, "language": "en"}}).encode()
        headers = {"Content-Type": "application/json", "X-Request-ID": name}
        request = urllib.request.Request(f"{servers.rasa.url}/webhooks/rest/webhook", body, headers)
        assert json.loads(urllib.request.urlopen(request, timeout=20).read())
    told = [[line for line in process.said().splitlines() if "[request-0002]" in line] for process in (servers.rasa, servers.actions)]
    assert any(" turn " in line for line in told[0]) and any(" action 200" in line for line in told[1])


def test_the_action_server_does_not_send_the_request_back(servers: Servers) -> None:
    call = {
        "next_action": "validate_station_form",
        "sender_id": "x",
        "tracker": {
            "sender_id": "x",
            "slots": {"requested_slot": "station_answer"},
            "latest_message": {"text": "bomb SECRET-WORD"},
            "events": [],
        },
    }
    request = urllib.request.Request(f"{servers.actions.url}/webhook", json.dumps(call).encode(), {"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(request, timeout=10)
    assert failed.value.code == 500
    assert json.loads(failed.value.read()) == {"error": "RuntimeError"}


def test_both_servers_listen_on_loopback_only(servers: Servers) -> None:
    sockets = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
    told = Path("/proc/net/udp").read_text(encoding="ascii").splitlines()
    assert {line.split()[1].split(":")[0] for line in told if f":{servers.rasa.port:04X} " in line} == {"0100007F"}
    for port in (servers.rasa.port, servers.actions.port):
        addresses = {line.split()[1].split(":")[0] for line in sockets if f":{port:04X} " in line and line.split()[3] == "0A"}
        assert addresses == {"0100007F"}


def test_what_was_told_ahead_is_answered_when_it_is_asked_and_nonsense_does_no_harm(servers: Servers, sender: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
        for data in (b"thow much is the fee", f"c{sender}".encode(), b"tSECRET-WORD \xff", b"SECRET-WORD", b""):
            gateway.sendto(data, ("127.0.0.1", servers.rasa.port))
    assert [reply["topic"] for reply in say(servers.rasa, sender, "how much is the fee")] == ["fee"]
    assert "nothing was read ahead: " in servers.rasa.said() and "SECRET-WORD" not in servers.rasa.said()


def test_rasas_own_api_is_closed(servers: Servers) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{servers.rasa.url}/conversations/x/tracker", timeout=10)
    assert refused.value.code == 404


def test_status_names_the_model(servers: Servers) -> None:
    with urllib.request.urlopen(f"{servers.rasa.url}/status", timeout=10) as response:
        assert json.load(response)["model_file"] == servers.model.name


def test_without_the_action_server_a_form_answers_nothing_and_goes_on_later(servers: Servers, tmp_path: Path) -> None:
    actions = actions_process(tmp_path).start(servers.data_dir)
    rasa = rasa_process(tmp_path, servers.project, servers.model, actions.url).start(tmp_path)
    try:
        say(rasa, "x", "/station_nearest")
        actions.stop()
        assert say(rasa, "x", "Nanshan") == []
        assert _texts(say(rasa, "x", "/fee")) == []
        assert say(rasa, "new", "/greet") == []
        actions.start(servers.data_dir)
        assert _texts(say(rasa, "x", "Nanshan")) == ["utter_station"]
    finally:
        rasa.stop()
        actions.stop()


def test_sigterm_ends_both_servers_cleanly(servers: Servers, tmp_path: Path) -> None:
    actions = actions_process(tmp_path).start(servers.data_dir)
    rasa = rasa_process(tmp_path, servers.project, servers.model, actions.url).start(tmp_path)
    assert rasa.stop() == 0
    assert actions.stop() == 0
    assert "Traceback" not in rasa.said() + actions.said()


class Gate:
    """Stands before an action server and lets a call through when it is told to."""

    def __init__(self, url: str) -> None:
        self.came, self.open = threading.Event(), threading.Event()
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gate.came.set()
                gate.open.wait()
                call = urllib.request.Request(f"{url}{self.path}", body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(call, timeout=30) as response:
                    answer = response.read()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                """Nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_rasa_that_is_told_to_end_answers_what_it_has_begun_and_takes_nothing_new(servers: Servers, tmp_path: Path) -> None:
    gate = Gate(servers.actions.url)
    rasa = rasa_process(tmp_path, servers.project, servers.model, gate.url).start(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(say, rasa, "x", "/greet")
        assert gate.came.wait(20)
        assert rasa.process is not None
        rasa.process.send_signal(signal.SIGTERM)
        while True:
            try:
                socket.create_connection(("127.0.0.1", rasa.port), 5).close()
            except (ConnectionRefusedError, ConnectionResetError):
                break
        gate.open.set()
        assert _texts(answer.result(30)) == ["utter_greet"]
        assert rasa.process.wait(20) == 0
    gate.server.shutdown()


def test_a_message_that_two_processes_are_asked_is_answered_once(servers: Servers, sender: str, tmp_path: Path) -> None:
    gate = Gate(servers.actions.url)
    slow = rasa_process(tmp_path, servers.project, servers.model, gate.url).start(servers.data_dir)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(say, slow, sender, "/greet", message_id="m1")
        assert gate.came.wait(20)
        first = say(servers.rasa, sender, "/greet", message_id="m1")
        assert _texts(first) == ["utter_greet"]
        gate.open.set()
        assert late.result(30) == first
    assert [event["event"] for event in _events(servers, sender)].count("user") == 1
    slow.stop()
    gate.server.shutdown()


@pytest.mark.parametrize("module", ["rasa", "actions"])
def test_a_server_ends_when_its_parent_is_killed(servers: Servers, tmp_path: Path, module: str) -> None:
    make: Callable[[], Process] = {
        "rasa": lambda: rasa_process(tmp_path, servers.project, servers.model, servers.actions.url),
        "actions": lambda: actions_process(tmp_path),
    }[module]
    server = make()
    script = textwrap.dedent(
        f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-m", {server.module!r}, "--port", "{server.port}", *{server.arguments!r}])
        print(child.pid, flush=True)
        time.sleep(600)
        """
    )
    with server.log.open("wb") as log:
        parent = subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "BOT_DATA_DIR": str(tmp_path)},
        )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    descriptor = os.pidfd_open(child)
    _wait_until_listening(server)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    import select

    ended, _, _ = select.select([descriptor], [], [], 20)
    assert ended
    os.close(descriptor)


def _wait_until_listening(server: Process) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{server.url}{server.health}", timeout=5).read()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(server.said())


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_somebody_has_is_refused_with_one_line(servers: Servers, tmp_path: Path, kind: int) -> None:
    rasa = rasa_process(tmp_path, servers.project, servers.model, servers.actions.url)
    with socket.socket(type=kind) as somebody:
        somebody.bind(("127.0.0.1", rasa.port))
        if kind == socket.SOCK_STREAM:
            somebody.listen()
        command = [sys.executable, "-m", rasa.module, "--port", str(rasa.port), *rasa.arguments]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=READY_WITHIN_S)
    assert ended.returncode == 1 and f"error: Port {rasa.port} on 127.0.0.1 cannot be used" in ended.stderr


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_broken_model_is_refused_with_one_line(servers: Servers, tmp_path: Path, content: bytes) -> None:
    model = tmp_path / "broken.tar.gz"
    model.write_bytes(content)
    command = [sys.executable, "-m", "bot.nlu.server", "--port", str(free_port()), "--actions-url", "http://127.0.0.1:1/webhook"]
    ended = subprocess.run(
        [*command, "--model", str(model), "--endpoints", str(servers.project / "endpoints.yml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "BOT_DATA_DIR": str(tmp_path)},
    )
    assert ended.returncode == 1
    assert f"{model} is missing or damaged" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
