import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { generate, parser } from 'mqtt-packet';
import { openWebSocket } from '../../collector/node/line/websocket.ts';
import { encodeBase } from '../../proto/base.ts';
import { ColumnEncoder } from '../../proto/columns.ts';
import { encodeFrame } from '../../proto/frame.ts';
import { hashOf, makeBoot } from '../../proto/hash.ts';
import { encodeMetricsBody } from '../../proto/metrics-body.ts';
import { encodePage } from '../../proto/page.ts';

/** What the load is: sent by the parent process. */
export interface Load {
  readonly port: number;
  readonly directory: string;
  readonly hosts: number;
  readonly frames: number;
  readonly instants: number;
  /** The first sequence; a second load on the same hosts goes on behind the first. */
  readonly from: number;
  /** Each host sends a frame in this time, ms, whether the ones before are acknowledged or not. Left out: one at a time, as fast as they are acknowledged. */
  readonly everyMs?: number;
  /** MQTT over WebSocket, at this path. Left out: straight over TLS. */
  readonly path?: string;
  /** The samples' times are those of the clock, in place of one a second from a day long ago on. */
  readonly live?: boolean;
  /** The time of each host's first sample, and from one to the next, ms, in place of that day. */
  readonly past?: { readonly from: number; readonly stepMs: number };
  /** So many hosts have a frame under way, and each is next when all others were. Left out: all at once. */
  readonly atOnce?: number;
}

/** What is sent by the connections that stand: by the clock for so long, or so many frames by all hosts together. */
export interface Go {
  readonly seconds?: number;
  /** Left out: those of the load. */
  readonly frames?: number;
  /** More follows on the same connections. */
  readonly more?: boolean;
}

/** Frames of one host that may be on their way where they are sent by the clock; beyond, it leaves them out. */
const MOST_UNACKNOWLEDGED = 16;

/** ms since the epoch */
const LONG_AGO = 1_790_000_000_000;
const SERIES = 100;
const NEVER = new AbortController().signal;
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** One host: a TLS connection, or a WebSocket over it, that sends its frames one by one, each after the PUBACK of the one before. */
class LoadHost {
  readonly #name: string;
  readonly #load: Load;
  #socket!: Duplex;
  readonly #boot: string;
  readonly #columns = new ColumnEncoder();
  readonly #values = Float64Array.from({ length: SERIES }, (_, i) => i * 1000);
  readonly #page: Uint8Array;
  readonly #pageHash: string;
  readonly #base: Uint8Array;
  readonly #baseValues: Float64Array;
  #sequence: number;
  #time = 0;
  #onAck: () => void = () => undefined;

