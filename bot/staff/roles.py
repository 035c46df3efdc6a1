"""What each role may do: one table, which everything that asks for a permission goes by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_READS: Final = frozenset({"conversation:read", "conversation:draft", "conversation:note"})
_SERVES: Final = frozenset(
    {
        "conversation:claim",
        "conversation:reply",
        "conversation:transfer",
        "conversation:close",
        "left_message:answer",
        "number:reveal",
    }
)
_OVERSEES: Final = frozenset({"conversation:read_all", "audit:read"})
_PERSONAL_DATA: Final = frozenset({"personal_data:export", "personal_data:erase"})
SWITCH: Final = "assistant:switch"

ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "trainee": _READS,
        "officer": _READS | _SERVES,
        "supervisor": _READS | _SERVES | _OVERSEES | _PERSONAL_DATA | {SWITCH},
        "administrator": frozenset({"account:manage", "audit:read", SWITCH}),
    }
)

PERMISSIONS: Final[frozenset[str]] = frozenset().union(*ROLES.values())

# Whoever sees or serves applicants first signs the duty and privacy agreement.
NEED_SIGNATURE: Final[frozenset[str]] = _READS | _SERVES | _PERSONAL_DATA


def roles_with(permission: str) -> tuple[str, ...]:
    """The roles that have a permission, in the order of the table."""
    return tuple(role for role, permissions in ROLES.items() if permission in permissions)
