import { type ChildProcess, spawn } from 'node:child_process';
import { NotTaken } from '../../../../lib/alerts/not-taken.ts';
import { webhookBody } from '../../../../lib/alerts/webhook-body.ts';
import type { ReceiverConfig } from './config.ts';
import { ConfiguredReceiver, type Message, type Receiver } from './receiver.ts';

type Settings = NonNullable<ReceiverConfig['command']>;

/** Of what a command writes to its standard error. */
const MOST_SAID = 2048;
/** All that a command finds in its environment: nothing of ours. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

/** Runs a program, without a shell, with the webhook's JSON on its input; status 0 means taken. */
export class CommandReceiver extends ConfiguredReceiver<Settings> implements Receiver {
  readonly kind = 'command';
  readonly #running = new Set<ChildProcess>();

  send(message: Message): Promise<void> {
    const { run, timeout } = this.settings;
    const [program, ...args] = run as [string, ...string[]];
    const input = JSON.stringify({ ...webhookBody(message), idempotencyKey: message.idempotencyKey });
    return new Promise((resolve, reject) => {
      // A group of its own, so that what it started ends with it.
      const child = spawn(program, args, {
        cwd: '/',
        env: ENVIRONMENT,
        shell: false,
        detached: true,
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      this.#running.add(child);
      let said = '';
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        end(child);
      }, timeout);
      const done = (why: NotTaken | null) => {
        clearTimeout(timer);
        this.#running.delete(child);
        if (why) reject(why);
        else resolve();
      };
      child.stderr!.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-MOST_SAID);
      });
      // It need not read its input.
      child.stdin!.on('error', () => undefined);
      child.stdin!.end(input);
      child.on('error', (error) => done(new NotTaken(`${program} cannot be run: ${error.message}`, 'not_sent', error)));
      child.on('exit', (status, signal) => {
        // Whatever it left behind may hold our pipe.
        child.stderr!.destroy();
        if (status === 0) return done(null);
        const how = late ? `it was ended after ${timeout} ms` : `it ended with ${signal ?? `status ${status}`}`;
        done(new NotTaken(said.trim() === '' ? how : `${how}: ${said.trim()}`, 'unknown'));
      });
    });
  }

  async close(): Promise<void> {
    for (const child of this.#running) end(child);
  }
}

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
