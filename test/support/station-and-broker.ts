import { afterEach, beforeEach } from 'vitest';
import { startBroker, type TestBroker } from './broker.ts';
import { createStation, type Station } from './collector.ts';

/** For each test of a file: what a collector needs, and a broker in place of the relay. @param opened is given both before each test */
export function stationAndBroker(opened: (station: Station, broker: TestBroker) => void): void {
  let station: Station;
  let broker: TestBroker;
  beforeEach(async () => {
    station = await createStation();
    broker = await startBroker(station.relay);
    opened(station, broker);
  });
  afterEach(async () => {
    await broker.close();
    station.remove();
  });
}