  constructor(index: number, load: Load) {
    this.#name = `h${index}`;
    this.#load = load;
    this.#boot = makeBoot(1, Uint8Array.of(0, 0, 0, 0, 0, 0, index >> 8, index & 255));
    this.#sequence = load.from;
    this.#page = encodePage(
      Array.from({ length: SERIES }, (_, i) => ({
        name: 'node_test_total',
        labels: [['device', `d${String(i).padStart(4, '0')}`]],
      })),
    );
    this.#pageHash = hashOf(this.#page, sha256);
    this.#baseValues = Float64Array.from(this.#values, (value) => value + index);
    this.#base = encodeBase(this.#pageHash, this.#baseValues, SERIES);
  }

  async open(): Promise<void> {
    const { directory, port, path } = this.#load;
    const read = (file: string) => readFileSync(`${directory}/${file}`);
    const tls = { ca: read('ca.pem'), cert: read(`${this.#name}.pem`), key: read(`${this.#name}.key`) };
    const secure = connect({ host: '127.0.0.1', port, ...tls });
    secure.setNoDelay(true);
    if (path === undefined) this.#socket = secure;
    else {
      await once(secure, 'secureConnect');
      this.#socket = await openWebSocket(secure, { host: '127.0.0.1', port, path }, NEVER);
    }
    const packets = parser();
    packets.on('packet', (packet) => {
      if (packet.cmd === 'connack' || packet.cmd === 'puback') this.#onAck();
    });
    this.#socket.on('data', (chunk) => packets.parse(chunk));
    await this.#write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: this.#name,
        // It never pings, and on a busy machine it is long until all are there.
        keepalive: 300,
      }),
    );
    await this.#write(this.#publish('definitions', this.#page));
    await this.#write(this.#publish('definitions', this.#base));
  }

  /** So many frames, each after the PUBACK of the one before. */
  run(frames: number): Promise<void> {
    let left = frames;
    return new Promise((resolve) => {
      this.#onAck = () => {
        if (left-- <= 0) resolve();
        else this.#socket.write(this.#publish('metric', this.#frame(this.#body())));
      };
      this.#onAck();
    });
  }

  end(): void {
    this.#socket.end();
  }

  /** By the clock. The values do not move: a relay does not look at them, and this process has to keep up. @returns frames sent */
  async tick(everyMs: number, untilMs: number): Promise<number> {
    const body = this.#body();
    let under = 0;
    let sent = 0;
    this.#onAck = () => under--;
    for (let due = performance.now() + everyMs * Math.random(); due < untilMs; due += everyMs) {
      await wait(Math.max(0, due - performance.now()));
      if (under >= MOST_UNACKNOWLEDGED) continue;
      under++;
      sent++;
      this.#socket.write(this.#publish('metric', this.#frame(body)));
    }
    return sent;
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#onAck = resolve;
      this.#socket.write(bytes);
    });
  }

  #publish(part: string, payload: Uint8Array): Buffer {
    const topic = `fleet/${this.#name}/${part}`;
    const messageId = (this.#sequence % 60_000) + 1;
    return generate({
      cmd: 'publish',
      topic,
      payload: Buffer.from(payload),
      qos: 1,
      messageId,
      dup: false,
      retain: false,
    });
  }

  /** Every series moves at every instant: the hard case of section 4 of the design. */
  #body(): Uint8Array {
    const { instants, live, past = { from: LONG_AGO, stepMs: 1000 } } = this.#load;
    const first = past.from + this.#sequence * instants * past.stepMs;
    const times = new Float64Array(instants);
    const values = new Float64Array(instants * SERIES);
    for (let instant = 0; instant < instants; instant++) {
      // Each once, be it that two frames are made within a millisecond.
      this.#time = live ? Math.max(this.#time + 1, Date.now()) : first + instant * past.stepMs;
      times[instant] = this.#time;
      for (let i = 0; i < SERIES; i++) {
        this.#values[i]! += (this.#sequence * 7 + i * 13 + instant) % 50;
        values[instant * SERIES + i] = this.#values[i]!;
      }
    }
    const columns = this.#columns.encode(SERIES, times, values, null, this.#baseValues);
    return encodeMetricsBody([{ page: this.#pageHash, base: hashOf(this.#base, sha256), columns }]);
  }

  #frame(body: Uint8Array): Uint8Array {
    const { instants, past } = this.#load;
    const sequence = this.#sequence++;
    return encodeFrame(
      {
        class: 'metric',
        boot: this.#boot,
        sequence,
        floor: sequence,
        created: past ? this.#time : LONG_AGO,
        count: instants * SERIES,
        previous: null,
        kind: 'metrics',
      },
      body,
    );
  }
}

/** Some at once: a relay lets in so many handshakes a second. */
async function openAll(hosts: readonly LoadHost[]): Promise<void> {
  const atOnce = 100;
  for (let i = 0; i < hosts.length; i += atOnce)
    await Promise.all(hosts.slice(i, i + atOnce).map((host) => host.open()));
}

/** @param each frames of each host */
async function sendAll(hosts: readonly LoadHost[], each: number, atOnce: number | undefined): Promise<void> {
  if (atOnce === undefined) {
    await Promise.all(hosts.map((host) => host.run(each)));
    return;
  }
  let turn = 0;
  const take = async () => {
    while (turn < hosts.length * each) await hosts[turn++ % hosts.length]!.run(1);
  };
  await Promise.all(Array.from({ length: atOnce }, take));
}

process.once('message', (load: Load) => {
  const hosts = Array.from({ length: load.hosts }, (_, i) => new LoadHost(i, load));
  openAll(hosts)
    .then(() => {
      process.send!({ open: true });
      process.on('message', ({ seconds, frames = load.frames, more = false }: Go) => {
        const { everyMs, instants, atOnce } = load;
        if (everyMs !== undefined && seconds !== undefined) {
          const end = performance.now() + seconds * 1000;
          Promise.all(hosts.map((host) => host.tick(everyMs, end))).then((sent) =>
            process.send!({ done: true, frames: sent.reduce((sum, one) => sum + one, 0) }),
          );
          return;
        }
        const each = Math.floor(frames / hosts.length);
        sendAll(hosts, each, atOnce).then(() => {
          if (!more) for (const host of hosts) host.end();
          process.send!({ done: true, samples: hosts.length * each * SERIES * instants });
        });
      });
    })
    .catch((error) => {
      throw error;
    });
});
