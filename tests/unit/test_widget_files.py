"""What pages of others load for the widget: how much it is, that it is whole, and that its parts keep out of each other's way."""

from __future__ import annotations

import gzip
import re
from binascii import b2a_base64
from pathlib import Path

import pytest

from benchmarks import sizes
from bot.channels import packed as packed_module
from bot.channels.joined import Joined, bare_script, bare_style, tight_script
from bot.channels.packed import packed
from bot.channels.static_files import STATIC
from bot.channels.widget import WidgetFiles
from bot.derived import derived, kept_between_starts
from bot.errors import DataError
from bot.i18n import Texts

WIDGET = STATIC / "widget"
# What window and cards mean by the same word.
SHARED = {"muted", "icon", "sr"}


def classes(style: str) -> set[str]:
    """The classes that a style sheet speaks of."""
    return set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", style, flags=re.S)))


def text(path: str) -> str:
    """One of the files as a browser gets it."""
    return gzip.decompress(WidgetFiles(Texts.load(), "0755-00000000").files[path].packed).decode()


def test_widget_is_as_small_as_promised() -> None:
    measured = sizes.measure()
    assert measured.before_click <= sizes.BEFORE_CLICK
    assert measured.in_all <= sizes.IN_ALL


def test_measure_counts_every_file_that_is_served() -> None:
    measured = sizes.measure()
    counted = {*measured.loader, *measured.window, *measured.later}
    served = {
        re.sub(r"(/texts/(?:launcher-)?)[\w-]+\.json", r"\1….json", path) for path in WidgetFiles(Texts.load(), "0755-00000000").files
    }
    assert served <= counted


def test_window_and_cards_do_not_style_each_others_classes() -> None:
    window = classes((WIDGET / "widget.css").read_text(encoding="utf-8"))
    cards = classes((WIDGET / "cards" / "cards.css").read_text(encoding="utf-8"))
    assert {"bubble", "composer"} <= window and {"checklist", "field"} <= cards
    assert window & cards <= SHARED


def test_button_and_window_do_not_style_each_others_classes() -> None:
    button = classes(re.search(r"const CSS = `(.*?)`", (STATIC / "widget.js").read_text(encoding="utf-8"), re.S)[1])  # type: ignore[index]
    assert "launcher" in button
    assert button & classes((WIDGET / "widget.css").read_text(encoding="utf-8")) <= SHARED


def test_every_key_that_the_scripts_ask_for_has_a_text() -> None:
    known = set(Texts.load().part("en", "widget"))
    asked = {
        key for path in WIDGET.rglob("*.js") for key in re.findall(r"\bt(?:exts\.t)?\(\s*\"([\w.]+)\"", path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 60
    assert asked - known == set()


def test_joined_script_holds_every_module_once_and_nothing_for_readers_only() -> None:
    window = text("/widget/window.js")
    assert window.count("class Composer") == window.count("class Outbox") == 1
    assert "/**" not in window and "\n  " not in window
    # The cards need the same and take it from there.
    assert window.count("function markdown") == window.count("function checklist") == 1


def test_loader_is_whole_and_speaks_both_languages() -> None:
    loader = text("/widget.js")
    assert "__LAUNCHER_TEXTS__" not in loader and "0755-00000000" in loader
    assert "Work permit help" in loader and "工作许可咨询" in loader


def module(folder: Path, name: str, code: str) -> Path:
    """A module of its own."""
    path = folder / name
    path.write_text(code, encoding="utf-8")
    return path


def joined(folder: Path, entry: Path) -> str:
    """This module with what it imports."""
    return Joined(entry, folder, "../static", folder / "vendor").text()


def test_import_in_a_circle_is_refused(tmp_path: Path) -> None:
    module(tmp_path, "b.js", 'import { a } from "./a.js";\nexport const b = 1;\n')
    entry = module(tmp_path, "a.js", 'import { b } from "./b.js";\nexport const a = b;\n')
    with pytest.raises(DataError, match="cycle"):
        joined(tmp_path, entry)


@pytest.mark.parametrize(
    "line", ['import a from "./b.js";', "export default 1;", 'export * from "./b.js";', 'import "./b.js";', "export let a = 1;"]
)
def test_form_of_import_that_is_not_understood_is_refused(tmp_path: Path, line: str) -> None:
    module(tmp_path, "b.js", "export const b = 1;\n")
    with pytest.raises(DataError, match="not joined"):
        joined(tmp_path, module(tmp_path, "a.js", f"{line}\n"))


def test_missing_module_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.js"):
        joined(tmp_path, module(tmp_path, "a.js", 'import { b } from "./nothing.js";\n'))


def test_text_over_several_lines_is_left_as_it_is(tmp_path: Path) -> None:
    written = "export const a = `one\n  two`;\n"
    assert "`one\n  two`" in joined(tmp_path, module(tmp_path, "a.js", written))


def test_comments_and_blanks_go_and_addresses_stay() -> None:
    assert bare_script("// why\n  const a = 'https://x';\n\n/* more\nlines */\n") == "const a = 'https://x';\n"
    style = "/* why */\n.a :is(b, i) { color: red;\n  margin: 0 calc(4px + 1em) }\n"
    assert bare_style(style) == ".a :is(b,i){color:red;margin:0 calc(4px + 1em)}"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("const a = { b: 1, c: [2, 3] };\nf(a);\n", "const a={b:1,c:[2,3]};f(a);"),
        ("const a = b + +c - -d;\n", "const a=b + +c - -d;"),
        ("const a = \"x = { y }\" + 'it is ( so )' + b;\n", "const a=\"x = { y }\" + 'it is ( so )' + b;"),
        ("t(`a ${b ? c : d} , e`, { f });\n", "t(`a ${b ? c : d} , e`,{f});"),
        ("const a = `${b ? ` (${c}) ` : ''}`;\n", "const a = `${b ? ` (${c}) ` : ''}`;\n"),
        ("const a = b.replace(/ , /g, '( )');\n", "const a = b.replace(/ , /g, '( )');\n"),
        ("f(); // why (\ng()\nh()\n", "f(); // why (\ng()\nh()\n"),
        ("return a\n  ? b\n  : c;\n", "return a\n?b\n:c;"),
        ("const a = b ? .5 : 1;\n", "const a=b?.5:1;"),
    ],
)
def test_blanks_go_where_marks_make_them_needless(written: str, kept: str) -> None:
    assert tight_script(written) == kept


def test_what_was_packed_at_another_start_is_served_only_if_it_is_the_file(tmp_path: Path) -> None:
    forged = b2a_base64(gzip.compress(b"alert(1)"), newline=False).decode()
    for kept in (forged, "no base64", "AAAA", b2a_base64(gzip.compress(b"a()")[:-4], newline=False).decode(), ["a"]):
        with kept_between_starts(tmp_path, "gateway"):
            derived(packed_module.__file__, b"a()", lambda kept=kept: kept)
        with kept_between_starts(tmp_path, "gateway"):
            packed.cache_clear()
            assert gzip.decompress(packed(b"a()")) == b"a()"
        (tmp_path / "cache" / "derived-gateway.txt").unlink()


def test_what_was_packed_is_not_packed_again_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kept_between_starts(tmp_path, "gateway"):
        packed.cache_clear()
        first = packed(b"b()")
    packed.cache_clear()
    monkeypatch.setattr(packed_module.zopfli.gzip, "compress", None)
    with kept_between_starts(tmp_path, "gateway"):
        assert packed(b"b()") == first
