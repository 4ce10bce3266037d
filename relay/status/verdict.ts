import type { ProcessStatus, RelayStatus } from './contract.ts';

/** A journal filled to here is somebody's business: debug lines are held back from here on. */
const JOURNAL_FULL = 0.7;

/** What gRPC puts behind its errors, with nothing after it. */
const EMPTY_NOTE = /\.? Resolution note:\s*$/;

const LEVELS = ['', 'to slow down', 'to stop'];

type Figures = Omit<RelayStatus, 'well' | 'troubles' | 'remarks'>;

/**
 * Whether the relay is well, in words. Trouble is what somebody has to see to now; what has been and is over, or is a
 * host's affair, is a remark.
 */
export function verdict(
  status: Figures,
  processes: readonly Pick<ProcessStatus, 'worker' | 'troubles' | 'remarks'>[],
): Pick<RelayStatus, 'well' | 'troubles' | 'remarks'> {
  const several = status.workers.length > 1;
  const of = (worker: number) => (several ? `worker ${worker}: ` : '');
  const troubles: string[] = [];
  const remarks: string[] = [];
  for (const { worker, up, why, upstream, journal } of status.workers) {
    if (!up) troubles.push(`worker ${worker} is away, and what it has is in none of these figures: ${why}`);
    else if (upstream && !upstream.open) {
      const since = new Date(upstream.since).toISOString();
      troubles.push(
        `${of(worker)}no core since ${since}: ${upstream.trouble?.replace(EMPTY_NOTE, '') ?? 'it was not reached yet'}`,
      );
    }
    const fill = journal.maxBytes > 0 ? journal.bytes / journal.maxBytes : 0;
    if (fill >= JOURNAL_FULL) troubles.push(`${of(worker)}the journal is full to ${Math.floor(fill * 100)} %`);
  }
  for (const { worker, troubles: its, remarks: besides } of processes) {
    troubles.push(...its.map((text) => of(worker.worker) + text));
    remarks.push(...besides.map((text) => of(worker.worker) + text));
  }
  const { certificateEnds, time, limits, hosts, handshakes } = status;
  if (certificateEnds !== null && certificateEnds <= time) troubles.push("the relay's own certificate has ended");
  else if (certificateEnds !== null && certificateEnds - time < limits.certificateMs) {
    remarks.push(`the relay's own certificate ends on ${new Date(certificateEnds).toISOString().slice(0, 10)}`);
  }
  for (const { class: name, pressure } of status.classes) {
    if (pressure > 0) remarks.push(`hosts are asked ${LEVELS[pressure]} with ${name}`);
  }
  if (hosts.connected >= limits.connections)
    remarks.push(`${hosts.connected} hosts are as many as limits.connections allows`);
  if (hosts.clocksOff > 0) remarks.push(`hosts whose clock is off: ${hosts.clocksOff} of ${hosts.connected}`);
  if (hosts.certificatesEnding > 0) {
    remarks.push(
      `hosts whose certificate ends within ${limits.certificateMs / 86_400_000} days: ${hosts.certificatesEnding}`,
    );
  }
  if (handshakes.waiting > 0) remarks.push(`${handshakes.waiting} connections wait for their TLS handshake`);
  return { well: troubles.length === 0, troubles: [...new Set(troubles)], remarks };
}
