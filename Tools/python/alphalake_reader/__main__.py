"""The command line: ``python -m alphalake_reader dump|info|validate FILE``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .canonical import lines
from .errors import ReaderError
from .footer import Role
from .lake import Lake
from .segment import read_header
from .shard import Shard
from .span import align


def dump(shard: Shard, start: int, stop: int | None) -> None:
    """Print rows as canonical JSON lines."""
    for line in lines(shard, start, stop):
        sys.stdout.write(line + "\n")


def info(shard: Shard) -> None:
    """Print what the footer says, and every segment."""
    footer = shard.footer
    print(f"{shard.name}: {footer.rows} rows in {footer.chunks} chunks")
    for field in footer.fields:
        element = f" of {field.element.name.lower()}" if field.element else ""
        size = f"[{field.size}]" if field.size else ""
        print(f"field {field.id} {field.name}: {field.type.name.lower()}{element}{size}"
              f"{' nullable' if field.nullable else ''}")  # fmt: skip
    for group in footer.groups:
        nested = f" in group {group.parent}" if group.parent is not None else ""
        print(f"group {group.name}{nested}: {'absent' if group.absent else f'{group.keys} keys'}")
    for node in footer.nodes:
        owners = footer.fields if node.role < Role.CODES else footer.groups
        coded = f", {node.dictionary_size} dictionary values" if node.coded else ""
        extra = "".join(f", {w}" for w in ("text_dictionary", "counts", "bitmaps") if getattr(node, w))
        print(f"node {node.index} {node.role.name.lower()} {owners[node.owner].name} in domain {node.domain}"
              f"{', absent' if node.absent else ''}{coded}{extra}")  # fmt: skip
    offset = 64
    while offset < align(footer.header.end, 64):
        h = read_header(shard.file, offset, len(shard.file) - 64)
        encoding = h.encoding.name.lower() if h.kind == 2 else "-"
        print(f"segment {offset}: {h.kind.name.lower()} node {h.node:#x} chunk {h.chunk:#x} {encoding} codec {h.codec} "
              f"count {h.count} nulls {h.nulls} stored {h.stored} raw {h.raw} parameter {h.parameter}")  # fmt: skip
        offset = align(h.end, 64)


def validate(path: Path) -> None:
    """Validate a shard, or a lake with all its tables."""
    if path.is_dir():
        lake = Lake(path)
        for name in lake.tables:
            with lake.table(name) as table:
                table.validate()
                print(f"{path}, {name}: valid, {table.row_count} rows in {len(table.shards)} shards")
    else:
        shard = Shard(path)
        shard.validate()
        print(f"{path}: valid, {shard.row_count} rows")


def main() -> int:
    """Run a command; 1 where a file does not follow the format."""
    parser = argparse.ArgumentParser(prog="alphalake_reader", description="Read AlphaLake's files independently.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("dump", "rows as JSON lines"),
        ("info", "what is in a shard"),
        ("validate", "check shards or lakes"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("file", nargs="+" if name == "validate" else 1, type=Path)
        if name == "dump":
            command.add_argument("--jsonl", action="store_true", help="canonical JSON lines (the only form)")
            command.add_argument("--start", type=int, default=0)
            command.add_argument("--stop", type=int, default=None)
    arguments = parser.parse_args()
    failed = 0
    for path in arguments.file:
        try:
            if arguments.command == "validate":
                validate(path)
            elif arguments.command == "info":
                info(Shard(path))
            else:
                dump(Shard(path), arguments.start, arguments.stop)
        except ReaderError as error:
            print(error, file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
