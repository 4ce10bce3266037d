import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;

/**
 * Lets log4j2 follow the level that is wanted of its service, in the collector's file: FollowLevels.start("pay"). Without a collector, and when
 * a level's time is over, the root logger has its own level. The thread ends with the process.
 */
public final class FollowLevels {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void start(String service) {
    start(service, Path.of("/run/heliograph/levels.json"), 2);
  }

  public static void start(String service, Path file, long everySeconds) {
    Level own = LogManager.getRootLogger().getLevel();
    var timer = Executors.newSingleThreadScheduledExecutor(run -> {
      var thread = new Thread(run, "follow-levels");
      thread.setDaemon(true);
      return thread;
    });
    timer.scheduleWithFixedDelay(() -> {
      Level wanted = wanted(file, service, System.currentTimeMillis());
      Configurator.setRootLevel(wanted == null ? own : wanted);
    }, 0, everySeconds, TimeUnit.SECONDS);
  }

  /** The level that is wanted of a service; null: its own. */
  static Level wanted(Path file, String service, long nowMs) {
    try {
      JsonNode levels = JSON.readTree(file.toFile()).path("levels");
      JsonNode entry = levels.has(service) ? levels.get(service) : levels.path("*");
      JsonNode until = entry.path("until");
      if (until.isNumber() && until.asLong() <= nowMs) return null;
      String level = entry.path("level").asText("");
      return level.equals("warning") ? Level.WARN : Level.toLevel(level, null);
    } catch (IOException nothingThere) {
      return null;
    }
  }

  private FollowLevels() {}
}
