import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { JournalFiles } from '../../lib/journal/contract.ts';
import { nodeFiles } from '../../lib/node-files.ts';
import { until } from '../support/until.ts';
import { eventFrame, type Host, Place } from './setup.ts';

let place: Place;
afterEach(() => place.close());

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
  place = await new Place().open();
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
  place = await new Place().open();
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
