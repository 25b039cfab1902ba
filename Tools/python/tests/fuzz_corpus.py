"""Makes a corpus for a fuzz target from real files: the golden shards and lakes.

    python Tools/python/tests/fuzz_corpus.py TARGET FOLDER
"""

from __future__ import annotations

import hashlib
import struct
import sys
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[3] / "Schemas" / "golden"
# What stands in front of the members of a sealed file: {"digest":"...",
SEAL = 11 + 32 + 2


def numbers(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"), key=lambda path: int(path.stem))


def segments(shard: bytes) -> list[tuple[int, bytes]]:
    """Kinds and payloads of the segments of a shard."""
    found, start = [], 64
    while start + 64 <= len(shard) - 64:
        stored = struct.unpack_from("<Q", shard, start + 24)[0]
        found.append((shard[start + 4], shard[start + 64 : start + 64 + stored]))
        start += 64 + (stored + 63) // 64 * 64
    return found


def seeds(target: str) -> list[bytes]:
    shards = [path.read_bytes() for path in sorted(GOLDEN.rglob("*.shard"))]
    tables = [path.parent for path in sorted(GOLDEN.rglob("versions"))]
    if target == "manifest":
        bodies = [[path.read_bytes()[SEAL:] for path in numbers(table / "versions")] for table in tables]
        return [body for table in bodies for body in table] + [b"".join(table) for table in bodies]
    if target == "tag":
        return [path.read_bytes()[SEAL:] for path in sorted(GOLDEN.rglob("tags/*.json"))]
    if target == "deletions":
        return [path.read_bytes()[:-16] for path in sorted(GOLDEN.rglob("*.deleted"))]
    if target == "segment":
        return [shard for shard in shards if len(shard) <= 20_000]
    if target == "footer":
        return [segments(shard)[-1][1] for shard in shards]
    if target == "bitmap":
        sets = [path.read_bytes()[24:-16] for path in sorted(GOLDEN.rglob("*.deleted"))]
        return sets + [payload for shard in shards for kind, payload in segments(shard) if kind == 7]
    raise SystemExit(f"no target '{target}'")


def main() -> None:
    target, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds(target):
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


if __name__ == "__main__":
    main()
