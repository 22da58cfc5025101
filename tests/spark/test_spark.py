"""Spark SQL sums as plain Python does: on this machine, on a cluster of one master and two workers, and by Connect.

All of it runs on loopback, from the jars that pyspark brings. `make test-spark` runs it, `make test` does not.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.errors import EngineUnfit
from projections.revenue import conformance
from tests.revenue.engines import GOOD, Alike
from tests.revenue.files import taken, written

pytestmark = pytest.mark.spark
PATIENCE = 90  # seconds for a Java to start on a busy machine


def test_spark_outside_of_ansi_mode_is_refused(tmp_path: Path):
    (tmp_path / "spark-defaults.conf").write_text("spark.sql.ansi.enabled false\n")
    env = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "engine", "check", "local[1]"],
        env={**env, "SPARK_CONF_DIR": str(tmp_path)}, capture_output=True, text=True, timeout=3 * PATIENCE,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "deal: local[1] cannot sum revenue lines: it does not run in ANSI mode (spark.sql.ansi.enabled is false), and "
        "loses digits silently. Set spark.sql.ansi.enabled to true there, in spark-defaults.conf or in the server's "
        "options."
    )


@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_a_cluster_that_does_not_answer_is_refused_at_once(scheme: str):
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"{scheme}://127.0.0.1:{port}"
    with pytest.raises(EngineUnfit) as refused:
        conformance.check(address, Path(), lines=1)
    assert str(refused.value) == (
        f"{address} cannot sum revenue lines: nobody answers there (Connection refused). "
        "Check the address, and that the cluster runs."
    )


class TestLocalSpark(Alike):
    engine = "local[2]"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master that has two workers."""
    logs = tmp_path_factory.mktemp("cluster")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")  # for the driver too, which is this process
        master = service(logs / "master", "org.apache.spark.deploy.master.Master", "--webui-port", "0", "--port", "0")
        running = [master]
        try:
            address = said(logs / "master", master, r"Starting Spark master at (spark://\S+)")[0]
            for name in ("first", "second"):
                options = ["--webui-port", "0", "--cores", "1", "--memory", "1g", "--work-dir", str(logs / "work")]
                running.append(service(logs / name, "org.apache.spark.deploy.worker.Worker", *options, address))
                said(logs / name, running[-1], r"Successfully registered with (master)")
            yield address
        finally:
            stop(running)


@pytest.fixture(scope="module")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Spark Connect server."""
    log = tmp_path_factory.mktemp("connect") / "server"
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = started(
        log, "spark-submit", "--master", "local[2]", "--conf", f"spark.connect.grpc.binding.port={port}",
        "--conf", "spark.ui.enabled=false", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
        "spark-internal",
    )  # fmt: skip
    try:
        said(log, server, r"Spark Connect server started at: (\S+)")
        yield f"sc://127.0.0.1:{port}"
    finally:
        stop([server])


def service(log: Path, name: str, *options: str) -> subprocess.Popen[bytes]:
    return started(log, "spark-class", name, "--host", "127.0.0.1", *options)


def started(log: Path, program: str, *arguments: str) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    with log.open("wb") as out:
        return subprocess.Popen([home / "bin" / program, *arguments], env=env, stdout=out, stderr=out)


def said(log: Path, process: subprocess.Popen[bytes], pattern: str) -> list[str]:
    """What a process says of itself, once it does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if found := re.findall(pattern, log.read_text()):
            return list(found)
        time.sleep(0.2)
    raise AssertionError(f"{pattern!r} was not said:\n{log.read_text()}")


def stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in reversed(running):
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture(scope="module", params=["cluster", "connect"])
def elsewhere(request: pytest.FixtureRequest) -> str:
    """Connect comes last: after it, a process of pyspark starts no session of another kind."""
    return str(request.getfixturevalue(request.param))


def test_generated_lines_come_to_the_same_elsewhere(elsewhere: str, tmp_path: Path):
    found = conformance.check(elsewhere, tmp_path, lines=2_000)
    assert found.differences == []
    assert found.sums > 1_000


def test_a_file_is_taken_to_the_same_bytes_elsewhere(elsewhere: str, tmp_path: Path):
    path = written(tmp_path / "lines.csv", GOOD)
    plain, other = taken(path, engine="plain"), taken(path, engine=elsewhere)
    assert repr(replace(other, engine="plain")) == repr(plain)
