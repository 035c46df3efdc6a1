"""The schema: the revisions build exactly what the models say, on both databases."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from bot import migrations
from bot.db import Database
from bot.errors import StartError
from bot.settings import ROOT
from deploy.stores import postgres_programs


def test_migrated_schema_is_what_the_models_say(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    migrations.upgrade(database.engine)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": lambda name, *_: name != "sqlite_sequence"}
        )
        assert compare_metadata(context, migrations.metadata()) == []
    database.close()


def test_upgrade_reaches_the_head_and_may_be_repeated(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert migrations.current(database.engine) is None
    migrations.upgrade(database.engine)
    migrations.upgrade(database.engine)
    assert migrations.current(database.engine) == migrations.head()
    database.close()


def test_processes_that_upgrade_at_once_do_not_disturb_each_other(empty_database_url: str) -> None:
    databases = [Database(empty_database_url) for _ in range(3)]
    for each in databases:
        each.engine.connect().close()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda each: migrations.upgrade(each.engine), databases))
    assert migrations.current(databases[0].engine) == migrations.head()
    for each in databases:
        each.close()


def test_downgrade_to_base_leaves_no_table_of_ours(database: Database) -> None:
    migrations.downgrade(database.engine, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}


def test_head_file_names_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    assert migrations.head() == ScriptDirectory.from_config(config).get_current_head()


def test_a_database_that_is_up_to_date_is_left_alone_without_loading_what_migrates(tmp_path: Path) -> None:
    script = (
        "import sys; from bot import migrations; from bot.db import Database; database = Database(sys.argv[1]);"
        "migrations.upgrade(database.engine); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{tmp_path / 'permits.db'}"]
    runs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)]
    assert runs == ["True", "False"]


def test_revisions_are_numbered_without_gaps_and_named_after_their_number() -> None:
    names = sorted(path.name for path in migrations.HEAD_FILE.parent.glob("*.py") if not path.name.startswith("__"))
    assert [name.split("_")[0] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert int(migrations.head()) == len(names)


def test_missing_server_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="apt-get install -y postgresql"):
        postgres_programs(tmp_path)
