import { writeSync } from 'node:fs';
import { Journal } from '../../lib/journal/journal.ts';
import { crashPayload } from './crash-payload.ts';
import { pick, seeded } from './random.ts';
import { journalOptions } from './setup.ts';

/**
 * Appends without end, until it is killed, and writes `a <key>` to its standard output for each record that is durable, and
 * `d <key>` for each that its reader acknowledged. A pipe keeps what was written before the kill.
 */
const [directory, seedText, firstText] = process.argv.slice(2);
const random = seeded(Number(seedText));
const journal = await Journal.open(
  journalOptions(directory!, { segmentBytes: 20_000, lingerMs: pick(random, 3), cursorMs: 5 }),
);
const reader = journal.reader('log', 'main');
let key = Number(firstText);
let flying = 0;
let position = 0;

function fill(): void {
  while (flying < 20) {
    const own = key++;
    flying++;
    journal.append('log', { bytes: crashPayload(own), items: 1, key: own }, (error) => {
      flying--;
      if (error) throw error;
      writeSync(1, `a ${own}\n`);
      setImmediate(fill);
    });
  }
}

async function drain(): Promise<void> {
  for (;;) {
    const { records, next } = await reader.read(position, 5_000);
    for (const record of records) {
      if (random() < 0.7) {
        // Told before it is done: afterwards it may be gone.
        writeSync(1, `d ${record.key}\n`);
        reader.acknowledge(record, 'out');
      }
    }
    position = next;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

fill();
if (random() < 0.5) await drain();
