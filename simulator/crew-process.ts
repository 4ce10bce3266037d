/** A process of its own for a part of the hosts. It does as it is told by messages, and ends with who started it. */
import { Crew } from './crew.ts';
import type { FromCrew, ToCrew } from './crew-messages.ts';

const SNAPSHOT_MS = 500;
/** Truths of so many hosts in one message. */
const TRUTHS = 500;

let crew: Crew | null = null;
const send = (message: FromCrew): void => {
  process.send!(message);
};

process.on('message', (message: ToCrew) => {
  void act(message);
});
process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole group; who started this process says when to stop.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

async function act(message: ToCrew): Promise<void> {
  if (message.do === 'start') {
    crew = new Crew(message.setup);
    crew.start();
    setInterval(() => send({ snapshot: crew!.snapshot() }), SNAPSHOT_MS);
  } else if (message.do === 'phase') crew!.phase(message.phase);
  else if (message.do === 'end') crew!.end();
  else {
    const truths = await crew!.stop(message.withinMs);
    for (let at = 0; at < truths.length; at += TRUTHS) send({ truths: truths.slice(at, at + TRUTHS) });
  }
  send({ snapshot: crew!.snapshot() });
  send({ done: true });
}
