import { connectAsync } from 'mqtt';
import { freePort } from '../../test/support/free-port.ts';
import { cpuOfDoors } from './relay-cpu.ts';

export const MESSAGES = 40_000;
/** In each of them. */
export const NUMBERS = 10;
const WARM_UP = 4000;
const DEVICES = 200;
const UNDER_WAY = 500;
const start = Date.now() - (WARM_UP + MESSAGES) * 10;

/** CPU s of a relay for messages of many devices that come over one connection, as a broker or a gateway hands them on. */
export async function deviceCpu(): Promise<number> {
  const port = await freePort();
  const topics = [
    {
      filter: 'site/+/+/telemetry',
      labels: { plant: '$1', device: '$2' },
      prefix: 'plant',
      time: { field: 'ts', unit: 'ms' },
    },
  ];
  return cpuOfDoors({ mqttJson: { listen: `127.0.0.1:${port}`, topics } }, async (measured) => {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0 });
    const send = async (from: number, to: number) => {
      let next = from;
      await Promise.all(
        Array.from({ length: UNDER_WAY }, async () => {
          while (next < to) {
            const i = next++;
            await client.publishAsync(`site/s${i % 7}/d${i % DEVICES}/telemetry`, messageOf(i), { qos: 1 });
          }
        }),
      );
    };
    await send(0, WARM_UP);
    await measured(() => send(WARM_UP, WARM_UP + MESSAGES));
    await client.endAsync();
  });
}

function messageOf(i: number): string {
  const numbers = Array.from({ length: NUMBERS - 2 }, (_, n) => [`reading_${n}`, n * 100 + (i % 50) / 10]);
  const battery = { level: i % 100, volts: 3 + (i % 10) / 10 };
  return JSON.stringify({ ts: start + i * 10, ...Object.fromEntries(numbers), battery });
}
