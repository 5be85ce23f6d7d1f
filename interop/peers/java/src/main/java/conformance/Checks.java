package conformance;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;

/** What several scenarios do and check. */
final class Checks {
  static void that(boolean holds, String text) {
    if (!holds) {
      throw new AssertionError(text);
    }
  }

  static void equal(String what, Object found, Object expected) {
    that(Objects.equals(found, expected), what + " is " + found + ", expected " + expected);
  }

  /** A call that may fail. */
  interface Call {
    void run() throws Exception;
  }

  /** The error that a call ends with. */
  static FlightRuntimeException failure(Call call) throws Exception {
    try {
      call.run();
    } catch (FlightRuntimeException failure) {
      return failure;
    }
    throw new AssertionError("a call succeeded that has to fail");
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static String text(ArrowBuf buffer) {
    byte[] bytes = new byte[(int) buffer.readableBytes()];
    buffer.getBytes(buffer.readerIndex(), bytes);
    return text(bytes);
  }

  static ArrowBuf buffer(BufferAllocator allocator, String text) {
    byte[] bytes = utf8(text);
    ArrowBuf buffer = allocator.buffer(bytes.length);
    buffer.writeBytes(bytes);
    return buffer;
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  static FlightDescriptor command(String text) {
    return FlightDescriptor.command(utf8(text));
  }

  static boolean isCommand(FlightDescriptor descriptor, String text) {
    return descriptor.isCommand() && text(descriptor.getCommand()).equals(text);
  }

  static Ticket ticket(String text) {
    return new Ticket(utf8(text));
  }

  static FlightRuntimeException invalid(String text) {
    return CallStatus.INVALID_ARGUMENT.withDescription(text).toRuntimeException();
  }

  static FlightRuntimeException notFound(String text) {
    return CallStatus.NOT_FOUND.withDescription(text).toRuntimeException();
  }

  static FlightRuntimeException unimplemented(String text) {
    return CallStatus.UNIMPLEMENTED.withDescription(text).toRuntimeException();
  }

  private Checks() {}
}
