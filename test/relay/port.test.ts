import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { openPort } from '../../relay/port.ts';
import { until } from '../support/until.ts';
import { eventFrame, type Host, Place } from './setup.ts';

let place: Place;
let opened: Place | null = null;
afterEach(async () => {
  await opened?.close();
  opened = null;
});

async function open(): Promise<void> {
  opened = new Place();
  place = await opened.open();
}

/** A disk that takes its time for a relay's start. */
class SlowDisk {
  began = false;
  goOn: () => void = () => undefined;
  readonly #held = new Promise<void>((resolve) => {
    this.goOn = resolve;
  });
  readonly files: JournalFiles = {
    ...nodeFiles,
    list: async (directory) => {
      this.began = true;
      await this.#held;
      return nodeFiles.list(directory);
    },
  };
}

test('who knocks while the relay reads its journal is served when it has', async () => {
  await open();
  const { mqtt } = place.relay.addresses;
  const files = await place.issue('h1', 'collector');
  await place.relay.close();
  const disk = new SlowDisk();
  const starting = place.startRelay({ mqtt: { listen: `127.0.0.1:${mqtt}` } }, { files: disk.files });
  await until('the start to reach the disk', () => disk.began);
  let host: Host | null = null;
  const connecting = place.connectWith(files, 'h1').then((connected) => {
    host = connected;
    return connected;
  });
  // The kernel has its connection; without the relay nothing answers it.
  const other = connect({ host: '127.0.0.1', port: mqtt });
  await new Promise((resolve) => other.once('connect', resolve));
  other.destroy();
  expect(host).toBe(null);
  disk.goOn();
  await starting;
  await (await connecting).publish('alert', eventFrame(1));
  await until('the frame at the core', () => place.core.sequences('h1', 'alert').length === 1);
});

test('a relay that does not start leaves no open port behind', async () => {
  await open();
  const { mqtt } = place.relay.addresses;
  await place.relay.close();
  const listen = { mqtt: { listen: `127.0.0.1:${mqtt}` } };
  const broken = { ...nodeFiles, list: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) };
  await expect(place.startRelay(listen, { files: broken })).rejects.toThrow();
  const knock = connect({ host: '127.0.0.1', port: mqtt });
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => knock.once('error', resolve));
  expect(error.code).toBe('ECONNREFUSED');
  await place.startRelay({ dataDir: `${place.directory}/another` });
});

test('so many wait at a port that nobody serves yet; who has given up makes room for who comes', async () => {
  let time = 0;
  const port = await openPort([{ host: '127.0.0.1', port: 0, key: 'mqtt.listen' }], 1, () => time);
  const knocks: Socket[] = [];
  const knock = () => {
    const socket = connect({ host: '127.0.0.1', port: port.ports[0]! });
    socket.on('error', () => undefined);
    knocks.push(socket);
    return socket;
  };
  try {
    const first = knock();
    await once(first, 'connect');
    time = 14_000;
    await once(knock(), 'close');
    expect([first.closed, port.refused]).toEqual([false, 1]);
    time = 14_001;
    const third = knock();
    await once(first, 'close');
    expect([third.closed, port.refused]).toEqual([false, 2]);
    const served: number[] = [];
    port.serve((_socket, since) => served.push(since));
    expect(served).toEqual([14_001]);
  } finally {
    for (const socket of knocks) socket.destroy();
    await port.close();
  }
});
