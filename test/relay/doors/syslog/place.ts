import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { zstdDecompressSync } from 'node:zlib';
import { decodeFrame } from '../../../../proto/frame.ts';
import type { LogLine } from '../../../../proto/log-columns.ts';
import type { Received } from '../../../support/ingest-core.ts';
import { until } from '../../../support/until.ts';
import { Place } from '../../setup.ts';

/** A line as it came to the core. */
export interface Arrived extends Pick<LogLine, 'time' | 'level' | 'service' | 'fields'> {
  readonly host: string;
  readonly class: string;
  readonly message: string;
}

/** A relay that takes syslog, before a core. */
export class SyslogPlace extends Place {
  /** @param syslog of doors.syslog */
  async openSyslog(syslog: Record<string, unknown>, settings: Record<string, unknown> = {}): Promise<this> {
    const doors = { syslog: { linger: '10ms', ...syslog } };
    await this.open({ doors, ...settings });
    return this;
  }

  get ports() {
    return this.relay.addresses.syslog;
  }

  /** Lines that the core got, but for the relay's own. */
  lines(): Arrived[] {
    return linesOf(this.core.frames);
  }

  /** Waits for so many, and returns them. */
  async arrived(count: number): Promise<Arrived[]> {
    await until(`${count} lines`, () => this.lines().length >= count);
    return this.lines();
  }

  async tcp(port = this.ports.tcp): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay(true);
    // What nobody reads does not end.
    return socket.resume();
  }

  /** Each a datagram, from one socket. */
  async datagrams(
    messages: readonly (string | Buffer)[],
    { port = this.ports.udp, from }: { readonly port?: number; readonly from?: string } = {},
  ): Promise<void> {
    const socket = createSocket('udp4');
    if (from !== undefined) {
      socket.bind(0, from);
      await once(socket, 'listening');
    }
    for (const message of messages) {
      await new Promise<void>((resolve, reject) =>
        socket.send(message, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
      );
    }
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

export function linesOf(frames: readonly Received[]): Arrived[] {
  const tools = { unzstd: (bytes: Uint8Array, max: number) => zstdDecompressSync(bytes, { maxOutputLength: max }) };
  return frames.flatMap((frame) => {
    if (frame.class === 'metric' || frame.class === 'alert') return [];
    const read = decodeFrame(frame.frame, tools);
    if (read.kind !== 'logs') return [];
    return read.lines.map(({ time, level, service, fields, message }) => ({
      ...{ host: frame.host, class: frame.class, time, level, service, fields },
      message: typeof message === 'string' ? message : Buffer.from(message).toString(),
    }));
  });
}

/** Resolves when it is closed, however it ended. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())));
}

/** Over a connection of its own, which is closed behind them. @throws what the system says when nobody listens */
export async function sendLines(port: number, lines: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => socket.destroy());
  socket.resume().end(lines.map((line) => `${line}\n`).join(''));
  await closed(socket);
}
