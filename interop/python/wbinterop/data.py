"""A folder with one file of each format that `wingbeat serve` knows."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

TABLE = pa.table({
    "id": pa.array(range(1000), pa.int64()),
    "name": pa.array([f"goose {i}" for i in range(1000)]),
    "weight": pa.array([i / 8 + 0.125 for i in range(1000)]),
    "grey": pa.array([i % 3 == 0 for i in range(1000)]),
    "code": pa.array([f"{i:05d}" for i in range(1000)]),
})

# Flight by its file. All of them hold TABLE.
FILES = {
    "parquet": "in_parquet.parquet",
    "arrow": "in_arrow.arrow",
    "feather": "in_feather.feather",
    "arrows": "in_stream.arrows",
    "csv": "in_csv.csv",
    "csv.gz": "zipped.csv.gz",
    "tsv": "tabbed.tsv",
    "ndjson": "in_ndjson.ndjson",
    "jsonl": "lines.jsonl",
}
FLIGHTS = {kind: name.split(".")[0] for kind, name in FILES.items()}
# Formats that say how many rows they hold without being read.
COUNTED = ["parquet", "arrow", "feather"]


def write_all(folder: Path) -> None:
    pa.parquet.write_table(TABLE, folder / FILES["parquet"], row_group_size=100)
    for kind in ["arrow", "feather"]:
        with pa.ipc.new_file(str(folder / FILES[kind]), TABLE.schema) as writer:
            writer.write_table(TABLE, max_chunksize=300)
    with pa.ipc.new_stream(str(folder / FILES["arrows"]), TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=300)
    pa.csv.write_csv(TABLE, folder / FILES["csv"])
    with gzip.open(folder / FILES["csv.gz"], "wb") as file:
        pa.csv.write_csv(TABLE, file)
    tabs = pa.csv.WriteOptions(delimiter="\t")
    pa.csv.write_csv(TABLE, folder / FILES["tsv"], tabs)
    lines = "".join(json.dumps(row) + "\n" for row in TABLE.to_pylist())
    (folder / FILES["ndjson"]).write_text(lines)
    (folder / FILES["jsonl"]).write_text(lines)
