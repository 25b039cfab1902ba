"""What the figures were measured on: cores, memory, and how fast memory itself is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

from .threads import THREADS

GIB = 1 << 30


def memory() -> int:
    """The machine's memory in bytes."""
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return int(total.split()[1]) * 1024


def describe() -> dict:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith(("model name", "Model"))
        ),
        "unknown",
    )
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory() / GIB, 1)}


def bandwidth() -> dict:
    """Memory speed of two threads in bytes per second: a sum reads them, a copy reads and writes as many."""
    parts = [np.ones(32 << 20, np.int64) for _ in range(THREADS)]
    copies = [np.empty_like(part) for part in parts]

    def together(work) -> float:
        best = float("inf")
        for _ in range(5):
            threads = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
            start = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            best = min(best, time.perf_counter() - start)
        return sum(part.nbytes for part in parts) / best

    return {"sum": together(lambda i: parts[i].sum()), "memcpy": together(lambda i: np.copyto(copies[i], parts[i]))}


def anonymous(pid: int) -> int:
    """Anonymous memory of a process in bytes (mapped files are not counted); 0 once it has ended."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Watch:
    """Looks at a process's anonymous memory while something runs there, and ends the process past its limits."""

    def __init__(self, pid: int, every: float, memory: int | None = None, seconds: float | None = None) -> None:
        self.pid, self.every, self.memory, self.seconds = pid, every, memory, seconds
        self.peak, self.reason = 0, ""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self) -> None:
        """Until it is told to stop."""
        start = time.perf_counter()
        while not self.ended.wait(self.every):
            held = anonymous(self.pid)
            self.peak = max(self.peak, held)
            if self.memory and held > self.memory:
                self.reason = f"stopped at {self.memory / 2**30:.0f} GiB of memory"
            elif self.seconds and time.perf_counter() - start > self.seconds:
                self.reason = f"stopped after {self.seconds / 60:.0f} minutes"
            if self.reason:
                os.kill(self.pid, signal.SIGKILL)
                return

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


def forget(*paths: Path) -> None:
    """Lets the system drop what it holds of these files in memory, so that the next read comes from the disk."""
    os.sync()
    for path in paths:
        for file in [path] if path.is_file() else filter(Path.is_file, path.rglob("*")):
            handle = os.open(file, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def measured(
    command: list[str],
    environment: dict | None = None,
    every: float = 0.02,
    discard: bool = False,
    memory: int | None = None,
    limit: float | None = None,
) -> dict:
    """Runs a command to its end: seconds, peak anonymous memory in bytes, exit status, and what it wrote.

    The memory is looked at `every` so many seconds. `discard`: its results go nowhere. Past `memory` bytes or `limit`
    seconds it is ended, and `reason` says so.
    """
    out = subprocess.DEVNULL if discard else subprocess.PIPE
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env=environment)
    texts: dict[str, bytes] = {"out": b""}
    readers = [
        threading.Thread(target=lambda n=name, f=stream: texts.update({n: f.read()}))
        for name, stream in (("out", process.stdout), ("err", process.stderr))
        if stream is not None
    ]
    with Watch(process.pid, every, memory, limit) as watch:
        for reader in readers:
            reader.start()
        process.wait()
        seconds = time.perf_counter() - start
    for reader in readers:
        reader.join()
    return {
        "seconds": seconds,
        "peak_bytes": watch.peak,
        "status": process.returncode,
        "reason": watch.reason,
        "out": texts["out"].decode(errors="replace"),
        "err": texts["err"].decode(errors="replace"),
    }


@contextlib.contextmanager
def quiet(lock: Path | None):
    """Holds a lock file while something is timed, for machines whose other jobs take the same lock."""
    if lock is None:
        yield
        return
    with open(lock, "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
