"""The workloads: what a batch of each holds, and how often it is sent."""

from dataclasses import dataclass
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

MASK = 2**64 - 1


@dataclass(frozen=True)
class Workload:
    name: str
    batches: int

    @classmethod
    def parse(cls, text):
        """`NAME` or `NAME:BATCHES`."""
        name, _, count = text.partition(":")
        if name not in TABLE:
            raise KeyError(f"no workload {name!r}")
        return cls(name, int(count) if count else TABLE[name][0])

    @property
    def batch(self):
        return built(self.name)

    @property
    def options(self):
        """How its batches are written."""
        if self.name == "lz4":
            return pa.ipc.IpcWriteOptions(compression=pa.Codec("lz4"))
        if self.name == "zstd":
            return pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))
        return pa.ipc.IpcWriteOptions()


@cache
def built(name):
    """The batch of a workload, built when it is first asked for."""
    return TABLE[name][1]()


def value_bytes(array):
    """Bytes of values and offsets, before compression."""
    kind = array.type
    if pa.types.is_int64(kind):
        return 8 * len(array)
    if pa.types.is_string(kind):
        return 4 * (len(array) + 1) + (pc.sum(pc.binary_length(array)).as_py() or 0)
    if pa.types.is_dictionary(kind):
        return 4 * len(array)
    if pa.types.is_list(kind):
        return 4 * (len(array) + 1) + value_bytes(array.values)
    if pa.types.is_struct(kind):
        return sum(value_bytes(array.field(i)) for i in range(kind.num_fields))
    raise TypeError(kind)


def batch_bytes(batch):
    return sum(value_bytes(column) for column in batch.columns)


def numbered(prefix, columns):
    columns = list(columns)
    return pa.RecordBatch.from_arrays(columns, [f"{prefix}{c}" for c in range(len(columns))])


def int64s(values):
    return pa.array(values, pa.int64())


def integers(rows, columns):
    return numbered("c", (int64s(range(c, c + rows * 31, 31)) for c in range(columns)))


def small_integers(rows):
    """Values that compress."""
    return numbered(
        "c",
        (int64s([(split_mix(r * 31 + c) >> 32) % 1000 for r in range(rows)]) for c in range(4)),
    )


def split_mix(seed):
    """The first number of SplitMix64 from this seed."""
    z = (seed + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def strings(rows, columns):
    alphabet = "abcdefghijklmnopqrstuvwxyz" * 4

    def string(row, column):
        first = (row + column) % 26
        return alphabet[first : first + 8 + (row * 7 + column * 13) % 48]

    return numbered(
        "s", (pa.array([string(r, c) for r in range(rows)], pa.string()) for c in range(columns))
    )


def dictionaries(rows, columns):
    values = pa.array([f"value-{i:06}" for i in range(1000)], pa.string())

    def column(c):
        keys = pa.array([(r * 31 + c) % 1000 for r in range(rows)], pa.int32())
        return pa.DictionaryArray.from_arrays(keys, values)

    return numbered("d", (column(c) for c in range(columns)))


def nested(rows):
    def items(row):
        return None if row % 10 == 9 else range(row, row + row % 8)

    lists = pa.array([items(r) for r in range(rows)], pa.list_(pa.int64()))
    # Null structs still hold their children's values.
    children = [int64s(range(rows)), pa.array([str(r) for r in range(rows)], pa.string())]
    is_null = pa.array([r % 7 == 6 for r in range(rows)])
    structs = pa.StructArray.from_arrays(children, ["a", "b"], mask=is_null)
    return pa.RecordBatch.from_arrays([lists, structs], ["l", "s"])


TABLE = {
    "large": (512, lambda: integers(131072, 4)),
    "medium": (4096, lambda: integers(16384, 4)),
    "small": (32768, lambda: integers(1024, 4)),
    "tiny": (65536, lambda: integers(16, 4)),
    "wide": (128, lambda: integers(1024, 1000)),
    "strings": (128, lambda: strings(65536, 4)),
    "dictionary": (256, lambda: dictionaries(65536, 4)),
    "nested": (256, lambda: nested(16384)),
    "lz4": (64, lambda: small_integers(131072)),
    "zstd": (64, lambda: small_integers(131072)),
    "one": (1, lambda: pa.RecordBatch.from_arrays([int64s([1])], ["x"])),
}
