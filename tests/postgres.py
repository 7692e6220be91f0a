"""A PostgreSQL of the tests' own, started from whatever `initdb` the machine has."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import OperationalError

START_TIMEOUT_S = 30.0
# A test's database may be lost: what makes it safe only makes it slow.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "shared_buffers=32MB")


def find_binaries() -> Path | None:
    """Return the folder that holds `initdb` and `postgres`, None when this machine has none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(answer.stdout.strip()))
    if initdb := shutil.which("initdb"):
        folders.append(Path(initdb).resolve().parent)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


@contextmanager
def postgres_server(binaries: Path) -> Iterator[URL]:
    """Run a PostgreSQL on a Unix socket for as long as the block lasts; yields the URL of its first database."""
    # Not pytest's own folder: that one is closed to other users, and a socket's path may be 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="timbre-pg-"))
    try:
        account = _account(folder)
        _make_cluster(binaries, folder, account)
        arguments = [argument for setting in SETTINGS for argument in ("-c", setting)]
        command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *arguments]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **account)
        try:
            url = URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
            _wait_until_ready(url, server, folder / "log")
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # a fast shutdown: it does not wait for its clients to leave
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account(folder: Path) -> dict[str, Any]:
    """Return `subprocess` arguments that run the server as somebody it accepts: it refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _make_cluster(binaries: Path, folder: Path, account: dict[str, Any]) -> None:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    command = [str(binaries / "initdb"), "-D", str(folder / "data"), *options]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **account)
    assert made.returncode == 0, made.stderr


def _wait_until_ready(url: URL, server: subprocess.Popen[bytes], log: Path) -> None:
    engine = create_engine(url)
    deadline = time.monotonic() + START_TIMEOUT_S
    try:
        while True:
            try:
                engine.connect().close()
            except OperationalError:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            else:
                return
    finally:
        engine.dispose()
