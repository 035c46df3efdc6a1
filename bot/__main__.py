"""`python -m bot …`: every command of the assistant; `python -m bot --help` lists them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from bot.errors import BotError, StartError
from bot.languages import LANGUAGES, as_language
from bot.lifetime import leave_no_dump
from bot.logs import withhold_messages
from bot.settings import load


def _check(arguments: argparse.Namespace) -> int:
    from bot.answers import Answers
    from bot.console import replies
    from bot.foreign_languages import foreign_languages
    from bot.nlu.follow_ups import FollowUps
    from bot.nlu.parts import Joints
    from bot.nlu.safety import SafetyPhrases
    from bot.nlu.text import without_footer
    from bot.settings import ROOT
    from bot.spoken import tongue_of
    from bot.staff import agreement
    from bot.tongue_names import tongues_named

    SafetyPhrases.load(ROOT)
    FollowUps.load(ROOT)
    Joints.load(ROOT)
    agreement.current()
    # These read their files when they are first asked.
    without_footer("Thanks"), tongue_of("Danke"), tongues_named("Deutsch"), foreign_languages()

    answers = Answers.load(ROOT)
    facts = answers.catalogue.facts
    sources, topics, responses = len(answers.catalogue.sources), len(answers.topics), len(answers.names)
    ready = len(replies.load(facts))
    print(f"{len(facts)} facts, {sources} sources, {topics} topics, {responses} responses, {ready} ready-made replies: all well")
    return 0


def _facts(arguments: argparse.Namespace) -> int:
    from bot.catalogue import Catalogue

    overdue = Catalogue.load().overdue(arguments.on)
    for each in overdue:
        print(f"{each.review_by}  {each.file}: {each.entry}  [{', '.join(each.sources)}]  {each.shown}")
    print(f"{len(overdue)} entries are due to be looked at again on {arguments.on}")
    return 0


def _run(arguments: argparse.Namespace) -> int:
    from bot.launch import run

    return run(load())


def _serve(arguments: argparse.Namespace) -> int:
    from bot.derived import kept_between_starts
    from bot.left_out import left_out
    from bot.lifetime import end_with_parent, open_many_files, start_lightly

    if arguments.supervised:
        end_with_parent()
    start_lightly()
    open_many_files()
    settings = load()
    # Names of months are read when what looks for them is imported; Socket.IO could speak over a broker, and to other servers.
    with kept_between_starts(settings.data_dir, "imports"), left_out("aio_pika", "requests"):
        from bot.app import serve
    return serve(settings)


def _train(arguments: argparse.Namespace) -> int:
    from bot.nlu import kernels, without_tensorflow

    kernels.choose_for_training()
    without_tensorflow.install(without_tensorflow.UNUSED)
    from bot.checked import check_texts
    from bot.nlu.training import train

    print(train(load(), lambda detail: print(f"· {detail}", flush=True), before=check_texts))
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    from bot.permits import demo

    settings = load()
    if arguments.remove:
        print(f"{demo.remove(settings)} invented applications removed")
        return 0
    if not settings.demo:
        raise StartError("demo_off", detail="BOT_DEMO is off; invented data is not mixed with real data.")
    demo.run(settings, as_json=arguments.json, reset=arguments.reset)
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    from bot import migrations
    from bot.audit_chain import opened

    settings = load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = opened(settings)
    try:
        migrations.upgrade(database.engine)
    finally:
        database.close()
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    from bot.audit_chain import command

    return command(load(), arguments.language)


def _keys(arguments: argparse.Namespace) -> int:
    from bot.keys import command

    return command(load(), arguments.leaked, arguments.language)


def _assistant(arguments: argparse.Namespace) -> int:
    from bot.conversations.switch import command

    return command(load(), arguments.what, arguments.by, arguments.reason, arguments.language)


def _doctor(arguments: argparse.Namespace) -> int:
    from bot.doctor import command

    return command(arguments.language)


def _import(arguments: argparse.Namespace) -> int:
    from bot.importing import command

    given = (arguments.mapping, arguments.source, arguments.dry_run, arguments.report)
    return command(load(), arguments.file, *given, arguments.language)


def _administrator(arguments: argparse.Namespace) -> int:
    from bot.administrator import make

    return make(load(), arguments.login, arguments.name, arguments.language)


def _ask(arguments: argparse.Namespace) -> int:
    from bot.channels.terminal import ask

    return ask(load(), " ".join(arguments.question), as_language(arguments.language))


def _chat(arguments: argparse.Namespace) -> int:
    from bot.channels.terminal import chat

    return chat(load(), as_language(arguments.language))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command("run", _run, "start everything and keep it running")
    serve = command("serve", _serve, "start the gateway alone")
    serve.add_argument("--supervised", action="store_true", help="end when the process that started this one ends")
    command("train", _train, "train the model if anything it learns from has changed")
    command("check", _check, "load catalogue and texts; an error names file, entry and field")
    command("migrate", _migrate, "bring the database up to date")
    demo = command("demo", _demo, "fill the database with invented applications")
    demo.add_argument("--json", action="store_true", help="print a sample of every stage")
    demo.add_argument("--remove", action="store_true", help="take the invented applications out and stop")
    demo.add_argument("--reset", action="store_true", help="take the invented applications out first")
    administrator = command("administrator", _administrator, "make an administrator of the console, or give one a new way in")
    administrator.add_argument("--login", help="how they sign in; asked for, or administrator")
    administrator.add_argument("--name", help="what colleagues see; the login when not given")
    administrator.add_argument("--language", choices=LANGUAGES, default="zh", help="of their console")
    audit = command("audit", _audit, "say whether the audit trail is whole, or name the first entry that is not")
    audit.add_argument("what", choices=("verify",))
    doctor = command("doctor", _doctor, "check the configuration and say what is wrong with it; changes nothing")
    switch = command("assistant", _assistant, "switch the bot on or off, or say how it stands; officers and the hotline stay")
    switch.add_argument("what", choices=("on", "off", "status"))
    switch.add_argument("--by", metavar="NAME", help="who does it; staff see the name")
    switch.add_argument("--reason", metavar="TEXT", help="why; staff see it and it is kept in the audit trail")
    keys = command("keys", _keys, "put another vault.key in force; audit trail and second factors go on under it")
    keys.add_argument("what", choices=("rotate",))
    keys.add_argument("--leaked", action="store_true", help="somebody may know the old one: end the sessions of applicants made under it")
    for telling in (audit, doctor, switch, keys):
        telling.add_argument("--language", choices=LANGUAGES, default="en")
    records = command("import", _import, "bring in a CSV or XLSX file of applications: all of it, or nothing when a line is wrong")
    records.add_argument("file", type=Path)
    records.add_argument("--mapping", type=Path, help="says which column is what; docs/records.md")
    records.add_argument("--source", default="import", help="whose records they are: the name of a token, when one delivers them too")
    records.add_argument("--dry-run", action="store_true", help="do everything, and leave nothing behind")
    records.add_argument("--report", type=Path, help="write the report there as JSON, too")
    records.add_argument("--language", choices=LANGUAGES, default="en")
    facts = command("facts", _facts, "list the facts that somebody must look at again")
    facts.add_argument("--on", type=date.fromisoformat, default=date.today(), metavar="YYYY-MM-DD")
    ask = command("ask", _ask, "ask one question")
    ask.add_argument("question", nargs="+")
    chat = command("chat", _chat, "talk with the assistant")
    for asking in (ask, chat):
        asking.add_argument("--language", choices=LANGUAGES, default=None)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a known error ends with one line and status 1."""
    withhold_messages()
    arguments = _parser().parse_args(argv)
    # What is written holds personal data: nobody else on the machine may read it.
    os.umask(0o077)
    try:
        return int(arguments.run(arguments) or 0)
    except BotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    leave_no_dump()
    sys.exit(main())
