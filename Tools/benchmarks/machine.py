"""What the figures were measured on: cores, memory, and how fast memory itself is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

THREADS = 2


def describe() -> dict:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith(("model name", "Model"))
        ),
        "unknown",
    )
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "memory_gib": round(int(total.split()[1]) / 2**20, 1)}


def pin() -> None:
    """Holds this process and its children to two cores, so that two threads are what every side has."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


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


def forget(*paths: Path) -> None:
    """Lets the system drop what it holds of these files in memory, so that the next read comes from the disk."""
    os.sync()
    for path in paths:
        for file in [path] if path.is_file() else filter(Path.is_file, path.rglob("*")):
            handle = os.open(file, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def measured(command: list[str], environment: dict | None = None, every: float = 0.02, discard: bool = False) -> dict:
    """Runs a command to its end: seconds, peak anonymous memory in bytes, exit status, and what it wrote.

    The memory is looked at `every` so many seconds. `discard`: its results go nowhere.
    """
    out = subprocess.DEVNULL if discard else subprocess.PIPE
    start, peaks, ended = time.perf_counter(), [0], threading.Event()
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env=environment)
    texts: dict[str, bytes] = {"out": b""}
    readers = [
        threading.Thread(target=lambda n=name, f=stream: texts.update({n: f.read()}))
        for name, stream in (("out", process.stdout), ("err", process.stderr))
        if stream is not None
    ]

    def look() -> None:
        while not ended.wait(every):
            peaks[0] = max(peaks[0], anonymous(process.pid))

    readers.append(threading.Thread(target=look))
    for reader in readers:
        reader.start()
    process.wait()
    seconds = time.perf_counter() - start
    ended.set()
    for reader in readers:
        reader.join()
    return {
        "seconds": seconds,
        "peak_bytes": peaks[0],
        "status": process.returncode,
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
