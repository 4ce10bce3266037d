import type { HostTotals } from './contract.ts';
import type { Ordered } from './row-order.ts';

/** Less than this left of a certificate is remarked on, ms: two weeks, for whoever has to renew it by hand. */
export const CERTIFICATE_MS = 14 * 86_400_000;

type Seen = Pick<Ordered, 'skewMs' | 'certificateEnds' | 'waitingThere' | 'series'>;

/** From where on a clock or a certificate counts as one to see to. */
export interface Off {
  clock(skewMs: number | null): boolean;
  certificate(ends: number): boolean;
}

export function isOff(limits: { skewMs: number; certificateMs: number; now: number }): Off {
  return {
    clock: (skewMs) => skewMs !== null && Math.abs(skewMs) > limits.skewMs,
    certificate: (ends) => ends - limits.now < limits.certificateMs,
  };
}

export function totalsOf(hosts: Iterable<Seen>, off: Off): HostTotals {
  const totals = { ...NO_HOSTS };
  let next = Number.POSITIVE_INFINITY;
  for (const { skewMs, certificateEnds, waitingThere, series } of hosts) {
    totals.connected++;
    if (off.clock(skewMs)) totals.clocksOff++;
    totals.greatestSkewMs = Math.max(totals.greatestSkewMs, Math.abs(skewMs ?? 0));
    if (off.certificate(certificateEnds)) totals.certificatesEnding++;
    next = Math.min(next, certificateEnds);
    totals.waitingThere += waitingThere ?? 0;
    if (waitingThere) totals.hostsWaiting++;
    totals.series += series ?? 0;
  }
  return { ...totals, nextCertificateEnds: next === Number.POSITIVE_INFINITY ? null : next };
}

/** Of several processes. */
export function sumOfTotals(all: readonly HostTotals[]): HostTotals {
  const sum = (of: (totals: HostTotals) => number) => all.reduce((total, one) => total + of(one), 0);
  const ends = all.flatMap(({ nextCertificateEnds }) => nextCertificateEnds ?? []);
  return {
    connected: sum((one) => one.connected),
    clocksOff: sum((one) => one.clocksOff),
    greatestSkewMs: Math.max(0, ...all.map((one) => one.greatestSkewMs)),
    certificatesEnding: sum((one) => one.certificatesEnding),
    nextCertificateEnds: ends.length > 0 ? Math.min(...ends) : null,
    waitingThere: sum((one) => one.waitingThere),
    hostsWaiting: sum((one) => one.hostsWaiting),
    series: sum((one) => one.series),
  };
}

const NO_HOSTS = {
  connected: 0,
  clocksOff: 0,
  greatestSkewMs: 0,
  certificatesEnding: 0,
  nextCertificateEnds: null,
  waitingThere: 0,
  hostsWaiting: 0,
  series: 0,
};
