"""Rasa's door to the core: slots and text in, one service call, the name of a response out."""

from __future__ import annotations

from actions import deadline, materials, station, status

FLOWS = (materials.FLOW, station.FLOW, status.FLOW, deadline.FLOW)
