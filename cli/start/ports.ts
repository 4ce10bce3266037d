import { createServer } from 'node:net';
import { HeliographError } from '../../lib/errors.ts';

/** A port of the start command: its value and the option that changes it. */
export interface PortChoice {
  readonly option: string;
  readonly port: number;
  readonly what: string;
}

/**
 * Checks that a loopback port is free, or picks one when 0 is asked for, before any tier is started: one clear message
 * beats three logs.
 * @throws HeliographError HG_PORT_TAKEN
 */
export function claimPort(choice: PortChoice): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const reason =
        cause.code === 'EADDRINUSE' ? 'another program has it (is heliograph running already?)' : cause.message;
      reject(
        new HeliographError(
          'HG_PORT_TAKEN',
          `127.0.0.1:${choice.port} for the ${choice.what}: ${reason}; choose another with ${choice.option} PORT, or ${choice.option} 0 for any free one`,
          { port: choice.port },
          cause,
        ),
      );
    });
    probe.listen(choice.port, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : choice.port;
      probe.close(() => resolve(port));
    });
  });
}

/** The port that clients of a protocol try by themselves, or any free one if it is taken: nothing depends on it. */
export async function preferPort(choice: PortChoice): Promise<number> {
  try {
    return await claimPort(choice);
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return claimPort({ ...choice, port: 0 });
  }
}
