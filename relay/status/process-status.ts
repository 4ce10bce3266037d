import { HeliographError } from '../../lib/errors.ts';
import type { Journal } from '../../lib/journal/journal.ts';
import { growthText } from '../../lib/limits/growth-text.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import { drawLedger } from '../account.ts';
import type { DefinitionIndex } from '../definition-index.ts';
import type { Forwarder } from '../forwarder.ts';
import type { RelayLimits } from '../limits/open.ts';
import { tlsOf } from '../peer.ts';
import type { Pressure } from '../pressure.ts';
import type { UplinkState } from '../uplink.ts';
import type {
  Cardinality,
  ClassState,
  DoorsState,
  Handshakes,
  HostRow,
  ProcessStatus,
  RulesState,
} from './contract.ts';
import { firstRows } from './first-rows.ts';
import type { HostLook, SeenHost } from './host-look.ts';
import { certificateEnd } from './own-certificate.ts';
import { rowOrder } from './row-order.ts';
import { rulesTroubles } from './rules-troubles.ts';
import type { StatusQuery } from './status-query.ts';

/** What the status of a process is read from. Nothing here is written to, and nothing runs while nobody asks. */
export interface StatusParts {
  readonly worker: number;
  readonly hosts: HostLook;
  readonly journal: Journal;
  readonly maxBytes: number;
  readonly definitions: DefinitionIndex;
  readonly forwarders: readonly Forwarder[];
  readonly pressure: Pressure;
  readonly upstream: () => UplinkState;
  /** Null: no door for collectors. */
  readonly handshakes: () => Handshakes | null;
  /** Hosts are sent to other relays. */
  readonly draining: () => boolean;
  /** In words, where the deny list cannot be read. */
  readonly denyListTrouble: () => string | null;
  /** In words, what somebody has to do something about, of roll-ups. */
  readonly rollupTroubles: () => string[];
  /** Null: series are not counted. */
  readonly limits: Pick<RelayLimits, 'state' | 'trouble'> | null;
  /** In words, what is not as the configuration wants it of what changes frames. */
  readonly shapeTroubles: () => readonly string[];
  readonly rules: () => RulesState | null;
  readonly doors: () => DoorsState | null;
  readonly certificate: string;
}

/** The status of this process, with the rows that are asked for. */
export async function processStatus(parts: StatusParts, query: StatusQuery): Promise<ProcessStatus> {
  const { worker, journal, maxBytes } = parts;
  const look = await parts.hosts.now();
  const classes = classStates(parts);
  const troubles: string[] = [];
  const certificateEnds = ownEnd(parts.certificate, troubles);
  const denied = parts.denyListTrouble();
  if (denied !== null) troubles.push(`the deny list cannot be read, the one before stays: ${denied}`);
  troubles.push(...parts.rollupTroubles());
  const rules = parts.rules();
  if (rules) troubles.push(...rulesTroubles(rules));
  troubles.push(...parts.shapeTroubles());
  const orders = parts.limits?.trouble() ?? null;
  if (orders !== null) troubles.push(orders);
  const cardinality = parts.limits?.state() ?? null;
  const { diskErrors, damagedBytes } = journal.health;
  const remarks: string[] = [];
  if (diskErrors > 0) remarks.push(`the journal's disk refused ${diskErrors} times since the start`);
  if (damagedBytes > 0) remarks.push(`${damagedBytes} bytes of the journal are damaged`);
  remarks.push(...(cardinality?.growing ?? []).map(growthText));
  if (parts.draining()) remarks.push('it is drained: hosts are sent to other relays, and none is taken in');
  const found =
    query.host === '' ? look.hosts : look.hosts.filter(({ host }) => host.toLowerCase().includes(query.host));
  const shown = firstRows(found, query.from + query.count, rowOrder(query.sort));
  return {
    worker: {
      worker,
      up: true,
      why: null,
      hosts: look.totals.connected,
      rate: look.rate,
      queuedFrames: classes.reduce((sum, { queued }) => sum + queued.frames, 0),
      journal: { bytes: journal.bytes(), maxBytes },
      handshakes: parts.handshakes() ?? { waiting: 0, perSecond: 0 },
      upstream: parts.upstream(),
    },
    certificateEnds,
    troubles,
    remarks,
    hosts: look.totals,
    definitions: cardinalityOf(parts.definitions),
    cardinality,
    classes,
    rules,
    doors: parts.doors(),
    matching: found.length,
    rows: shown.map(rowOf),
  };
}

export function cardinalityOf(index: DefinitionIndex): Cardinality {
  return { definitions: index.size, pages: index.pages, series: index.series };
}

function classStates({ journal, forwarders, pressure }: StatusParts): ClassState[] {
  const levels = pressure.levels();
  const entries = drawLedger(journal, '', 0).entries;
  return DATA_CLASSES.map((name) => {
    const entry = entries.find((one) => one.class === name)!;
    const { live, backfill } = forwarders.find((one) => one.class === name)!.waiting();
    return { ...entry, pressure: levels[name], live, backfill };
  });
}

function ownEnd(certificate: string, troubles: string[]): number | null {
  try {
    return certificateEnd(certificate);
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    troubles.push(error.message);
    return null;
  }
}

/** The address is asked of the system only for rows that somebody sees. */
function rowOf({ session, frames: _, items: __, ...row }: SeenHost): HostRow {
  return { ...row, address: tlsOf(session.socket).remoteAddress ?? null };
}
