"""What is kept between starts: the same as what is made anew, and never in the way."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.catalogue.grounds import DATA
from bot.data_file import read_yaml
from bot.derived import derived, digest_of, kept_between_starts
from bot.errors import DataError

TEXT = b"what it is made of"


class Maker:
    """Makes a value and counts how often."""

    def __init__(self, value: Any) -> None:
        self.value, self.times = value, 0

    def __call__(self) -> Any:
        self.times += 1
        return self.value


def started(folder: Path, make: Callable[[], Any], content: bytes = TEXT, name: str = "gateway", maker: str = __file__) -> Any:
    with kept_between_starts(folder, name):
        return derived(maker, content, make)


def kept_file(folder: Path) -> Path:
    return folder / "cache" / "derived-gateway.txt"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "深圳 \u2028 \n",
        0.1,
        [1, True, None, 1.0, -0.0, 10**30],
        {"a": [{"since": date(2025, 3, 1), "名": ""}], "b": {"c": date(1, 1, 1)}},
        [date(2026, 1, 31)],
    ],
)
def test_what_was_kept_is_what_was_made(tmp_path: Path, value: Any) -> None:
    make = Maker(value)
    assert started(tmp_path, make) == started(tmp_path, make) == value
    assert repr(started(tmp_path, make)) == repr(value)
    assert make.times == 1


@pytest.mark.parametrize("value", [{1: "a"}, (1, 2), {"a": {2}}, datetime(2025, 1, 1), date(2025, 1, 1), "\ud800", {True: 1}, b"a"])
def test_what_would_come_back_as_something_else_is_made_each_time(tmp_path: Path, value: Any) -> None:
    make = Maker(value)
    assert started(tmp_path, make) == started(tmp_path, make) == value
    assert make.times == 2


def test_what_contains_itself_is_made_each_time(tmp_path: Path) -> None:
    value: list[Any] = []
    value.append(value)
    make = Maker(value)
    assert started(tmp_path, make) is started(tmp_path, make) is value


def test_other_content_and_another_maker_give_another_thing(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("1")
    assert started(tmp_path, lambda: 1) == 1
    assert started(tmp_path, lambda: 2, content=b"other") == 2
    assert started(tmp_path, lambda: 3, maker=str(other)) == 3


def test_each_asker_gets_an_object_of_its_own(tmp_path: Path) -> None:
    started(tmp_path, lambda: ["a"])
    with kept_between_starts(tmp_path, "gateway"):
        derived(__file__, TEXT, list).append("b")
        assert derived(__file__, TEXT, list) == ["a"]


def test_nothing_is_kept_without_a_folder_or_when_the_start_failed(tmp_path: Path) -> None:
    assert derived(__file__, TEXT, lambda: 1) == 1
    with pytest.raises(DataError), kept_between_starts(tmp_path, "gateway"):
        derived(__file__, TEXT, lambda: 1)
        raise DataError("file", "entry", "field", "is wrong")
    assert not (tmp_path / "cache").exists()
    assert derived(__file__, TEXT, lambda: 2) == 2


def test_one_takes_what_another_has_kept(tmp_path: Path) -> None:
    make = Maker("a")
    started(tmp_path, make)
    assert started(tmp_path, make, name="rasa") == "a"
    kept_file(tmp_path).unlink()
    assert started(tmp_path, make, name="rasa") == "a"
    assert make.times == 1


def test_what_is_no_longer_used_drops_out(tmp_path: Path) -> None:
    started(tmp_path, lambda: "old words")
    started(tmp_path, lambda: "new words", content=b"new")
    assert b"new words" in kept_file(tmp_path).read_bytes()
    assert b"old words" not in kept_file(tmp_path).read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-20],
        lambda content: content.replace(b"first", b"fIrst"),
        lambda content: content.replace(b"derived 1", b"derived 2"),
        lambda content: content.replace(b"\n", b""),
        lambda content: os.urandom(5000),
        lambda content: json.dumps({"a": 1}).encode(),
    ],
)
def test_a_damaged_file_is_as_none(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    started(tmp_path, lambda: "first")
    kept_file(tmp_path).write_bytes(damage(kept_file(tmp_path).read_bytes()))
    assert started(tmp_path, lambda: "again") == "again"
    assert started(tmp_path, lambda: "third") == "again"


def test_only_this_account_may_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        started(tmp_path, lambda: "a")
    finally:
        os.umask(before)
    assert [(each.name, each.stat().st_mode & 0o777) for each in (tmp_path / "cache").iterdir()] == [("derived-gateway.txt", 0o600)]
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert started(tmp_path, lambda: "a") == "a"
    (tmp_path / "cache").unlink()
    kept_file(tmp_path).mkdir(parents=True)
    assert started(tmp_path, lambda: "b") == "b"
    assert [each.name for each in (tmp_path / "cache").iterdir()] == ["derived-gateway.txt"]


def _many_starts(folder: Path) -> None:
    for number in range(40):
        value = ["x" * 20_000, number % 7]
        assert started(folder, lambda value=value: value, content=str(number % 7).encode()) == value


def test_several_processes_may_start_at_once(tmp_path: Path) -> None:
    processes = [multiprocessing.get_context("fork").Process(target=_many_starts, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [each.name for each in (tmp_path / "cache").iterdir()] == ["derived-gateway.txt"]


def test_a_yaml_file_is_the_same_from_there_until_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "file.yml"
    file.write_text("since: 2025-01-01\r\nnames: [a, 'yes', yes, 1.50, ~]\r\n")

    def read() -> Any:
        with kept_between_starts(tmp_path, "gateway"):
            return read_yaml(file)

    assert read() == read() == {"since": date(2025, 1, 1), "names": ["a", "yes", True, 1.5, None]}
    file.write_text("since: [\n")
    with pytest.raises(DataError, match="line 2"):
        read()
    file.write_text("a: 1\na: 2\n")
    for _ in range(2):
        with pytest.raises(DataError, match="stands twice"):
            read()
    file.unlink()
    with pytest.raises(DataError, match="is missing"):
        read()


def test_every_data_file_of_ours_comes_back_as_it_was_read(tmp_path: Path) -> None:
    files = sorted(DATA.rglob("*.yml"))
    with kept_between_starts(tmp_path, "gateway"):
        parsed = {file: read_yaml(file) for file in files}
    with kept_between_starts(tmp_path, "gateway"):
        assert {file: read_yaml(file) for file in files} == parsed
    assert parsed == {file: read_yaml(file) for file in files}


def test_digest_sees_what_stands_behind_a_link_and_not_what_python_makes_of_code(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "facts.yml").write_text("a: 1\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "facts").symlink_to(tmp_path / "elsewhere")
    before = digest_of(tmp_path / "data")
    (tmp_path / "data" / "__pycache__").mkdir()
    (tmp_path / "data" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digest_of(tmp_path / "data") == before
    (tmp_path / "elsewhere" / "facts.yml").write_text("a: 2\n")
    assert digest_of(tmp_path / "data") != before


def test_what_a_writer_left_that_was_killed_is_removed(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    old, young = cache / ".derived-old", cache / ".derived-young"
    for left in (old, young):
        left.write_bytes(b"")
    os.utime(old, (0, 0))
    with kept_between_starts(tmp_path, "part"):
        derived(__file__, b"content", lambda: 1)
    assert not old.exists() and young.exists()
