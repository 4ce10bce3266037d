import { addKnown, attributeNumber } from './attribute.ts';
import { decimal, words } from './number.ts';
import type { Source } from './source.ts';

const RECEIVE = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'frame', 'compressed', 'multicast'];
const TRANSMIT = ['bytes', 'packets', 'errs', 'drop', 'fifo', 'colls', 'carrier', 'compressed'];
const NAMES = [
  ...RECEIVE.map((field) => `node_network_receive_${field}_total`),
  ...TRANSMIT.map((field) => `node_network_transmit_${field}_total`),
];

/** /proc/net/dev: `  eth0: 357106940 10235 0 ...`, sixteen numbers a device. */
export function parseNetworkTraffic(text: string, each: (device: string, values: readonly number[]) => void): void {
  for (const line of text.split('\n')) {
    const colon = line.lastIndexOf(':');
    if (colon === -1) continue;
    const device = line.slice(0, colon).trim();
    const values = words(line.slice(colon + 1)).map(decimal);
    if (device === '' || values.length !== NAMES.length || values.some(Number.isNaN)) continue;
    each(device, values);
  }
}

export function networkTrafficSource(): Source {
  return {
    name: 'netdev',
    collect(context) {
      const { paths, text, labels, sink } = context;
      const table = text(paths.proc('net/dev'));
      if (table === null) return;
      parseNetworkTraffic(table, (device, values) => {
        const pairs = labels('device', device);
        for (let i = 0; i < NAMES.length; i++) sink.add(NAMES[i]!, pairs, values[i]!);
        const unhandled = attributeNumber(context, paths.sys(`class/net/${device}/statistics/rx_nohandler`));
        addKnown(context, 'node_network_receive_nohandler_total', pairs, unhandled);
      });
    },
  };
}
