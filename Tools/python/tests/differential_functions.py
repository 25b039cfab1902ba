"""Functions by template, for random expressions: `{text}`, `{whole}` and their like are filled in.

None of them can fail. What they take is kept to where AlphaLake and DuckDB are documented to mean the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# By feature, for values of each kind.
NUMBERS = {
    "math": ["abs({whole})", "abs({number})", "round({number})", "round({number}, {digits})", "floor({number})",
             "ceil({number})",
             "sqrt(abs({number}))", "ln(1e0 + abs({whole}))", "sign({number})", "power({plain}, 2)", "mod({whole}, 7)",
             "exp(sign({number}))", "trunc(CAST({number} AS DOUBLE))", "ceiling({number})", "({plain} ^ 2)",
             "({plain} ** 3)",
             "pow({whole} % 5, {digits})"],
    "curves": ["sin({whole})", "cos({whole})", "tan({whole})", "atan({number})", "degrees({number})",
               "radians({number})",
               "log(1e0 + abs({whole}))", "log10(1e0 + abs({whole}))", "log2(1e0 + abs({whole}))", "cbrt({number})",
               "log(2, 1e0 + abs({whole}))", "(pi() * {digits})"],
    "whole_trunc": ["trunc({whole})"],
}  # fmt: skip

# Whole numbers, and the farthest from 0 that they can lie.
WHOLES = {
    "strings": [("length({text})", 1 << 20), ("strpos({text}, 'a')", 1 << 20)],
    "pieces": [("strlen({text})", 1 << 20), ("char_length({text})", 1 << 20),
               ("ascii({some_text})", 1 << 21), ("unicode({some_text})", 1 << 21), ("position('b' IN {text})", 1 << 20),
               ("instr({text}, {part})", 1 << 20)],
    "elements": [("cardinality({list})", 100), ("list_position({list}, {small})", 100), ("list_count({list})", 100),
                 ("list_max({list})", 100), ("list_min({list})", 100), ("{list}[{index}]", 100), ("list_sum({list})",
                                                                                                  1000),
                 ("list_extract({list}, {index})", 100), ("len({list})", 100)],
    "calendar": [(f"{name}({{safe_time}})", 10**4) for name in ("week", "weekofyear", "day", "dayofmonth", "isodow",
                                                                "dayofyear",
                                                                 "dayofweek", "weekday", "isoyear", "decade",
                                                                 "century", "era",
                                                                 "millennium")]
                + [(f"date_part('{name}', {{safe_time}})", 10**7) for name in ("decade", "century", "millennium",
                                                                               "era", "isoyear",
                                                                                "yearweek", "doy", "isodow", "dow")]
                + [("yearweek({safe_time})", 10**7), ("millisecond({moment})", 10**6), ("microsecond({moment})", 10**8),
                   ("hour({moment})", 24), ("minute({moment})", 60), ("second({moment})", 60)],
    "dimension": [("array_length({list}, 1)", 100)],
    "date_diff": [
        ("date_diff({part_of_day}, {moment}, {moment})", 10**15),
        ("date_diff({part_of_date}, {safe_time}, {safe_time})", 10**8),
        ("datediff('day', {safe_time}, DATE '1970-01-01')", 10**8),
    ],
}  # fmt: skip

TEXTS = {
    "strings": ["lower({text})", "upper({text})", "substr({text}, {place}, {count})", "substr({text}, {place})",
                "left({text}, {count})",
                "right({text}, {count})", "trim({text})", "ltrim({text})", "replace({text}, {part}, 'xy')",
                "reverse({name})",
                "rtrim({text})", "repeat({name}, {few})", "substring({text} FROM {place} FOR {count})"],
    "concat": ["({text} || {name})", "({text} || '-' || {name})", "concat({text}, '+', {name})"],
    "pieces": ["split_part({text}, {letter}, {index})", "lpad({text}, {width}, {letter})",
               "rpad({text}, {width}, {letter})",
               "translate({text}, 'aeéx', 'AE')", "chr(CAST(65 + abs({whole}) % 26 AS INTEGER))",
               "concat_ws('/', {text}, {name}, {text})",
               "trim({text}, {letter})", "ltrim({text}, 'a ')", "rtrim({text}, 'b1')",
               "substr({text}, {backward}, {count})",
               "left({text}, {backward})", "right({text}, {backward})", "lcase({text})",
               "substring({text}, {place}, {count})"],
    "extracts": ["regexp_extract({text}, {shape})", "regexp_extract({text}, {shape}, 1)",
                 "regexp_replace({text}, {shape}, '<>')",
                 "regexp_replace({text}, {shape}, '<\\1>', 'g')", "regexp_replace({text}, '[0-9]', '#', 'g')"],
    "calendar": ["monthname({safe_time})", "dayname({safe_time})", "strftime({safe_time}, {format})"],
    "elements": ["array_to_string({list}, ',')"],
}  # fmt: skip

TIMES = {
    "calendar": [
        "last_day({safe_time})",
        "make_date(2000 + abs({whole}) % 50, 1 + abs({whole}) % 12, 1 + abs({whole}) % 28)",
    ]
}

TESTS = {
    "truth": ["({condition}) IS TRUE", "({condition}) IS NOT TRUE", "({condition}) IS FALSE",
              "({condition}) IS NOT FALSE",
              "({condition}) IS UNKNOWN", "({condition}) IS NOT UNKNOWN", "(({condition}) = ({condition}))",
              "({condition}) IS DISTINCT FROM ({condition})"],
    "curves": ["isnan({float})", "isinf({float})", "isfinite({float})"],
    "elements": ["{small} <> ALL({list})", "{small} > ANY({list})", "{small} <= ALL({list})",
                 "array_contains({list}, {whole})",
                 "list_has({list}, {small})", "list_avg({list}) > {small}", "list_sum({list}) IS NOT NULL"],
    "extracts": ["regexp_full_match({text}, {shape})", "regexp_matches({text}, {shape}, 'i')", "{text} ~* {shape}",
                 "{text} !~* {shape}", "regexp_extract({text}, {shape}) <> ''"],
    "pieces": ["{text} NOT LIKE {part} ESCAPE '!'", "{text} LIKE '%!%%' ESCAPE '!'", "prefix({text}, {part})",
               "suffix({text}, {part})",
               "{text} ILIKE {part} || '%'"],
    "any_array": ["{whole} = ANY(ARRAY[{small}, {small}, {small}])", "{name} = ANY(ARRAY['a', {part}])"],
}  # fmt: skip

PLACE = re.compile(r"\{(\w+)\}")


def filled(template: str, fillers: dict[str, Callable[[], str]]) -> str:
    """A template with its places filled in, each on its own."""
    return PLACE.sub(lambda match: fillers[match[1]](), template)


def suits(template: str, absent: set[str]) -> bool:
    """Whether a template does without the places that cannot be filled."""
    return not absent.intersection(PLACE.findall(template))
