"""As much of protobuf as the messages need that pyarrow does not have."""

import struct


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, value):
    """A field of any kind: bytes, a whole number, or a float."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    return varint(number << 3) + varint(value)


def fixed64(number, value):
    """An sfixed64."""
    return varint(number << 3 | 1) + struct.pack("<q", value)


def fields(data):
    """The fields of a message: numbers with bytes, whole numbers, or eight raw bytes."""
    data = memoryview(data)

    def number():
        nonlocal data
        value, shift = 0, 0
        while True:
            byte, data = data[0], data[1:]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while data:
        key = number()
        if key & 7 == 0:
            yield key >> 3, number()
            continue
        length = 8 if key & 7 == 1 else number()
        yield key >> 3, bytes(data[:length])
        data = data[length:]
