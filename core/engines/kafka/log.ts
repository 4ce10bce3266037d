import type { LogEntry, logCreator } from 'kafkajs';
import type { Logger } from '../../../lib/log.ts';

type Level = keyof Logger;

/** What kafkajs says, by what it means to whoever runs a core. The first that fits counts. */
const LINES: readonly (readonly [RegExp, Level, string])[] = [
  // How many are gone, if any, is counted and said by the bus.
  [
    /Offset out of range/,
    'warn',
    'the group stood at records that are no more; it goes on at the oldest that is there',
  ],
  [/Consumer has joined the group/, 'info', 'the indexer has its share of a topic'],
  [
    /rebalanc|re-joining|not aware of this member|generation id|coordinator|UNKNOWN_MEMBER|Topic has been updated|not aware of all assigned/i,
    'debug',
    'a topic is shared out anew among the indexers, or its coordinator moves; it goes on by itself',
  ],
  [
    /leader|Metadata|metadata|does not host this topic/,
    'debug',
    'a partition moves to another broker; it is asked for again',
  ],
  // The gate says that the engine is down, once; these come with every try.
  [
    /Connection (error|timeout)|Failed to connect|Closed connection|closed connection|Not connected|ECONN|disconnect/i,
    'debug',
    'a broker cannot be reached; it is tried again',
  ],
  [/Limiting retries/, 'debug', 'a producer that fails is thrown away, so its tries may be few'],
  [/Failed to send messages|timed out/, 'info', 'a broker did not take what was sent; it is tried again'],
  // The session's end is told by whoever begins the next.
  [/^Crash:|^Restarting|^Starting$|^Stopped$|not running, exiting/, 'debug', 'a consumer starts or stops'],
  [/Response without match/, 'debug', 'an answer came after its time'],
];

/** Where no line fits. An error of kafkajs is one of a try: what it comes to in the end is told by us. */
const OTHERS: Readonly<Record<number, Level>> = { 1: 'warn', 2: 'warn', 4: 'debug', 5: 'debug' };
const FACTS = ['broker', 'groupId', 'topic', 'partition', 'retryCount', 'memberAssignment'];

/** kafkajs' log in our words, at the level it deserves. */
export function kafkaLog(log: Logger): logCreator {
  return () =>
    ({ level, log: entry }: LogEntry) => {
      const said = entry.error === undefined ? entry.message : `${entry.message}: ${String(entry.error)}`;
      const facts: Record<string, unknown> = { kafkajs: said.slice(0, 500) };
      for (const name of FACTS) if (entry[name] !== undefined) facts[name] = entry[name];
      const known = LINES.find(([pattern]) => pattern.test(said));
      if (known) log[known[1]](known[2], facts);
      else log[OTHERS[level] ?? 'debug'](`Kafka: ${entry.message.slice(0, 200)}`, facts);
    };
}
