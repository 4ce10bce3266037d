import { entitySensor } from './entity-sensor.ts';
import { hrDevice, hrStorage } from './host-resources.ts';
import { ifMib } from './if-mib.ts';
import type { Module } from './module.ts';
import { system } from './system.ts';

/** Every module, by name. */
export const MODULES: ReadonlyMap<string, Module> = new Map(
  [system, ifMib, entitySensor, hrStorage, hrDevice].map((module) => [module.name, module]),
);
