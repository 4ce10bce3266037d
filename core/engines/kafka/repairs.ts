import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import kafkajs from 'kafkajs';
import { tellDamagedBatches } from './damaged.ts';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

interface Connection {
  socket?: Socket | undefined;
  connect(): Promise<boolean>;
  disconnect(): Promise<boolean>;
  readonly broker: string;
  readonly connectionStatus: string;
  failIfNotConnected(): void;
}

let done = false;

/** Puts right what of kafkajs 2.2.4 cannot be had right from outside. For all of kafkajs in this process; more than once does nothing. */
export function repairKafkajs(): void {
  if (done) return;
  done = true;
  const require = createRequire(import.meta.url);
  quietTimers((require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }).prototype);
  const connection = (require('kafkajs/src/network/connection') as { prototype: Connection }).prototype;
  oneSocket(connection);
  letGo(connection);
  takeNoMore(connection);
  tellDamagedBatches();
}

/**
 * After every answer it looks at its queue of requests by a timer of `throttledUntil - now` ms, which is negative unless a broker throttles: Node
 * warns (TimeoutNegativeWarning) and wakes up for nothing. With nothing in the queue there is nothing to look at, and whoever puts something in sets
 * the timer himself; then its time is never negative.
 */
function quietTimers(queue: RequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/**
 * Two requests that find a connection closed, for being idle or by a restart of the broker, each open a socket, and the answers on both end in one
 * buffer. The second now waits for the first one's.
 */
function oneSocket(connection: Connection): void {
  const connect = connection.connect;
  const opening = new WeakMap<Connection, Promise<boolean>>();
  connection.connect = function (this: Connection) {
    const there = opening.get(this);
    if (there) return there;
    const promise = connect.call(this).finally(() => opening.delete(this));
    opening.set(this, promise);
    return promise;
  };
}

/**
 * A connection that could not be opened is closed again with every try of its broker, each time with one more listener on the same dead socket, until
 * Node warns of a leak.
 */
function letGo(connection: Connection): void {
  const disconnect = connection.disconnect;
  connection.disconnect = async function (this: Connection) {
    const answer = await disconnect.call(this);
    if (this.socket?.destroyed) this.socket = undefined;
    return answer;
  };
}

/**
 * A connection that is being closed takes further requests, writes them to a socket that has ended, and waits for their answers before it is closed:
 * as long as a request may take. Refused they come again at once, over the next connection.
 */
function takeNoMore(connection: Connection): void {
  const failIfNotConnected = connection.failIfNotConnected;
  connection.failIfNotConnected = function (this: Connection) {
    if (this.connectionStatus === 'disconnecting') {
      throw new kafkajs.KafkaJSConnectionError('Not connected any more', { broker: this.broker });
    }
    failIfNotConnected.call(this);
  };
}
