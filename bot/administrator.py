"""`python -m bot administrator`: makes an administrator, or gives one a new way in."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable

from bot.audit_chain import in_use
from bot.db import Database
from bot.errors import Conflict, Invalid, StartError
from bot.i18n import Texts
from bot.languages import Language
from bot.settings import Settings
from bot.staff.first import LOGIN, invite_administrator, link, staff_at
from bot.staff.invitations import LIFE
from bot.staff.service import Staff


def make(settings: Settings, login: str | None, name: str | None, language: Language) -> int:
    """Ask at a terminal for what is not given, and set the password or print a link that sets it; no password is made up.

    Where nobody can be asked, the login is `LOGIN` if none is given, and the link is printed.

    Raises:
        StartError: login or name cannot be used, or the login is that of somebody who is no administrator.
    """
    asks = sys.stdin.isatty()
    if asks and login is None:
        login = _asked(input, f"Login [{LOGIN}]: ").strip() or None
    login = login or LOGIN
    database = in_use(settings)
    try:
        staff = staff_at(settings.data_dir)
        with database.session() as session:
            token = invite_administrator(session, staff, login, name, language)
            invited = staff.invitation(session, token)
        if not (asks and _set_password(database, staff, token)):
            print(f"For {invited.login}, once, within {LIFE.total_seconds() / 3600:.0f} hours: {link(settings, token)}")
    except (Invalid, Conflict) as error:
        raise StartError(error.code, detail=Texts.load().error("en", error.code, **error.params)) from error
    finally:
        database.close()
    return 0


def _asked(ask: Callable[[str], str], question: str) -> str:
    """What is typed; empty when the terminal is closed."""
    try:
        return ask(question)
    except EOFError:
        print()
        return ""


def _set_password(database: Database, staff: Staff, token: str) -> bool:
    """Whether a password was typed and set; an empty one leaves it to the link."""
    texts = Texts.load()
    while True:
        password = _asked(getpass.getpass, "Password (empty for a link that sets it): ")
        if not password:
            return False
        if _asked(getpass.getpass, "Again: ") != password:
            print("The two are not the same.")
            continue
        try:
            with database.session() as session:
                _, signed_in = staff.accept_invitation(session, token, password)
            with database.session() as session:
                staff.sign_out(session, signed_in)
        except Invalid as error:
            print(texts.error("en", error.code, **error.params))
            continue
        print(f"The password of {signed_in.officer.login} is set; they can sign in.")
        return True
