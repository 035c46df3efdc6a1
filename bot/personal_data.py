"""Every column that holds personal data, in one place: retention, export, erasure and reviews go by this list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Kind = Literal["identity", "number", "birth", "case", "speech", "link"]

# What the kinds mean: who somebody is; a number that stands for a person or case; when they were born; how their case
# stands; what they wrote or were told; what joins a person's rows or connections to each other.
PERSONAL_DATA: Final[Mapping[str, Kind]] = {
    "applicants.given_name": "identity",
    "applicants.family_name": "identity",
    "applicants.nationality": "identity",
    "applicants.date_of_birth": "birth",
    "applicants.permit_number": "number",
    "applicants.permit_number_normalised": "number",
    "applications.applicant_id": "link",
    "applications.employer_id": "link",
    "applications.application_type": "case",
    "applications.category": "case",
    "applications.acceptance_number": "number",
    "applications.acceptance_number_normalised": "number",
    "applications.station": "case",
    "applications.stage": "case",
    "applications.stage_since": "case",
    "applications.submitted_at": "case",
    "applications.accepted_at": "case",
    "applications.decided_at": "case",
    "applications.valid_until": "case",
    "stage_history.stage": "case",
    "stage_history.at": "case",
    "lookup_proofs.applicant_id": "link",
    "lookup_proofs.application_id": "link",
    "vault_entries.value": "speech",
    "conversations.caller": "link",
    "conversations.sender": "link",
    "conversations.topic": "case",
    "conversations.station": "case",
    "turns.network": "link",
    "handoffs.network": "link",
    "messages.text": "speech",
    "messages.payload": "speech",
    "messages.client_id": "link",
    "left_messages.text": "speech",
    "left_messages.contact": "identity",
    "left_messages.answer": "speech",
    "left_messages.station": "case",
    "staff_notes.text": "speech",
    "staff_notes.client_id": "link",
    "conversation_tags.tag": "case",
    "feedback.comment": "speech",
    "ratings.comment": "speech",
    "return_codes.sender": "link",
    "staff_accounts.login": "identity",
    "staff_accounts.display_name": "identity",
    "staff_accounts.password_hash": "identity",
    "staff_accounts.totp_secret": "identity",
    "staff_accounts.seen_at": "link",
    "staff_sessions.network_hash": "link",
    "staff_sessions.described": "link",
    "staff_agreements.account_id": "link",
    "staff_agreements.signed_at": "link",
    "assistant_switch.name": "identity",
    "assistant_switch.reason": "speech",
    "audit_entries.actor": "link",
    "audit_entries.subject": "link",
    "audit_entries.detail": "speech",
}

# Columns whose names sound personal and are not, each with the reason.
NOT_PERSONAL: Final[Mapping[str, str]] = {
    "employers.name": "a company",
    "employers.name_zh": "a company",
    "lookup_attempts.number_hash": "a keyed hash that is dropped after a day",
    "lookup_attempts.network_hash": "a keyed hash that is dropped after a day",
    "lookup_networks.network_hash": "a keyed hash that is dropped after an hour",
    "vault_entries.token": "a running number",
    "conversations.last_applicant_at": "a moment",
    "attempts.key_hash": "a keyed hash that is dropped within a day",
    "left_messages.contact_kind": "a word from a closed list",
    "staff_invitations.token_hash": "a hash of a random word",
    "staff_sessions.token_hash": "a hash of a random word",
    "staff_agreements.text": "the same text for everybody",
}
