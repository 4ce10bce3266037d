import type { Section } from './read-section.ts';

/** What a section is a run of. */
export type Kind = (section: Section) => boolean;

const MANY = 10_000;

/** Any run of a benchmark. */
export function bench(name: string, more: Kind = () => true): Kind {
  return (section) => section.bench === name && more(section);
}

const hostsOf = ({ told }: Section) => Number(told.get('hosts') ?? 0);
const seriesOf = ({ told }: Section) => Number(told.get('series') ?? 100);
const storeOf = ({ told }: Section) => told.get('store') ?? 'victoriametrics';
const isCurve = ({ told }: Section) => told.get('curve') === '1';

/** Samples of hosts with 100 series into the real store. */
export const ordinary = bench(
  'end-to-end',
  (section) => seriesOf(section) === 100 && storeOf(section).startsWith('victoriametrics') && !isCurve(section),
);
/** Ten thousand of them. */
export const whole: Kind = (section) => ordinary(section) && hostsOf(section) >= MANY;
export const fewFrames = bench('end-to-end', (section) => seriesOf(section) >= 1_000 && storeOf(section) !== 'sink');
export const curve: Kind = (section) => bench('end-to-end', isCurve)(section) || section.bench === 'scale';
export const beforeSink = bench('end-to-end', (section) => storeOf(section) === 'sink' && !isCurve(section));
export const embeddedBus = bench('log-flood', ({ told }) => told.get('store') !== 'kafka');
