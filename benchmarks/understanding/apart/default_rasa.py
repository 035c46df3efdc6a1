"""Rasa's default pipeline: `python default_rasa.py train EXAMPLES QUESTIONS FOLDER RESULT`, then the same with `ask`.

Runs in an environment of its own, without this project. EXAMPLES is a JSON list of text and topic, QUESTIONS one of texts; FOLDER
keeps the model. RESULT becomes a JSON object: the topics, and for each question their confidences in the same order; seconds of the
processor in training and the median milliseconds of a message; memory and size of the model in MB. `--one-thread` is for asking.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", RASA_TELEMETRY_ENABLED="false", SQLALCHEMY_SILENCE_UBER_WARNING="1", LOG_LEVEL="ERROR")
if "--one-thread" in sys.argv:
    os.environ.update(TF_INTRA_OP_PARALLELISM_THREADS="1", TF_INTER_OP_PARALLELISM_THREADS="1", OMP_NUM_THREADS="1")

SEED = 7
# What `rasa init` writes, without what only serves entities and retrieval; the fallback takes the last word in the ranking.
PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    # Confidences of all topics, not of ten, so that strangers can be judged as with the others.
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True, "random_seed": SEED, "ranking_length": 0},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]
FALLBACK = "nlu_fallback"


def trained(examples, folder):
    """Train; the path of the model."""
    from rasa.model_training import train_nlu

    by_topic = {}
    for text, topic in examples:
        by_topic.setdefault(topic, []).append(" ".join(text.split()))
    lines = ['version: "3.1"\nnlu:\n']
    for topic, texts in sorted(by_topic.items()):
        lines.append(f"- intent: {topic}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts))
    data, config = folder / "nlu.yml", folder / "config.yml"
    data.write_text("".join(lines), encoding="utf-8")
    config.write_text(json.dumps({"recipe": "default.v1", "language": "en", "assistant_id": "x", "pipeline": PIPELINE}), encoding="utf-8")
    return train_nlu(str(config), str(data), str(folder), fixed_model_name="model")


async def asked(agent, questions, topics):
    """Confidences of each question and milliseconds of each message."""
    await agent.parse_message("ready")
    rows, taken = [], []
    for question in questions:
        begun = time.process_time()
        heard = await agent.parse_message(question)
        taken.append((time.process_time() - begun) * 1000)
        found = {entry["name"]: float(entry["confidence"]) for entry in heard["intent_ranking"] if entry["name"] != FALLBACK}
        rows.append([round(found.get(topic, 0.0), 7) for topic in topics])
    return rows, taken


def memory():
    """Resident megabytes of this process."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def ask(model, questions, topics):
    """What the process that answers finds, with its memory."""
    from rasa.core.agent import Agent

    rows, taken = asyncio.run(asked(Agent.load(model), questions, topics))
    return {"scores": rows, "milliseconds": statistics.median(taken), "memory": memory()}


def main(step, *paths):
    """Training and asking are two processes, so that what one leaves in memory is not counted for the other."""
    examples, questions, folder, result = map(Path, paths)
    known = json.loads(examples.read_text(encoding="utf-8"))
    if step == "train":
        begun = time.process_time()
        trained(known, folder)
        (folder / "seconds").write_text(str(time.process_time() - begun), encoding="utf-8")
        return
    topics, model = sorted({topic for _, topic in known}), folder / "model.tar.gz"
    found = ask(str(model), json.loads(questions.read_text(encoding="utf-8")), topics)
    seconds, size = float((folder / "seconds").read_text(encoding="utf-8")), model.stat().st_size / 1e6
    result.write_text(json.dumps({"topics": topics, "seconds": seconds, "model": size, **found}), encoding="utf-8")


if __name__ == "__main__":
    main(*[argument for argument in sys.argv[1:] if argument != "--one-thread"])
