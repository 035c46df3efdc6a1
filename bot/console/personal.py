"""What applicants may ask the office for: their data, given out or erased."""

from __future__ import annotations

from typing import Any

from bot.console import fields, masking, views
from bot.console.routes import API, Call, Route
from bot.errors import Invalid
from bot.privacy.service import ERASE, EXPORT, Privacy


class PersonalData:
    """The lines of the table about personal data of one thread; each needs a reason, which is kept."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy

    def routes(self) -> list[Route]:
        """The lines of the table."""
        one = f"{API}/conversations/{{conversation_id}}/personal_data"
        return [Route("POST", f"{one}/export", EXPORT, self.export), Route("POST", f"{one}/erase", ERASE, self.erase)]

    async def export(self, call: Call) -> dict[str, Any]:
        """Everything that is stored, to be handed to the applicant after a look."""
        return await self._privacy.export_for(call.by, call.part("conversation_id"), _reason(call))

    async def erase(self, call: Call) -> dict[str, Any]:
        """The receipt, for the applicant."""
        receipt = await self._privacy.erase_for(call.by, call.part("conversation_id"), _reason(call))
        return {"receipt": receipt.id, "at": views.moment(receipt.at), "rows": dict(receipt.rows)}


def _reason(call: Call) -> str:
    reason = fields.reason(call.body)
    if masking.applicants(reason).changed:
        # It is kept for years, that of an erasure when everything else is gone.
        raise Invalid("reason_personal")
    return reason
