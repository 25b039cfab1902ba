"""One query as a command: opens the table, asks, and ends. Imports what the engine needs and nothing of the bench's.

python -m benchmarks.once PEER HOME PARQUET QUERY      the query as JSON; exit status 3: the engine has no such query
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .peers import PEERS
from .queries import one_position, thawed


def main() -> None:
    name, home, parquet, text = sys.argv[1:5]
    peer = PEERS[name](Path(home), Path(parquet))
    peer.open()
    query = thawed(json.loads(text))
    batches = peer.batches(one_position(query, 0) if query.name == "row" else query)
    if batches is None:
        sys.exit(3)
    for _ in batches:
        pass


if __name__ == "__main__":
    main()
