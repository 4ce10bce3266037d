import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { GatewayPressure } from '../../../core/gateway/pressure.ts';
import type { Bus } from '../../../core/ports/bus.ts';
import { retryAfter, statusOf } from '../../../lib/doors/door.ts';
import { failureOf } from '../../../lib/doors/grpc-failure.ts';
import { HeliographError } from '../../../lib/errors.ts';
import { Registry } from '../../../lib/metrics.ts';
import { DATA_CLASSES } from '../../../proto/class.ts';

let pressure: GatewayPressure;
let fill = 0;
afterEach(() => pressure.close());

function open(): { told: [string, number][]; registry: Registry } {
  fill = 0;
  const registry = new Registry();
  const bus = { fill: () => fill } as unknown as Bus;
  pressure = new GatewayPressure({ slowBytes: 100, stopBytes: 1000, bus, registry });
  const told: [string, number][] = [];
  pressure.onChange((dataClass, level) => told.push([dataClass, level]));
  return { told, registry };
}

const levels = () => Object.fromEntries(DATA_CLASSES.map((name) => [name, pressure.level(name)]));

function filled(to: number): Record<string, number> {
  fill = to;
  pressure.look();
  return levels();
}

test('as the bus fills, what matters least stops first; errors are asked to slow down and never to stop', () => {
  open();
  expect(filled(0.39)).toEqual({ alert: 0, metric: 0, error: 0, log: 0, debug: 0 });
  expect(filled(0.4)).toEqual({ alert: 0, metric: 0, error: 0, log: 0, debug: 1 });
  expect(filled(0.5)).toEqual({ alert: 0, metric: 0, error: 0, log: 0, debug: 2 });
  expect(filled(0.65)).toEqual({ alert: 0, metric: 0, error: 0, log: 1, debug: 2 });
  expect(filled(0.7)).toEqual({ alert: 0, metric: 0, error: 0, log: 2, debug: 2 });
  expect(filled(1)).toEqual({ alert: 0, metric: 0, error: 1, log: 2, debug: 2 });
  expect(DATA_CLASSES.filter((name) => pressure.stoppedByBus(name))).toEqual(['log', 'debug']);
});

test('a level is left a little below where it was entered, and each change is told once', () => {
  const { told, registry } = open();
  filled(0.5);
  filled(0.46);
  filled(0.5);
  expect(levels().debug).toBe(2);
  filled(0.44);
  expect(levels().debug).toBe(1);
  filled(0.1);
  expect(told).toEqual([
    ['debug', 2],
    ['debug', 1],
    ['debug', 0],
  ]);
  filled(0.75);
  expect(registry.render()).toContain('heliograph_core_pressure{class="log"} 2');
  expect(registry.render()).toContain('heliograph_core_bus_fill 0.75');
});

test('bytes that wait count together, whoever brought them; the greater of the two levels holds', () => {
  const { told } = open();
  pressure.wait('metric', 60);
  pressure.wait('metric', 60);
  expect(pressure.level('metric')).toBe(1);
  pressure.wait('metric', 700);
  expect(pressure.level('metric')).toBe(2);
  expect(pressure.stoppedByBus('metric')).toBe(false);
  pressure.wait('metric', -400);
  // Between: it does not flutter.
  expect(pressure.level('metric')).toBe(1);
  pressure.wait('metric', -420);
  expect(pressure.level('metric')).toBe(0);
  expect(told.map(([, level]) => level)).toEqual([1, 2, 1, 0]);
  filled(0.45);
  pressure.wait('debug', 900);
  expect(pressure.level('debug')).toBe(2);
  pressure.wait('debug', -900);
  expect(pressure.level('debug')).toBe(1);
});

test('a bus without a cap of ours is never full', () => {
  pressure = new GatewayPressure({ slowBytes: 1, stopBytes: 2, bus: {} as Bus, registry: new Registry() });
  pressure.look();
  expect(levels()).toEqual({ alert: 0, metric: 0, error: 0, log: 0, debug: 0 });
});

test('a door says in the words of each protocol that there is no room now, and when to come again', () => {
  const error = new HeliographError('HG_DOOR_PRESSURE', 'class debug', { retryAfterS: 10 });
  expect(statusOf(error)).toBe(429);
  expect(retryAfter(error, 429)).toBe('10');
  const { code, fault, metadata } = failureOf(error);
  expect({ code, fault }).toEqual({ code: GrpcStatus.RESOURCE_EXHAUSTED, fault: false });
  // OTLP's clients come back after this status only where it says when.
  expect(String(metadata.get('grpc-status-details-bin')[0])).toContain('google.rpc.RetryInfo');
});
