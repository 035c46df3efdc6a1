"""How Rasa runs its graph and its rules for one message: with the results of the stock ones, in a fraction of the time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, Final

from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, TEXT

_find_action: Final = RulePolicy._find_action_from_rules
_possible_keys: Final = RulePolicy._get_possible_keys
_all_states: Final = RulePolicy._prediction_states
# Each takes a kilobyte.
_MOST_REMEMBERED: Final = 2_000
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


class _Recent:
    """A conversation of which only the last states are asked for."""

    def __init__(self, tracker: DialogueStateTracker, count: int) -> None:
        self._tracker, self._count = tracker, count

    def past_states(self, domain: Domain, **_: Any) -> list[State]:
        """At most so many states, the present one last."""
        events = self._tracker.applied_events()
        left = sum(isinstance(event, ActionExecuted) for event in events) - self._count + 1
        before, states = self._tracker.init_copy(), []
        for event in events:
            if isinstance(event, ActionExecuted):
                if left <= 0:
                    states.append(domain.get_active_state(before))
                left -= 1
            before.update(event)
        return [*states, domain.get_active_state(before)]


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


def predict_quickly() -> None:
    """Let Rasa's rule policy remember which rules fit, look back no farther than they do, and not for texts where no rule has any."""
    RulePolicy._find_action_from_rules = _find_quickly
    RulePolicy._get_possible_keys = _fitting_quickly
    RulePolicy._prediction_states = _recent_states
