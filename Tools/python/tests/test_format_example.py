"""The bytes that Schemas/FORMAT.md shows are those of the golden shard that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCHEMAS = Path(__file__).resolve().parents[3] / "Schemas"
SHARD = SCHEMAS / "golden" / "v1" / "runs.shard"
LINE = re.compile(r"([0-9a-f]{4})  ((?:[0-9a-f]{2} ){0,15}[0-9a-f]{2})(?:  .*|)")


@pytest.mark.skipif(not SHARD.exists(), reason="no golden shards")
def test_the_example_is_true() -> None:
    data = SHARD.read_bytes()
    text = (SCHEMAS / "FORMAT.md").read_text(encoding="utf-8")
    shown = [m for line in text.splitlines() if (m := LINE.fullmatch(line))]
    assert len(shown) > 40
    for match in shown:
        at, want = int(match[1], 16), bytes.fromhex(match[2])
        assert data[at : at + len(want)] == want, match[0]
    schema = re.search(r'^\{"fields".*?\n```', text, re.MULTILINE | re.DOTALL)
    assert schema is not None
    assert schema[0].removesuffix("```").replace("\n", "").encode() in data
