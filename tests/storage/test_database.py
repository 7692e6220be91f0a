"""Opening, migrating and refusing a database."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier, Timer

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import StatementError

from storage import runs
from storage.database import MIGRATIONS, Database, DatabaseError, sqlite_url
from storage.tables import Base

# Full-text search is the database's own, and no table of ours: the migration writes it out.
FULL_TEXT = {"ix_chunks_full_text", "full_text", "chunk_text"}


def pragma(database: Database, name: str) -> object:
    with database.reading() as session:
        return session.execute(text(f"PRAGMA {name}")).scalar()


def test_an_empty_database_becomes_current_by_an_upgrade_and_stays_so(empty_url: str) -> None:
    database = Database(empty_url)
    assert not database.is_current()
    for _ in range(2):
        database.upgrade()
        assert database.is_current()
    with database.reading() as session:
        assert runs.list_runs(session, team_id="T1") == []
    database.close()


def test_processes_that_start_together_upgrade_one_after_another(empty_url: str) -> None:
    start = Barrier(4)

    def upgrade(_: int) -> bool:
        database = Database(empty_url)
        start.wait(timeout=20)
        try:
            database.upgrade()
            return database.is_current()
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(upgrade, range(4))) == [True] * 4


def test_an_upgrade_outwaits_one_that_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_MS", 1)
    database = Database(sqlite_url(tmp_path))
    writer = sqlite3.connect(tmp_path / "timbre.db", isolation_level=None, check_same_thread=False)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("BEGIN IMMEDIATE")
    done = Timer(0.5, lambda: writer.execute("COMMIT"))
    done.start()
    database.upgrade()
    assert database.is_current()
    assert pragma(database, "busy_timeout") == 1
    done.join()
    writer.close()
    database.close()


def test_the_migrations_make_what_the_tables_say(empty_url: str) -> None:
    database = Database(empty_url)
    database.upgrade()
    database.close()
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        options = {"include_name": lambda name, _type, _parents: not str(name).startswith(tuple(FULL_TEXT))}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
        inspector = inspect(connection)
        wanted = {table.name: {index.name for index in table.indexes} for table in Base.metadata.sorted_tables}
        made = {name: {index["name"] for index in inspector.get_indexes(name)} for name in wanted}
    engine.dispose()
    assert differences == []
    assert all(indexes <= made[name] for name, indexes in wanted.items())


def test_a_downgrade_to_base_leaves_nothing_behind(empty_url: str) -> None:
    database = Database(empty_url)
    database.upgrade()
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.downgrade(config, "base")
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()
    assert not database.is_current()
    database.upgrade()
    assert database.is_current()
    database.close()


def test_documents_stored_before_are_known_to_be_from_their_channels(empty_url: str) -> None:
    channels = {
        "slack-export:C1:1.0": "C1",
        "slack-file:F1:C2:2.0": "C2",
        "slack-file:F1:D1:3.0": None,
        "slack-file:F2": None,
        "handbook.md": None,
    }
    engine = create_engine(empty_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    columns = "team_id, source, title, content_hash, version, updated_at"
    row = f"INSERT INTO documents ({columns}) VALUES ('T1', :source, '', '', '', '2026-03-02')"  # noqa: S608 (a constant)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        connection.execute(text(row), [{"source": source} for source in channels])
        command.upgrade(config, "0009")
        assert dict(connection.execute(text("SELECT source, said_in FROM documents")).all()) == channels
    engine.dispose()


def test_sqlite_lets_people_read_while_somebody_writes_and_keeps_what_is_committed(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "foreign_keys") == 1
    assert pragma(database, "busy_timeout") == 15_000
    assert pragma(database, "synchronous") == 2  # FULL
    database.upgrade()
    with database.writing() as writer:
        runs.add_run(
            writer, team_id="T1", requested_by="U1", channel_id="C1", now=datetime.fromisoformat("2026-03-02T09:30Z")
        )
        with database.reading() as reader:
            assert runs.list_runs(reader, team_id="T1") == []
    database.close()


def test_a_reader_on_sqlite_sees_one_state(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    database.upgrade()
    now = datetime.fromisoformat("2026-03-02T09:30Z")
    with database.reading() as reader:
        before = runs.list_runs(reader, team_id="T1")
        with database.writing() as writer:
            runs.add_run(writer, team_id="T1", requested_by="U1", channel_id="C1", now=now)
        assert runs.list_runs(reader, team_id="T1") == before == []
    database.close()


def test_a_failed_block_leaves_nothing_written(database: Database) -> None:
    now = datetime.fromisoformat("2026-03-02T09:30Z")

    def write_and_fail() -> None:
        with database.writing() as session:
            runs.add_run(session, team_id="T1", requested_by="U1", channel_id="C1", now=now)
            raise TimeoutError

    with pytest.raises(TimeoutError):
        write_and_fail()
    with database.reading() as session:
        assert runs.list_runs(session, team_id="T1") == []


def test_a_naive_datetime_is_refused(database: Database) -> None:
    naive = datetime.fromisoformat("2026-03-02T09:30")
    with database.writing() as session, pytest.raises(StatementError, match="naive datetime"):
        runs.add_run(session, team_id="T1", requested_by="U1", channel_id="C1", now=naive)


def test_a_moment_of_another_time_zone_comes_back_as_the_same_in_utc(database: Database) -> None:
    there = datetime.fromisoformat("2026-03-02T15:00:00.123456+05:30")
    with database.writing() as session:
        run_id = runs.add_run(session, team_id="T1", requested_by="U1", channel_id="C1", now=there).id
    with database.reading() as session:
        assert runs.get_run(session, run_id).created_at.isoformat() == "2026-03-02T09:30:00.123456+00:00"


@pytest.mark.parametrize("folder", ["plain", "with space", "what?why=1", "50%20off", "#1", "naïve"])
def test_a_data_folder_may_have_any_name(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    database = Database(sqlite_url(tmp_path / folder))
    database.upgrade()
    database.close()
    assert (tmp_path / folder / "timbre.db").is_file()


def one_line(refused: pytest.ExceptionInfo[DatabaseError]) -> str:
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert "s3cret" not in message
    return message


@pytest.mark.parametrize("use", [Database.upgrade, Database.is_current])
def test_a_server_that_is_not_there_is_one_line_without_the_password(use: object) -> None:
    database = Database("postgresql+psycopg://timbre:s3cret@127.0.0.1:1/timbre")
    with pytest.raises(
        DatabaseError, match=r"timbre:\*\*\*@127.0.0.1:1/timbre can't be used: .*refused.*; check"
    ) as refused:
        use(database)  # type: ignore[operator]  # either of two methods
    assert "that the server runs" in one_line(refused)
    database.close()


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "missing"))
    with pytest.raises(DatabaseError, match="unable to open database file; check that the folder exists") as refused:
        database.upgrade()
    one_line(refused)
    database.close()


def test_a_file_that_is_no_database_is_one_line_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "timbre.db").write_text("a shopping list, and not a short one\n" * 50)
    database = Database(sqlite_url(tmp_path))
    with pytest.raises(DatabaseError, match="file is not a database") as refused:
        database.upgrade()
    one_line(refused)
    database.close()
    assert (tmp_path / "timbre.db").read_text().startswith("a shopping list")


def test_a_database_that_can_only_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "timbre.db").touch()
    database = Database(f"sqlite:///file:{tmp_path / 'timbre.db'}?mode=ro&uri=true")
    with pytest.raises(DatabaseError, match="readonly") as refused:
        database.upgrade()
    one_line(refused)
    database.close()


@pytest.mark.parametrize(
    "url", ["", "s3cret", "nosuch://u:s3cret@h/d", "postgres://u:s3cret@h/d", "sqlite+nosuch:///x"]
)
def test_a_url_of_no_database_is_one_line_that_shows_what_is_wanted(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"sqlite:///PATH or postgresql\+psycopg://") as refused:
        Database(url)
    one_line(refused)


def test_a_driver_that_is_not_installed_is_named() -> None:
    with pytest.raises(DatabaseError, match=r"needs asyncpg; install it") as refused:
        Database("postgresql+asyncpg://u:s3cret@h/d")
    one_line(refused)


def test_the_safe_url_hides_the_password() -> None:
    database = Database("postgresql+psycopg://timbre:s3cret@db.example/timbre")
    assert database.safe_url == "postgresql+psycopg://timbre:***@db.example/timbre"
    database.close()
