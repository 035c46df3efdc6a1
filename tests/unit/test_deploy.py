"""What runs it beyond one machine: every file parses, and names commands, ports, settings and probes that are there."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

import actions.server
import bot.__main__
import bot.checks
import bot.http
import bot.lifetime
import bot.nlu.server
import deploy.backup
import deploy.probe
from bot.errors import StartError
from bot.metrics import Metrics
from bot.settings import ROOT, Settings, load
from tests.deploy_files import Nginx, documents, parts_of_pod, units

DEPLOY = ROOT / "deploy"
COLOURS = ("blue", "green")
MODEL = "models/model.tar.gz"
CONTAINERS = "assistant-containers@.service"
UNITS = units(DEPLOY / "systemd")
COMPOSE = {path.name: yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in DEPLOY.glob("compose*.yml")}
MANIFESTS = documents(DEPLOY / "kubernetes")


def manifest(kind: str, name: str) -> dict[str, Any]:
    return next(each for each in MANIFESTS if each["kind"] == kind and each["metadata"]["name"] == name)


def environment(colour: str) -> dict[str, str]:
    common, own = (dotenv_values(DEPLOY / "settings" / f"{name}.env") for name in ("common", colour))
    return {name: value or "" for name, value in {**common, **own}.items()}


def scraped(name: str) -> dict[str, Any]:
    given: dict[str, Any] = yaml.load((DEPLOY / "metrics" / name).read_text(encoding="utf-8"), yaml.CSafeLoader)
    return given


def pods() -> Iterator[dict[str, Any]]:
    yield manifest("Deployment", "assistant")["spec"]["template"]["spec"]
    for name in ("assistant-backup", "assistant-audit"):
        yield manifest("CronJob", name)["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def places() -> Iterator[tuple[str, dict[str, str], list[tuple[str, list[str]]]]]:
    """Each way to run it, with its environment, and every command with the part that it belongs to."""
    for colour in COLOURS:
        values = environment(colour)
        commands = [
            (name, shlex.split(re.sub(r"\$\{(\w+)\}", lambda found, known=values: known[found[1]], line)))
            for name, unit in UNITS.items()
            for key, line in unit.get("Service", [])
            if key in ("ExecStart", "ExecStartPost")
        ]
        yield colour, values, commands
    commands = []
    for name, service in COMPOSE["compose.yml"]["services"].items():
        commands.append((name, service["command"]))
        if "healthcheck" in service:
            commands.append((name, service["healthcheck"]["test"][1:]))
    yield "compose", {**environment("blue"), **COMPOSE["compose.yml"]["services"]["gateway"]["environment"]}, commands
    commands = [(name, command) for pod in pods() for name, command in parts_of_pod(pod)]
    yield "kubernetes", manifest("ConfigMap", "assistant")["data"], commands


def module_of(command: list[str]) -> tuple[str, list[str]] | None:
    if "-m" not in command:
        return None
    at = command.index("-m")
    assert Path(command[at - 1]).name == "python", command
    return command[at + 1], command[at + 2 :]


CALLS = [(where, part, command) for where, _, commands in places() for part, command in commands if module_of(command)]


class Parsed(Exception):
    pass


@pytest.mark.parametrize(("where", "part", "command"), CALLS, ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_is_one_that_its_module_takes(where: str, part: str, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(*_arguments: Any, **_named: Any) -> Any:
        raise Parsed

    found = module_of(command)
    assert found
    module, arguments = found
    if module == "bot":
        assert bot.__main__._parser().parse_args(arguments).run
        return
    monkeypatch.setattr(bot.nlu.server, "end_with_parent", parsed)
    monkeypatch.setattr(actions.server, "end_with_parent", parsed)
    monkeypatch.setattr(deploy.probe, "answer", parsed)
    monkeypatch.setattr(deploy.backup, "load", parsed)
    monkeypatch.setattr(os, "umask", lambda _mask: 0)
    with pytest.raises(Parsed):
        sys.modules[module].main(arguments)


def test_every_part_is_started_everywhere() -> None:
    for where in (*COLOURS, "compose", "kubernetes"):
        started = {found[0] for place, _, command in CALLS if place == where and (found := module_of(command))}
        assert started == {"bot", "bot.nlu.server", "actions.server", "deploy.probe", "deploy.backup"}, where


def test_backup_and_audit_are_daily_works_everywhere() -> None:
    for where in (*COLOURS, "compose", "kubernetes"):
        works = [(found[0], *found[1][:2]) for place, _, command in CALLS if place == where and (found := module_of(command))]
        assert ("deploy.backup", "to", "/var/backups/assistant") in works and ("bot", "audit", "verify") in works, where
    for work in ("backup", "audit"):
        assert manifest("CronJob", f"assistant-{work}")["spec"]["schedule"].endswith(" * * *")
        assert dict(UNITS[f"assistant-{work}@.timer"]["Timer"])["OnCalendar"].startswith("*-*-* ")
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert re.search(r"^systemctl enable --now assistant-backup@(\w+)\.timer assistant-audit@\1\.timer$", text, re.MULTILINE)
    daily = re.findall(r"^\d+ \d+ \* \* \* root .+ run --rm (\w+)$", text, re.MULTILINE)
    assert daily == [name for name, each in COMPOSE["compose.yml"]["services"].items() if "profiles" in each]


@pytest.mark.parametrize(("where", "values", "commands"), list(places()), ids=[where for where, _, _ in places()])
def test_parts_find_each_other_by_the_ports_of_their_settings(where: str, values: dict[str, str], commands: list[Any]) -> None:
    settings = load(values, env_file=None)
    assert settings.rasa_port and settings.actions_port, "0 would give each part a port of its own"
    for _, command in commands:
        module, arguments = module_of(command) or ("", [])
        if module == "actions.server":
            assert arguments == ["--port", str(settings.actions_port)]
        if module == "bot.nlu.server":
            given = bot.nlu.server._arguments(arguments)
            assert (given.port, given.actions_url) == (settings.rasa_port, [f"http://127.0.0.1:{settings.actions_port}/webhook"])
            assert given.model == Path(MODEL), "what is made with a release"
            assert not given.enable_api


async def _nothing() -> None:
    """There is nothing to look at."""


def paths_of(port: int, settings: Settings) -> set[str]:
    if port == settings.http_port:
        health = bot.http.Health({}, Metrics(), lambda _request: False, lambda: True, _nothing)
        return {route.path for route in health.routes()} - {"/metrics"}
    if port == settings.rasa_port:
        return set(re.findall(r'@app\.get\("(/\w+)"\)', inspect.getsource(bot.nlu.server.build_app)))
    assert port == settings.actions_port
    # The gateway asks the same.
    return set(re.findall(r'\{address\}(/\w+)"', inspect.getsource(bot.checks.actions_check)))


@pytest.mark.parametrize(("where", "values", "commands"), list(places()), ids=[where for where, _, _ in places()])
def test_probes_ask_a_part_for_what_it_serves(where: str, values: dict[str, str], commands: list[Any]) -> None:
    settings = load(values, env_file=None)
    probes = [found[1] for _, command in commands if (found := module_of(command)) and found[0] == "deploy.probe"]
    assert len(probes) >= 2
    for port, path, *_ in probes:
        assert path in paths_of(int(port), settings), (port, path)


def test_probes_of_the_gateway_come_from_outside_its_loopback() -> None:
    data = manifest("ConfigMap", "assistant")["data"]
    assert data["BOT_HTTP_HOST"] == "0.0.0.0"
    gateway = manifest("Deployment", "assistant")["spec"]["template"]["spec"]["containers"][0]
    served = paths_of(int(data["BOT_HTTP_PORT"]), load(data, env_file=None))
    assert [port["containerPort"] for port in gateway["ports"]] == [int(data["BOT_HTTP_PORT"])]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = gateway[probe]["httpGet"]
        assert asked["path"] in served and asked["port"] == "http"
    assert gateway["livenessProbe"]["httpGet"]["path"] == "/healthz", "a gateway is not to be killed for a Rasa that is down"


@pytest.mark.parametrize(("where", "values", "commands"), list(places()), ids=[where for where, _, _ in places()])
def test_settings_exist_and_hold_for_the_public(where: str, values: dict[str, str], commands: list[Any]) -> None:
    documented = set(re.findall(r"^(BOT_\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for name in values if name.startswith("BOT_")}
    assert named <= documented
    settings = load(values, env_file=None)
    assert not settings.demo and settings.rate_limits and settings.trusted_proxies.networks
    assert settings.data_dir == Path("/var/lib/assistant")


def test_files_name_no_setting_that_is_not_there() -> None:
    documented = set(re.findall(r"^(BOT_\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    assert len(files) > 15
    for path in files:
        assert set(re.findall(r"\bBOT_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))) <= documented, path.name


def test_colours_share_no_port_and_the_proxy_and_the_switch_know_them() -> None:
    ports = {colour: [environment(colour)[f"BOT_{part}_PORT"] for part in ("HTTP", "RASA", "ACTIONS")] for colour in COLOURS}
    assert len({port for each in ports.values() for port in each}) == 6
    switch = (DEPLOY / "switch.sh").read_text(encoding="utf-8")
    for colour in COLOURS:
        (server,) = Nginx(DEPLOY / "nginx" / f"{colour}.conf").of("server")
        assert server.words[0] == f"127.0.0.1:{ports[colour][0]}"
        assert f"{colour}) port={ports[colour][0]} ;;" in switch


def test_units_name_units_and_files_that_are_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (DEPLOY / "systemd").iterdir())
    assert {name.replace("%i", "").replace("blue", "") for name in re.findall(r"assistant[\w-]*@(?:%i|blue)\.\w+", text)} <= set(UNITS)
    for name, unit in UNITS.items():
        service = dict(unit.get("Service", []))
        if not service or name == CONTAINERS:
            continue
        files = [value for key, value in unit["Service"] if key == "EnvironmentFile"]
        assert files == ["/etc/assistant/common.env", "/etc/assistant/%i.env"], name
        assert service["User"] == "assistant" and service["WorkingDirectory"] == "/opt/assistant/%i" and service["UMask"] == "0077"
        assert service["ExecStart"].startswith("/opt/assistant/%i/.venv/bin/python -m ")
        assert service["NoNewPrivileges"] == "yes" and service["ProtectSystem"] == "strict" and service["LimitCORE"] == "1"


def test_stopping_a_colour_waits_until_its_parts_have_ended() -> None:
    wanted = dict(UNITS["assistant@.target"]["Unit"])["Wants"].split()
    assert len(wanted) == 3
    for name in wanted:
        unit = dict(UNITS[name.replace("%i", "")]["Unit"])
        # What starts after the target ends before it; systemd would order them the other way by itself.
        assert "assistant@%i.target" in unit["After"].split() and unit["PartOf"] == "assistant@%i.target", name


def test_every_unit_gives_up_what_no_part_needs() -> None:
    locked = {
        name: {key: value for key, value in unit["Service"] if re.match(r"Protect|Restrict|Private|System|Lock|Remove|Capability", key)}
        for name, unit in UNITS.items()
        if "Service" in unit and name != CONTAINERS
    }
    alike = {tuple(sorted(each.items())) for each in locked.values()}
    assert len(locked) == 5 and len(alike) == 1, "what one part does without, all do"
    given = dict(alike.pop())
    assert given["SystemCallFilter"] == "@system-service" and given["SystemCallErrorNumber"] == "EPERM", "a refused call kills nobody"
    assert given["RestrictNamespaces"] == given["ProtectClock"] == given["ProtectKernelLogs"] == given["RestrictRealtime"] == "yes"


def test_the_gateway_starts_after_its_rasa() -> None:
    after = dict(UNITS["assistant-gateway@.service"]["Unit"])["After"].split()
    assert "assistant-rasa@%i.service" in after
    assert any(key == "ExecStartPost" for key, _ in UNITS["assistant-rasa@.service"]["Service"])
    assert COMPOSE["compose.yml"]["services"]["gateway"]["depends_on"] == {"rasa": {"condition": "service_healthy"}}
    before = manifest("Deployment", "assistant")["spec"]["template"]["spec"]["initContainers"]
    assert [each["name"] for each in before] == ["key", "actions", "rasa"]
    assert all(each["restartPolicy"] == "Always" and "startupProbe" in each for each in before[1:])


def test_compose_files_name_what_they_define() -> None:
    for name, file in COMPOSE.items():
        services = file["services"]
        for service, given in services.items():
            for needed, how in given.get("depends_on", {}).items():
                assert needed in services, (name, service)
                assert how["condition"] != "service_healthy" or "healthcheck" in services[needed]
            volumes = {volume.partition(":")[0] for volume in given.get("volumes", []) if not volume.startswith("/")}
            assert volumes <= set(file["volumes"]), (name, service)
            assert set(given.get("networks", [])) <= set(file["networks"]), (name, service)
            mode = given.get("network_mode", "")
            assert not mode.startswith("service:") or mode.removeprefix("service:") in services
    published = [port for file in COMPOSE.values() for service in file["services"].values() for port in service.get("ports", [])]
    assert published == ["${ASSISTANT_BIND:-127.0.0.1}:${ASSISTANT_PORT:-8081}:8080"], (
        "only the gateway, and to this machine if nothing is said"
    )
    inside = COMPOSE["compose.database.yml"]["networks"]["assistant"]["ipam"]["config"][0]["gateway"]
    assert load(environment("blue"), env_file=None).trusted_proxies.trusts(inside)


def test_containers_start_with_the_machine_after_the_one_that_holds_their_network() -> None:
    services = COMPOSE["compose.yml"]["services"]
    parts = [name for name, given in services.items() if "profiles" not in given]
    (holder,) = {given["network_mode"].removeprefix("service:") for given in services.values() if "network_mode" in given}
    unit = UNITS[CONTAINERS]
    started = [line.split() for key, line in unit["Service"] if key == "ExecStart"]
    assert [each[:2] for each in started] == [["/usr/bin/docker", "start"]] * 2
    assert started[0][2:] == [f"%i-{holder}-1"]
    assert started[0][2:] + started[1][2:] == [f"%i-{part}-1" for part in parts]
    # The other colour is not there.
    assert dict(unit["Service"])["ExecCondition"].split()[-1] == f"%i-{holder}-1"
    assert {dict(unit["Unit"])[key] for key in ("Requires", "After")} == {dict(unit["Install"])["WantedBy"]} == {"docker.service"}
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"systemctl enable {' '.join(CONTAINERS.replace('@', f'@{colour}') for colour in COLOURS)}" in text


def test_compose_joins_the_network_that_is_made_by_hand_where_the_database_is_elsewhere() -> None:
    (given,) = COMPOSE["compose.database.yml"]["networks"]["assistant"]["ipam"]["config"]
    made = f"docker network create --subnet {given['subnet']} --gateway {given['gateway']} assistant"
    assert made in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def test_a_release_reaches_every_image_and_a_way_back_too(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^sed .+ deploy/kubernetes/\*\.yml$", text, re.MULTILINE)
    shutil.copytree(DEPLOY / "kubernetes", tmp_path / "deploy" / "kubernetes")
    for release in ("2027.1", "2026.12"):
        subprocess.run(["sh", "-c", command.replace("NEW", release)], cwd=tmp_path, check=True)
        changed = documents(tmp_path / "deploy" / "kubernetes")
        named = re.findall(r"'image': '([^']+)'", str(changed))
        assert set(named) == {f"assistant:{release}"} and len(named) == str(MANIFESTS).count("'image': ")
    assert str(changed).replace("assistant:2026.12", "assistant:latest") == str(MANIFESTS), "and nothing else"


def test_a_node_that_is_emptied_leaves_a_pod() -> None:
    deployment, budget = manifest("Deployment", "assistant")["spec"], manifest("PodDisruptionBudget", "assistant")["spec"]
    assert budget["selector"] == deployment["selector"]
    assert budget["maxUnavailable"] < deployment["replicas"]
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow", "where no pod is ready, a node could not be emptied"


def test_manifests_fit_together() -> None:
    deployment, service = manifest("Deployment", "assistant"), manifest("Service", "assistant")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"] == labels
    assert manifest("NetworkPolicy", "assistant")["spec"]["podSelector"]["matchLabels"] == labels
    backend = manifest("Ingress", "assistant")["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": "assistant", "port": {"name": service["spec"]["ports"][0]["name"]}}
    assert {each["kind"] for each in MANIFESTS}.isdisjoint({"Secret"})
    claims = {each["metadata"]["name"] for each in MANIFESTS if each["kind"] == "PersistentVolumeClaim"}
    for pod in pods():
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert {volume["persistentVolumeClaim"]["claimName"] for volume in volumes.values() if "persistentVolumeClaim" in volume} <= claims
        assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch", "any other opens the key to the group at each mount"
        assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes)
            assert container["resources"]["limits"]["memory"]
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            for source in container.get("envFrom", []):
                assert "secretRef" in source or manifest("ConfigMap", source["configMapRef"]["name"])


def test_several_gateways_share_everything_but_their_key_file() -> None:
    spec = manifest("Deployment", "assistant")["spec"]
    assert spec["replicas"] >= 2 and spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert not any("persistentVolumeClaim" in volume for volume in spec["template"]["spec"]["volumes"]), "it would be at one node"
    gateway = spec["template"]["spec"]["containers"][0]
    assert gateway["readinessProbe"]["httpGet"]["path"] == "/readyz", "the others take over from a pod that has lost its Rasa"
    assert manifest("Service", "assistant")["spec"]["sessionAffinity"] == "ClientIP"
    ports = {port["port"] for rule in manifest("NetworkPolicy", "assistant")["spec"]["egress"] for port in rule["ports"]}
    assert {5432, 6379, 587, 465} <= ports
    several = [line.split() for line in (DEPLOY / "nginx" / "several.conf").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert several[0] == ["ip_hash;"] and len({server for word, server, *_ in several[1:] if word == "server"}) == 2


def test_gateways_may_open_as_many_files_as_their_windows_need() -> None:
    unit = dict(UNITS["assistant-gateway@.service"]["Service"])
    limits = [int(unit["LimitNOFILE"]), COMPOSE["compose.yml"]["services"]["gateway"]["ulimits"]["nofile"]]
    assert limits == [bot.lifetime._MOST_FILES] * 2 and min(limits) > 10_000


def test_a_part_that_hangs_is_ended_where_the_documents_say_so() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert "it is ended after a minute (action server: half a minute)" in text and "neither systemd nor Docker asks it" in text
    (pod, *_) = pods()
    probes = {each["name"]: each["livenessProbe"] for each in pod["initContainers"] if "livenessProbe" in each}
    within = {name: probe["periodSeconds"] * probe["failureThreshold"] for name, probe in probes.items()}
    assert within == {"rasa": 60, "actions": 30}
    for part in ("rasa", "actions"):
        assert not {"WatchdogSec", "Type"} & set(dict(UNITS[f"assistant-{part}@.service"]["Service"]))


def test_every_way_has_one_rasa_and_one_action_server_as_the_documents_say() -> None:
    assert "each machine or pod has one Rasa and one action server" in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for where, values, commands in places():
        started = [found[0] for _, command in commands if (found := module_of(command))]
        assert [started.count(module) for module in ("bot.nlu.server", "actions.server")] == [1, 1], where
        assert not {"BOT_RASA_URLS", "BOT_ACTIONS_URLS"} & set(values), where


def test_group_and_user_of_the_image_are_those_that_it_runs_as() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    ids = re.findall(r"--([gu]id) (\d+)", text)
    # A group that useradd chooses would be another than the one of USER.
    assert ids == [("gid", "10001"), ("uid", "10001"), ("gid", "10001")] and "\nUSER 10001:10001\n" in text
    assert {pod["securityContext"]["runAsUser"] for pod in pods()} == {pod["securityContext"]["runAsGroup"] for pod in pods()} == {10001}


def test_documents_name_files_and_commands_that_are_there() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = {path.rstrip("/.") for path in re.findall(r"\bdeploy/[\w./@-]+", text)}
    assert len(named) > 8
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
    for command in re.findall(r"python -m bot (\w+)", text):
        with pytest.raises(SystemExit) as ended:
            bot.__main__._parser().parse_args([command, "--help"])
        assert ended.value.code == 0, command


def test_prometheus_asks_both_colours_and_a_colour_that_rests_is_no_alarm() -> None:
    (job,) = scraped("prometheus.yml")["scrape_configs"]
    (group,) = job["static_configs"]
    assert job["job_name"] == "assistant" and set(group["labels"]) == {"machine"}, "one name for both colours"
    # What units listen on, compose publishes too: see the test of colours and switch.
    assert group["targets"] == [f"127.0.0.1:{environment(colour)['BOT_HTTP_PORT']}" for colour in COLOURS]
    (down,) = [rule["expr"] for group in scraped("alarms.yml")["groups"] for rule in group["rules"] if rule["alert"] == "GatewayDown"]
    assert down.startswith('max by (machine) (up{job="assistant"}) == 0 or absent(')


def test_prometheus_finds_every_pod_and_is_let_in() -> None:
    (job,) = scraped("prometheus.kubernetes.yml")["scrape_configs"]
    template = manifest("Deployment", "assistant")["spec"]["template"]
    (gateway,) = template["spec"]["containers"]
    keep, name = job["relabel_configs"]
    assert job["job_name"] == "assistant" and name["target_label"] == "machine"
    assert keep["regex"] == f"{template['metadata']['labels']['app']};{gateway['ports'][0]['name']}" and keep["action"] == "keep"
    allowed = {
        each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]: [port["port"] for port in rule["ports"]]
        for rule in manifest("NetworkPolicy", "assistant")["spec"]["ingress"]
        for each in rule["from"]
    }
    served = [gateway["ports"][0]["containerPort"]]
    assert allowed == {"ingress": served, "monitoring": served}


@pytest.mark.parametrize("name", ["prometheus.yml", "prometheus.kubernetes.yml"])
def test_prometheus_shows_the_token_and_reads_the_alarms(name: str) -> None:
    given = scraped(name)
    assert [(DEPLOY / "metrics" / file).is_file() for file in given["rule_files"]] == [True]
    for job in given["scrape_configs"]:
        assert job["authorization"]["type"] == "Bearer" and job["authorization"]["credentials_file"].startswith("/etc/prometheus/")


def test_every_call_of_compose_names_the_release_that_its_file_asks_for() -> None:
    asked = (DEPLOY / "compose.yml").read_text(encoding="utf-8")
    assert "${ASSISTANT_RELEASE:?" in asked, "compose ends without it, whatever it is to do"
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), DEPLOY / "compose.yml"]
    calls = [
        (path.name, found[1], found[2])
        for path in documents
        for found in re.finditer(r"(\S+ )?docker compose(?: -f (\S+))?", path.read_text(encoding="utf-8"))
        # In `docker compose` alone it is the program that is meant.
        if found[2]
    ]
    ours = [(name, before) for name, before, file in calls if file == "deploy/compose.yml"]
    assert len(ours) >= 8
    assert [each for each in ours if not re.fullmatch(r"[`(]?ASSISTANT_RELEASE=\S+ ", each[1] or "")] == []


def test_a_restore_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    with pytest.raises(StartError, match="not for sqlite"):
        deploy.backup.restore(settings, tmp_path / "permits-20260101T000000Z.dump")
