"""The table of roles: complete, growing from trainee to supervisor, and apart for those who manage accounts."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotAllowed
from bot.settings import ROOT
from bot.staff.models import StaffAccount
from bot.staff.officers import Officer
from bot.staff.roles import NEED_SIGNATURE, PERMISSIONS, ROLES, roles_with

WANTED = {
    "conversation:read",
    "conversation:claim",
    "conversation:reply",
    "conversation:draft",
    "conversation:note",
    "conversation:transfer",
    "conversation:close",
    "conversation:read_all",
    "number:reveal",
    "left_message:answer",
    "audit:read",
    "account:manage",
    "assistant:switch",
    "personal_data:export",
    "personal_data:erase",
}


def officer(role: str, signed: bool) -> Officer:
    return Officer(1, "Chen Li", role, ROLES[role], (), signed, "zh", "ready")


def test_every_permission_is_some_roles() -> None:
    assert PERMISSIONS == WANTED


def test_the_roles_are_those_that_the_table_of_accounts_takes() -> None:
    check = next(each for each in StaffAccount.__table__.constraints if str(each.name).endswith("role"))
    assert all(f"'{role}'" in str(check.sqltext) for role in ROLES) and str(check.sqltext).count("'") == 2 * len(ROLES)


def test_each_role_on_the_way_up_may_do_what_the_one_before_may() -> None:
    assert ROLES["trainee"] < ROLES["officer"] < ROLES["supervisor"]


def test_a_trainee_reads_drafts_and_notes_only() -> None:
    assert ROLES["trainee"] == {"conversation:read", "conversation:draft", "conversation:note"}


def test_an_administrator_has_no_part_in_conversations() -> None:
    assert ROLES["administrator"] == {"account:manage", "audit:read", "assistant:switch"}
    assert roles_with("account:manage") == ("administrator",)


def test_only_those_who_oversee_read_the_audit_trail() -> None:
    assert roles_with("audit:read") == roles_with("assistant:switch") == ("supervisor", "administrator")


@given(role=st.sampled_from(sorted(ROLES)), permission=st.sampled_from(sorted(PERMISSIONS)), signed=st.booleans())
def test_a_permission_is_had_exactly_by_role_and_where_needed_by_signature(role: str, permission: str, signed: bool) -> None:
    someone = officer(role, signed)
    expected = permission in ROLES[role] and (signed or permission not in NEED_SIGNATURE)
    assert someone.may(permission) is expected
    if expected:
        someone.require(permission)
        return
    with pytest.raises(NotAllowed) as refused:
        someone.require(permission)
    assert refused.value.code == ("agreement_missing" if permission in ROLES[role] else "not_permitted")


@given(role=st.sampled_from(sorted(ROLES)), permission=st.text(max_size=30))
def test_what_is_not_in_the_table_nobody_may(role: str, permission: str) -> None:
    assert officer(role, True).may(permission) is (permission in ROLES[role])


def test_whoever_sees_or_serves_applicants_signs_first() -> None:
    assert NEED_SIGNATURE > ROLES["officer"] > ROLES["trainee"]
    assert NEED_SIGNATURE - ROLES["officer"] == {"personal_data:export", "personal_data:erase"} < ROLES["supervisor"]
    assert not NEED_SIGNATURE & ROLES["administrator"]


def test_no_code_asks_for_a_permission_that_is_not_in_the_table() -> None:
    asked = set()
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            asks = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"require", "may", "roles_with"}
            if asks and node.args and isinstance(node.args[0], ast.Constant):
                asked.add(node.args[0].value)
    assert sorted(asked - PERMISSIONS) == []
