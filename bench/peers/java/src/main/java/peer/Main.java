package peer;

import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStatusCode;

/** The contestant on Arrow Java. */
public final class Main {
  private static final String USAGE =
      """
      usage: peer server --bind URI
             peer client URI get|put|exchange WORKLOAD RUNS
             peer latency URI N
      """;

  /** What this contestant does not do, or the wrong words. */
  static final class Unsupported extends Exception {
    Unsupported(String message) {
      super(message);
    }
  }

  public static void main(String[] words) {
    int code = 0;
    try {
      run(words);
    } catch (Unsupported unsupported) {
      System.err.println(unsupported.getMessage());
      code = 2;
    } catch (FlightRuntimeException failure) {
      System.err.println(failure);
      code = failure.status().code() == FlightStatusCode.UNIMPLEMENTED ? 2 : 1;
    } catch (Exception failure) {
      System.err.println(failure);
      code = 1;
    }
    System.out.flush();
    // Without waiting for threads of the library.
    Runtime.getRuntime().halt(code);
  }

  private static void run(String[] words) throws Exception {
    if (words.length == 3 && words[0].equals("server") && words[1].equals("--bind")) {
      Server.run(words[2]);
    } else if (words.length == 5 && words[0].equals("client")) {
      Client.run(words[1], words[2], words[3], positive(words[4]));
    } else if (words.length == 3 && words[0].equals("latency")) {
      Latency.run(words[1], positive(words[2]));
    } else {
      throw new Unsupported(USAGE);
    }
  }

  private static int positive(String text) throws Unsupported {
    if (!text.matches("[1-9][0-9]{0,8}")) {
      throw new Unsupported(USAGE);
    }
    return Integer.parseInt(text);
  }

  private Main() {}
}
