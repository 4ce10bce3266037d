/**
 * The simulator in a process of its own, that says each second how far it is, ends its load when it is told, and waits then for as long as it takes
 * until all is acknowledged: whoever started it sees whether it goes on, and ends the process where it does not.
 */
import { USUAL_MIX } from '../../simulator/kinds.ts';
import { runSimulation } from '../../simulator/run.ts';
import type { FromSimulation, SimulationSetup, ToSimulation } from './simulation-messages.ts';

/** Longer than any backlog drains. */
const DRAIN_MS = 86_400_000;

const stop = new AbortController();
const send = (message: FromSimulation): Promise<void> =>
  new Promise((done, fail) => process.send!(message, (error: Error | null) => (error ? fail(error) : done())));

process.on('message', (message: ToSimulation) => {
  if (message.do === 'stop') stop.abort();
  else void simulate(message.setup);
});
process.on('disconnect', () => process.exit(1));

async function simulate({ logs, ca, verify, ...setup }: SimulationSetup): Promise<void> {
  const report = await runSimulation({
    ...setup,
    mix: USUAL_MIX,
    logsPerSecond: logs,
    durationMs: 0,
    authority: ca,
    verify: verify === null ? null : new URL(verify),
    seed: 1,
    signal: stop.signal,
    drainMs: DRAIN_MS,
    onProgress: ({ latencies, errors: _, ...counts }) => {
      void send({ progress: { ...counts, latencies: latencies.counts() } });
    },
    onReady: () => undefined,
    say: (said) => {
      void send({ said });
    },
  });
  await send({ report });
  process.exit(0);
}
