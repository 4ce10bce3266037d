import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { Admission } from './admission.ts';
import type { RelayConfig } from './config.ts';
import { HandshakeRate } from './handshake-rate.ts';
import { whenHelloIsHere } from './hello-wait.ts';
import { UnderWay } from './under-way.ts';

export interface HandshakeOptions {
  readonly limits: RelayConfig['limits'];
  /** How long one may take, ms, from the client's turn on. */
  readonly handshakeMs: number;
  readonly clock: Clock;
  /** Begins TLS on a socket. @param ticketKey the name of the key of the ticket it came with, or null */
  readonly begin: (socket: Socket, ticketKey: Uint8Array | null) => void;
  /** No hello came, or none of TLS. */
  readonly onRefused: (error: Error) => void;
  /** There is no room, or not soon enough; the socket has ended. */
  readonly onFull: () => void;
}

/** The handshakes of a port. */
export interface Handshakes {
  readonly admission: Admission;
  /** The handshake of a socket is done. */
  done(socket: Socket): void;
}

/** Handshakes are admitted at a measured rate, and a connection waits for its turn before TLS costs anything. */
export function admitHandshakes(options: HandshakeOptions): Handshakes {
  const { limits, handshakeMs, clock, begin, onRefused, onFull } = options;
  const underWay = new UnderWay();
  const rate = {
    start: limits.handshakesPerSecond,
    least: limits.leastHandshakesPerSecond,
    most: limits.mostHandshakesPerSecond,
    delayMs: limits.loopDelay,
  };
  const admission = new Admission({
    rate: new HandshakeRate(rate, clock.mono()),
    underWay,
    burst: limits.handshakeBurst,
    clock,
    admit: (socket) =>
      whenHelloIsHere(socket, handshakeMs, {
        onHello: (ticketKey) => {
          const who = endOf(socket);
          underWay.begin(who, clock.mono());
          socket.once('close', () => underWay.end(who));
          begin(socket, ticketKey);
        },
        onRefused,
      }),
    refuse: (socket) => {
      socket.destroy();
      onFull();
    },
  });
  return { admission, done: (socket) => underWay.end(endOf(socket)) };
}

/** The other end; no two open connections have it in common. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
