"""How Rasa runs its graph and its rules for one message: with the results of the stock ones, in a fraction of the time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from operator import is_
from types import SimpleNamespace
from typing import Any, Final, TypeVar

from rasa.core import processor
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, TEXT

T = TypeVar("T")

_find_action: Final = RulePolicy._find_action_from_rules
_possible_keys: Final = RulePolicy._get_possible_keys
_all_states: Final = RulePolicy._prediction_states
# Each takes a kilobyte.
_MOST_REMEMBERED: Final = 2_000
_REPLAY: Final = "replayed_so_far"
Found = tuple[str | None, str | None, bool]


class PlainRunner(DaskGraphRunner):
    """Runs a model's nodes one after another; the order of each set of targets is worked out once instead of for every message."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._orders: dict[tuple[str, ...], list[tuple[str, GraphNode, tuple[str, ...]]]] = {}

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The outputs of `targets`, given `inputs` by the names of their placeholders.

        Raises:
            GraphRunError: a node fails with a RuntimeError.
        """
        wanted = tuple(targets or self._graph_schema.target_names)
        found = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            for name, node, needs in self._order(wanted):
                found[name] = node(*(found[each] for each in needs))
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(found[name] for name in wanted)

    def component(self, kind: type[T]) -> T:
        """The model's component of a kind.

        Raises:
            LookupError: it has none.
        """
        for node in self._instantiated_nodes.values():
            if isinstance(node._component, kind):
                return node._component
        raise LookupError(kind.__name__)

    def _order(self, wanted: tuple[str, ...]) -> list[tuple[str, GraphNode, tuple[str, ...]]]:
        if wanted not in self._orders:
            nodes = self._graph_schema.minimal_graph_schema(list(wanted)).nodes
            names = TopologicalSorter({name: node.needs.values() for name, node in nodes.items()}).static_order()
            self._orders[wanted] = [
                (name, self._instantiated_nodes[name], tuple(nodes[name].needs.values())) for name in names if name in nodes
            ]
        return self._orders[wanted]


def _states(lookup: Mapping[str, Any]) -> list[list[State]]:
    return [RulePolicy._rule_key_to_state(key) for key in lookup]


class _Rules:
    """What is always the same about the rules of one policy, and which of them fitted before."""

    def __init__(self, policy: RulePolicy) -> None:
        both = [policy.lookup[RULES], policy.lookup.get(RULES_FOR_LOOP_UNHAPPY_PATH, {})]
        rules = [states for lookup in both for states in _states(lookup)]
        self.longest = max((len(states) for states in rules), default=0)
        heard = [each[-1].get(USER) for each in rules if each and _after_listening(each[-1])]
        # A message is looked up by its text before it is by its intent; without a rule that can fit that, nothing is found.
        self.read_text = any(not said or TEXT in said for said in heard)
        self.fitting: dict[tuple[int, str], frozenset[str]] = {}


def _after_listening(state: State) -> bool:
    return (state.get(PREVIOUS_ACTION) or {}).get(ACTION_NAME) in (None, ACTION_LISTEN_NAME)


def _rules_of(policy: RulePolicy) -> _Rules:
    known: _Rules | None = getattr(policy, "_known_rules", None)
    if known is None:
        known = _Rules(policy)
        policy._known_rules = known  # type: ignore[attr-defined]
    return known


def _find_quickly(self: RulePolicy, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool) -> Found:
    if use_text_for_last_user_input and not _rules_of(self).read_text:
        return None, None, False
    return _find_action(self, tracker, domain, use_text_for_last_user_input)


@dataclass
class _Replay:
    """How far a conversation has been replayed, and its last states until there."""

    events: list[Event]
    tracker: DialogueStateTracker
    states: list[State]


class _Recent:
    """A conversation of which only the last states are asked for."""

    def __init__(self, tracker: DialogueStateTracker, count: int) -> None:
        self._tracker, self._count = tracker, count

    def past_states(self, domain: Domain, **_: Any) -> list[State]:
        """At most so many states, the present one last."""
        events = self._tracker.applied_events()
        replay = self._begun(events)
        fresh = events[len(replay.events) :]
        left = sum(isinstance(event, ActionExecuted) for event in fresh) - self._count + 1
        for event in fresh:
            if isinstance(event, ActionExecuted):
                if left <= 0:
                    replay.states.append(domain.get_active_state(replay.tracker))
                left -= 1
            replay.tracker.update(event)
        replay.events = events
        replay.states = replay.states[1 - self._count :] if self._count > 1 else []
        return [*replay.states, domain.get_active_state(replay.tracker)]

    def _begun(self, events: list[Event]) -> _Replay:
        """The replay for an earlier prediction in the same turn, if what has happened since came after it."""
        replay: _Replay | None = getattr(self._tracker, _REPLAY, None)
        same = replay is not None and len(replay.events) <= len(events) and all(map(is_, replay.events, events))
        if replay is None or not same:
            replay = _Replay([], self._tracker.init_copy(), [])
            setattr(self._tracker, _REPLAY, replay)
        return replay


def _recent_states(
    self: RulePolicy,
    tracker: DialogueStateTracker,
    domain: Domain,
    use_text_for_last_user_input: bool = False,
    rule_only_data: dict[str, Any] | None = None,
) -> list[State]:
    rules = _rules_of(self)
    if rules.read_text:
        return _all_states(self, tracker, domain, use_text_for_last_user_input, rule_only_data)
    recent: Any = _Recent(tracker, rules.longest)
    return self.featurizer.prediction_states([recent], domain, use_text_for_last_user_input)[0]


def _fitting_quickly(self: RulePolicy, lookup: dict[str, str], states: Sequence[State]) -> frozenset[str] | set[str]:
    rules = _rules_of(self)
    if rules.read_text:
        return _possible_keys(self, lookup, list(states))
    # What happened before the longest rule can begin is compared with nothing.
    last = list(states[-rules.longest :])
    key = id(lookup), json.dumps(last, sort_keys=True)
    if key not in rules.fitting:
        if len(rules.fitting) >= _MOST_REMEMBERED:
            rules.fitting.clear()
        rules.fitting[key] = frozenset(_possible_keys(self, lookup, last))
    return rules.fitting[key]


def _copied(self: DialogueStateTracker) -> DialogueStateTracker:
    """A duplicate as by replaying all events, of which everything here is the outcome."""
    same = DialogueStateTracker(self.sender_id, None, self._max_event_history, is_rule_tracker=self.is_rule_tracker)
    same.events.extend(self.events)
    same.slots = {name: _same_slot(slot) for name, slot in self.slots.items()}
    same._paused, same.followup_action, same.latest_action = self._paused, self.followup_action, self.latest_action
    same.latest_message, same.latest_bot_utterance = self.latest_message, self.latest_bot_utterance
    same.active_loop = None if self.active_loop is None else replace(self.active_loop)
    return same


def _same_slot(slot: Slot) -> Slot:
    # As `copy.copy`, which asks how first.
    same = object.__new__(type(slot))
    same.__dict__.update(slot.__dict__)
    return same


def predict_quickly() -> None:
    """Let Rasa's rule policy remember which rules fit, look back no farther than they do, and not for texts where no rule has any.

    A tracker is copied as it is instead of by replaying it, and what would be logged is not copied at all.
    """
    DialogueStateTracker.copy = _copied
    # Called for nothing but lines of a log that is not written.
    processor.copy = SimpleNamespace(deepcopy=lambda value: value)
    RulePolicy._find_action_from_rules = _find_quickly
    RulePolicy._get_possible_keys = _fitting_quickly
    RulePolicy._prediction_states = _recent_states
