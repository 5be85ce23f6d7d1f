"""do_exchange:echo"""

import pyarrow as pa
import pyarrow.flight as fl

SCHEMA = pa.schema([pa.field("x", pa.int32(), nullable=False)])


def write(writer, chunk):
    if chunk.app_metadata is None:
        writer.write_batch(chunk.data)
    else:
        writer.write_with_metadata(chunk.data, chunk.app_metadata)


class Server(fl.FlightServerBase):
    def do_exchange(self, context, descriptor, reader, writer):
        if descriptor.descriptor_type != fl.DescriptorType.CMD:
            raise pa.ArrowInvalid("a descriptor by command is expected")
        if descriptor.command != b"echo":
            raise NotImplementedError("the only exchange is echo")
        writer.begin(reader.schema)
        for chunk in reader:
            write(writer, chunk)


def client(location):
    with fl.connect(location) as client:
        writer, reader = client.do_exchange(fl.FlightDescriptor.for_command(b"echo"))
        with writer:
            writer.begin(SCHEMA)
            for index in range(4):
                values = pa.array(range(index, index + 10), pa.int32())
                batch = pa.record_batch([values], schema=SCHEMA)
                metadata = None if index % 2 else str(index).encode()
                if metadata is None:
                    writer.write_batch(batch)
                else:
                    writer.write_with_metadata(batch, metadata)
                chunk = reader.read_chunk()
                assert chunk.data.equals(batch), chunk.data
                found = chunk.app_metadata and chunk.app_metadata.to_pybytes()
                assert found == metadata, found
            writer.done_writing()
            try:
                reader.read_chunk()
            except StopIteration:
                return
            raise AssertionError("there is more than was sent")
