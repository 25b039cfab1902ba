"""Ads and samples of the program (ALPHALAKE_BINARY) beside the reference's, row for row."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import ads_forms
import ads_made
import pytest
from ads_lake import SAMPLE_COLUMNS, AdLake, ad_differences, sample_differences
from ads_measures import POPULATIONS, axis
from ads_reference import Ad, ad_of, clean
from ads_tasks import Rules, mixed
from ads_words import body_of, levenshtein, words

ROOT = Path(__file__).resolve().parents[3]
BIN = os.environ.get("ALPHALAKE_BINARY", "")
DATA = Path(os.environ.get("ALPHALAKE_DATA") or ROOT.parent / "shared" / "data") / "ads"
# In the order in which they are imported together.
FILES = [
    "front_groups.jsonl",
    "page_snapshot_20221114.jsonl",
    "front_groups_spreadsheet.csv",
    "web_export.csv",
    "climate_ads_2021_2022.jsonl",
    "api_record_example.json",
]

program = pytest.mark.skipif(not BIN, reason="ALPHALAKE_BINARY names no alphalake to ask")
real = pytest.mark.skipif(not DATA.exists(), reason=f"no real ads under {DATA}")


def expected(*files: Path) -> list[Ad]:
    """The ads that the reference keeps of these files."""
    return clean([record for file in files for record in ads_forms.read(file)])[0]


def shown(differences: list[str]) -> str:
    """The first of them, to be read."""
    return "\n".join([f"{len(differences)} differences", *differences[:20]])


def rounded(ad_id: int) -> int:
    """An id of 16 digits as a spreadsheet keeps it."""
    return (ad_id + 5) // 10 * 10


@pytest.fixture(scope="module")
def front_groups(tmp_path_factory: pytest.TempPathFactory) -> AdLake:
    """The ads of front groups with their samples."""
    folder = tmp_path_factory.mktemp("ads") / "lake"
    return AdLake(BIN, folder, threads=4).take(DATA / FILES[0]).build()


def test_distance_of_words_is_that_of_the_plain_table() -> None:
    source = random.Random(5)
    for _ in range(100):
        a, b = (source.choices("abcd", k=source.randrange(9)) for _ in range(2))
        table = [[max(i, j) if not i or not j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
        for i in range(1, len(a) + 1):
            for j in range(1, len(b) + 1):
                exchange = table[i - 1][j - 1] + (a[i - 1] != b[j - 1])
                table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, exchange)
        assert levenshtein(a, b) == table[-1][-1]


def test_words_urls_and_frames() -> None:
    assert words("It\u2019s CAFÉ-Night, 24/7…") == ["it", "s", "cafÉ", "night", "24", "7"]
    text = 'See (https://a.org/x?y=1), "www.b.net/c." Then http://d.io!'
    assert body_of([f" {text}", "More", f" {text}"]) == 'See ([URL]), "[URL]." Then [URL]!\nMore'


def test_finaliser() -> None:
    # The first numbers of the generator from the states 0 and 1234567.
    assert mixed(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF
    assert mixed(1234567 + 0x9E3779B97F4A7C15) == 6457827717110365317


def test_ranks_share_a_place_and_leave_none_to_who_was_not_reached() -> None:
    found = axis("gender", [0.0, 0.25])
    assert (found.ranks, found.top, found.normalized) == ([0, 1], "male", [0.0, 1.0])
    males, females = sum(POPULATIONS["age_gender"][1::2]), sum(POPULATIONS["age_gender"][::2])
    tied = axis("gender", [females / 2.0**30, males / 2.0**30])
    assert (tied.ranks, tied.top) == ([1, 1], None)
    assert tied.leading(1) == ["female"]


@real
def test_the_spreadsheet_says_what_the_records_say() -> None:
    records = {rounded(ad.id) if ad.id >= 10**15 else ad.id: ad for ad in ads_forms.read(DATA / FILES[0]) if ad.id}
    rows = ads_forms.read(DATA / FILES[2])
    assert len(rows) == 4458
    for row in rows:
        a, b = ad_of(row), ad_of(records[row.id or 0])
        assert (a.body, a.cells, a.states, a.others) == (b.body, b.cells, b.states, b.others)
        same = ("page_id", "platforms", "start", "stop", "spend", "impressions")
        assert [getattr(a.raw, name) for name in same] == [getattr(b.raw, name) for name in same]


@program
@real
@pytest.mark.parametrize("name", FILES)
def test_import_of_a_file(name: str, tmp_path: Path) -> None:
    lake = AdLake(BIN, tmp_path / "lake").take(DATA / name)
    differences = ad_differences(lake.ads(), expected(DATA / name))
    assert not differences, shown(differences)


@program
@real
def test_import_of_all_files_at_once(tmp_path: Path) -> None:
    files = [DATA / name for name in FILES]
    found, ours = AdLake(BIN, tmp_path / "lake").take(*files).ads(), expected(*files)
    # An ad whose id was rounded may be known as one that is there already: then nothing is lost with it.
    there = {row["rounded_id"] for row in found if row["ad_id"] is None}
    whole = {(rounded(ad.ad_id), ad.page, ad.raw.start, ad.body) for ad in ours if ad.ad_id is not None}
    kept = [
        ad for ad in ours
        if ad.rounded_id is None or ad.rounded_id in there
        or (ad.rounded_id, ad.page, ad.raw.start, ad.body) not in whole
    ]  # fmt: skip
    differences = ad_differences(found, kept)
    assert not differences, shown(differences)


@program
@real
def test_samples_of_real_ads(front_groups: AdLake) -> None:
    differences = sample_differences(front_groups, expected(DATA / FILES[0]), Rules.shipped())
    assert not differences, shown(differences)


@program
@real
def test_threads_make_no_difference(front_groups: AdLake, tmp_path: Path) -> None:
    alone = AdLake(BIN, tmp_path / "lake", threads=1).take(DATA / FILES[0]).build()
    assert alone.ads() == front_groups.ads()
    sql = f"SELECT {SAMPLE_COLUMNS} FROM samples"
    assert alone.text(sql) == front_groups.text(sql)


@program
@pytest.mark.parametrize("seed", range(20))
def test_made_up_ads(seed: int, tmp_path: Path) -> None:
    file = ads_made.write(tmp_path / "ads.jsonl", seed, 60)
    lake, ours = AdLake(BIN, tmp_path / "lake", threads=1 + seed % 4).take(file).build(), expected(file)
    differences = ad_differences(lake.ads(), ours) or sample_differences(lake, ours, Rules.shipped())
    assert not differences, f"seed {seed} (ads_made.write(path, {seed}, 60)): {shown(differences)}"


@program
@pytest.mark.parametrize("seed", range(20, 24))
def test_other_parameters(seed: int, tmp_path: Path) -> None:
    changed = {
        "similarity_above": 0.5, "similarity_below": 0.95, "distance_above": 9, "reach": 7, "variants": 2,
        "rewordings": 1, "rank_difference": 1, "top_states": 2, "states_compared": 4, "impressions_from": 6000,
        "test_advertisers": 0.5, "test_after": "2023-06-29", "seed": seed,
    }  # fmt: skip
    (tmp_path / "rules.json").write_text(json.dumps({"parameters": changed}), encoding="utf-8")
    file = ads_made.write(tmp_path / "ads.jsonl", seed, 60)
    lake = AdLake(BIN, tmp_path / "lake").take(file).build("--config", tmp_path / "rules.json")
    differences = sample_differences(lake, expected(file), Rules.shipped(**changed))
    assert not differences, f"seed {seed} (ads_made.write(path, {seed}, 60)): {shown(differences)}"
