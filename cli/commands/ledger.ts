import type { Command } from 'commander';
import type { RelayLedger } from '../../core/ledger/by-relay.ts';
import type { Hop } from '../../core/ledger/hops.ts';
import { auditHop, type Finding, type Passed } from '../../lib/audit.ts';
import { type Amount, imbalance, type Ledger } from '../../lib/ledger.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import type { RangesPage } from '../../relay/account.ts';
import { askCore, coreOption, coreUrl } from '../core-client.ts';
import { askRelay } from '../relay-client.ts';
import { table } from '../terminal/table.ts';

/** A relay of many hosts has many sequences to tell, ms. */
const AUDIT_MS = 60_000;

interface LedgerAnswer {
  readonly tiers: readonly RelayLedger[];
  readonly hops: readonly Hop[];
  readonly balanced: boolean;
  readonly words: readonly string[];
}

interface Options {
  readonly core: string;
  readonly audit?: boolean;
  readonly relay: readonly string[];
  readonly json?: boolean;
}

/** `heliograph ledger`: the hops side by side, and in words whether they balance; exits with 1 when they do not. */
export function addLedgerCommand(program: Command): void {
  program
    .command('ledger')
    .description('show what went in, out, is queued, was dropped and why, hop by hop')
    .addOption(coreOption())
    .option('--audit', 'compare the hops by sequence numbers instead, believing no counter')
    .option('--relay <url...>', "with --audit: the relays' own addresses", ['http://127.0.0.1:9472'])
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  heliograph ledger\n  heliograph ledger --audit --relay http://127.0.0.1:9472')
    .action(async (options: Options) => {
      const good = options.audit ? await showAudit(options) : await showLedger(options);
      process.exitCode = good ? 0 : 1;
    });
}

async function showLedger(options: Options): Promise<boolean> {
  const answer = await getJson<LedgerAnswer>(coreUrl(options.core, '/api/v1/ledger'));
  if (options.json) {
    console.log(JSON.stringify(answer, null, 2));
    return answer.balanced;
  }
  const rows = [['tier', 'name', 'class', 'in', 'out', 'queued', 'repeated', 'dropped', 'missing']];
  for (const tier of answer.tiers) {
    rows.push(...entryRows(tier.tier, tier.name, tier.entries));
    for (const { worker, emptied, entries } of tier.former ?? []) {
      const what = `  of it worker ${worker}, ${emptied ? 'emptied' : 'not emptied'}`;
      rows.push(...entryRows('', what, entries));
    }
  }
  console.log(table(rows));
  console.log('(frames/items; in = out + queued + repeated + dropped + missing)\n');
  if (answer.hops.length > 0) console.log(`${table(hopRows(answer.hops))}\n`);
  console.log(answer.words.join('\n'));
  return answer.balanced;
}

function entryRows(tier: string, name: string, entries: Ledger['entries']): string[][] {
  return entries
    .filter((entry) => entry.in.frames > 0)
    .map((entry) => {
      const dropped = Object.entries(entry.dropped).map(([reason, amount]) => `${show(amount)} ${reason}`);
      return [
        tier,
        name,
        entry.class,
        show(entry.in),
        show(entry.out),
        show(entry.queued),
        show(entry.repeated),
        dropped.join(', ') || '0',
        show(imbalance(entry)),
      ];
    });
}

function hopRows(hops: readonly Hop[]): string[][] {
  return [
    ['from', 'to', 'class', 'sent', 'taken', 'of it waits', 'repeated', 'state'],
    ...hops.map(({ from, to, class: dataClass, sent, received, queued, repeated, state }) => [
      from,
      to,
      dataClass,
      show(sent),
      show(received),
      queued ? show(queued) : '',
      repeated ? show(repeated) : '',
      state,
    ]),
  ];
}

async function showAudit(options: Options): Promise<boolean> {
  const findings = await audit(options.core, options.relay);
  if (options.json) console.log(JSON.stringify({ findings }, null, 2));
  else if (findings.length === 0) console.log('Audit: every sequence that left a hop has arrived at the next, once.');
  else for (const finding of findings) console.log(describe(finding));
  return findings.every((finding) => finding.kind === 'repeated');
}

/** Asks the tiers for the sequences that passed them and compares hop by hop. */
export async function audit(core: string, relays: readonly string[]): Promise<Finding[]> {
  // The sender first: what arrives in between is then at most ahead of what was asked for, never behind.
  const collectors = (await getJson<{ collectors: Passed[] }>(coreUrl(core, '/api/v1/ledger/sequences'))).collectors;
  const relayed = await Promise.all(
    relays.map((relay) => askRelay<RangesPage>(coreUrl(relay, '/ranges.json'), AUDIT_MS)),
  );
  const stored = (await getJson<{ stored: Passed[] }>(coreUrl(core, '/api/v1/ledger/sequences'))).stored;
  const streams = relayed.flatMap(streamsOf);
  const received = streams.map(({ id, seen }) => ({ ...id, ranges: seen.received, repeated: seen.repeated }));
  const forwarded = streams.map(({ id, seen }) => ({ ...id, ranges: seen.forwarded }));
  return [
    ...auditHop('collector to relay', collectors, received, { strict: false }),
    ...auditHop('relay to core', forwarded, stored, { strict: false }),
  ];
}

/** A relay's page of sequences, flat. */
function streamsOf(page: RangesPage) {
  return Object.entries(page.hosts).flatMap(([host, boots]) =>
    Object.entries(boots).flatMap(([boot, classes]) =>
      DATA_CLASSES.flatMap((name) => {
        const seen = classes[name];
        return seen ? [{ id: { host, boot, class: name }, seen }] : [];
      }),
    ),
  );
}

function describe(finding: Finding): string {
  const ranges = finding.ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  return `${finding.kind} at ${finding.hop}: ${finding.host}, boot ${finding.boot}, class ${finding.class}: sequences ${ranges}`;
}

async function getJson<T>(url: URL): Promise<T> {
  return (await askCore<T>(url)).body;
}

function show(amount: Amount): string {
  return `${amount.frames}/${amount.items}`;
}
