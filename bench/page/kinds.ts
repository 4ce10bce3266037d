import { USUAL_HOSTS } from '../settings.ts';
import type { Section } from './read-section.ts';

/** What a section is a run of. */
export type Kind = (section: Section) => boolean;

const MANY = 10_000;

/** Any run of a benchmark. */
export function bench(name: string, more: Kind = () => true): Kind {
  return (section) => section.bench === name && more(section);
}

/** By any benchmark's name. */
const usualHosts: Readonly<Record<string, number>> = USUAL_HOSTS;
const seriesOf = ({ told }: Section) => Number(told.get('series') ?? 100);
const storeOf = ({ told }: Section) => told.get('store') ?? 'victoriametrics';
const isCurve = ({ told }: Section) => told.get('curve') === '1';

const isReal = (section: Section) => storeOf(section).startsWith('victoriametrics');

/** Samples of hosts with 100 series into the real store. */
const ordinary = bench('end-to-end', (section) => seriesOf(section) === 100 && isReal(section) && !isCurve(section));
/** Ten thousand of them. */
export const whole: Kind = (section) => ordinary(section) && manyHosts(section);
export const climb = bench('scale', isReal);
/** A thousand series each ten seconds, one instant a frame. */
export const fewFrames = bench('end-to-end', (section) => {
  const { told } = section;
  const one = told.get('instants') === '1' && told.get('interval-ms') === '10000';
  return one && seriesOf(section) >= 1_000 && isReal(section) && !isCurve(section);
});
export const curve: Kind = (section) =>
  bench('end-to-end', (one) => isCurve(one) && isReal(one))(section) || climb(section);
export const beforeSink = bench('end-to-end', (section) => storeOf(section) === 'sink' && !isCurve(section));
export const embeddedBus = bench('log-flood', ({ told }) => told.get('store') !== 'kafka');

/** Of ten thousand hosts at least. */
export function manyHosts(section: Section): boolean {
  return hostsOf(section) >= MANY;
}

/** That took so long at least. */
export function lasting(seconds: number): Kind {
  return ({ told }) => Number(told.get('seconds') ?? 0) >= seconds;
}

/** How many hosts it had; 0 where that is not to be chosen. */
export function hostsOf({ bench: name, told }: Section): number {
  return Number(told.get('hosts') ?? usualHosts[name] ?? 0);
}
