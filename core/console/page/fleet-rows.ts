/** /api/v1/fleet?form=columns. Words stand once, in `words`; -1 is none. */
export interface FleetAnswer {
  readonly time: number;
  readonly relays: readonly { readonly relay: string; readonly site: string }[];
  readonly words: readonly string[];
  readonly columns: {
    readonly host: readonly string[];
    readonly since: readonly (number | null)[];
    readonly lastSeen: readonly (number | null)[];
    readonly series: readonly (number | null)[];
    readonly backlog: readonly number[];
    readonly clockSkewMs: readonly number[];
  } & Readonly<Record<'state' | 'reason' | 'relay' | 'site' | 'version' | 'profile', readonly number[]>>;
}

export interface Row {
  readonly host: string;
  readonly state: string;
  readonly since: number | null;
  readonly lastSeen: number | null;
  readonly reason: string;
  readonly relay: string;
  readonly site: string;
  readonly version: string;
  readonly series: number | null;
  readonly backlog: number;
  /** ms ahead of the relay's clock. */
  readonly clock: number;
  /** What the filter looks in. */
  readonly text: string;
}

export type SortKey = 'host' | 'state' | 'heard' | 'site' | 'version' | 'series' | 'backlog' | 'clock';

export function fleetRows({ words, columns }: FleetAnswer): Row[] {
  const word = (column: readonly number[], i: number) => words[column[i]!] ?? '';
  return columns.host.map((host, i) => {
    const [relay, site, version] = [word(columns.relay, i), word(columns.site, i), word(columns.version, i)];
    return {
      host,
      state: word(columns.state, i),
      since: columns.since[i] ?? null,
      lastSeen: columns.lastSeen[i] ?? null,
      reason: word(columns.reason, i),
      relay,
      site,
      version,
      series: columns.series[i] ?? null,
      backlog: columns.backlog[i]!,
      clock: columns.clockSkewMs[i]!,
      text: `${host} ${site} ${relay} ${version} ${word(columns.profile, i)}`.toLowerCase(),
    };
  });
}

/** What needs a look stands first. */
const URGENCY: Readonly<Record<string, number>> = { gone: 0, unknown: 1, connected: 2 };

const COMPARE: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  host: () => 0,
  state: (a, b) => (URGENCY[a.state] ?? 0) - (URGENCY[b.state] ?? 0),
  heard: (a, b) => (a.lastSeen ?? 0) - (b.lastSeen ?? 0),
  site: (a, b) => text(a.site, b.site),
  version: (a, b) => text(a.version, b.version),
  series: (a, b) => (a.series ?? -1) - (b.series ?? -1),
  backlog: (a, b) => a.backlog - b.backlog,
  clock: (a, b) => Math.abs(a.clock) - Math.abs(b.clock),
};

/** The rows with all words and that state, in that order (`-` in front: the other way round); equal ones by name. */
export function orderRows(rows: readonly Row[], words: string, state: string, sort: string): Row[] {
  const parts = words
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part !== '');
  const found = rows.filter(
    (row) => (state === '' || row.state === state) && parts.every((part) => row.text.includes(part)),
  );
  const sign = sort.startsWith('-') ? -1 : 1;
  const compare = COMPARE[sort.replace(/^-/, '') as SortKey] ?? COMPARE.state;
  return found.sort((a, b) => sign * (compare(a, b) || text(a.host, b.host)));
}

function text(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
