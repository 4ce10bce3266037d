import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CertifiedKey, openAuthority, readPem } from '../lib/certificates/authority.ts';
import { CertificateTemplate } from './certificate-template.ts';
import { simulatedName } from './names.ts';

/** Hosts whose certificates stand in one file: ten thousand hosts are twenty files. */
const BLOCK = 500;
const DAYS = 365;
const DAY_MS = 86_400_000;
/** Certificates that run out within this are made anew. */
const LEFT_MS = 7 * DAY_MS;
/** Fewer are made in this process: starting another takes as long. */
const WORTH_A_PROCESS = 200;

/** The first line of a block: whose certificates they are, and until when. */
interface BlockHead {
  readonly authority: string;
  readonly notAfter: number;
}

/** Where certificates are, and what the names of their hosts begin with. */
export interface CertificateFolder {
  /** The authority's folder. */
  readonly authority: string;
  readonly names: string;
}

/** Certificates of the hosts `first` to `first + count - 1`, and of the authority. */
export interface Certificates {
  readonly ca: string;
  readonly hosts: readonly CertifiedKey[];
}

/**
 * Makes what is missing of the certificates of simulated hosts, in several processes, and keeps it in `simulated/` below the authority's
 * folder. They are made once: another run of as many hosts takes them as they are.
 * @param say told how far it is, now and then
 * @throws HeliographError HG_CERT_FILE when the authority cannot be read
 */
export async function prepareCertificates(
  folder: CertificateFolder,
  hosts: number,
  now: number,
  say: (line: string) => void,
): Promise<void> {
  const blocks: { block: number; count: number }[] = [];
  for (let block = 0; block * BLOCK < hosts; block++) {
    const count = Math.min(BLOCK, hosts - block * BLOCK);
    if (kept(folder, block, now) < count) blocks.push({ block, count });
  }
  const missing = blocks.reduce((sum, { block, count }) => sum + count - kept(folder, block, now), 0);
  if (missing === 0) return;
  if (missing < WORTH_A_PROCESS) {
    for (const { block, count } of blocks) await fillBlock(folder, block, count, now);
    return;
  }
  let made = 0;
  const began = performance.now();
  say(`making certificates for ${missing} hosts; they are kept for the next run`);
  const onBlock = (count: number): void => {
    made += count;
    if (missing > BLOCK)
      say(`${made} of ${missing} certificates after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  };
  const processes = Math.min(blocks.length, availableParallelism());
  await Promise.all(
    Array.from({ length: processes }, (_, one) => {
      const mine = blocks.filter((_, at) => at % processes === one);
      const before = mine.map(({ block }) => kept(folder, block, now));
      return inProcess({ folder, now, blocks: mine }, (at) => onBlock(mine[at]!.count - before[at]!));
    }),
  );
}

/**
 * Reads certificates that were prepared.
 * @throws HeliographError HG_CERT_FILE when the authority cannot be read
 */
export function readCertificates(folder: CertificateFolder, first: number, count: number): Certificates {
  const hosts: CertifiedKey[] = [];
  for (let number = first; number < first + count; ) {
    const block = Math.floor(number / BLOCK);
    const upTo = Math.min(first + count, (block + 1) * BLOCK);
    hosts.push(...readBlock(folder, block).hosts.slice(number - block * BLOCK, upTo - block * BLOCK));
    number = upTo;
  }
  if (hosts.length < count) throw new Error(`${hosts.length} certificates of ${count} are there`);
  return { ca: readPem(join(folder.authority, 'ca.pem')), hosts };
}

/** Completes a block's file. For this process, and for the one that is started for it. */
export async function fillBlock(folder: CertificateFolder, block: number, count: number, now: number): Promise<void> {
  const { authority, names } = folder;
  const opened = await openAuthority(authority, now);
  const fingerprint = fingerprintOf(authority);
  const before = kept(folder, block, now) > 0 ? readBlock(folder, block) : null;
  const head: BlockHead = before?.head ?? { authority: fingerprint, notAfter: now + DAYS * DAY_MS };
  const hosts = [...(before?.hosts ?? [])];
  let template: CertificateTemplate | null = null;
  while (hosts.length < count) {
    const name = simulatedName(block * BLOCK + hosts.length, names);
    if (template?.name.length !== name.length) {
      const model = await opened.certify({ name, role: 'collector', days: DAYS });
      template = new CertificateTemplate(name, model.cert, readPem(join(authority, 'ca.key')));
    }
    hosts.push(template.certify(name));
  }
  const file = fileOf(folder, block);
  mkdirSync(join(authority, 'simulated'), { recursive: true, mode: 0o700 });
  const lines = [head, ...hosts].map((one) => JSON.stringify(one));
  writeFileSync(`${file}.${process.pid}`, `${lines.join('\n')}\n`, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}

/** How many certificates of a block are there and can be used. */
function kept(folder: CertificateFolder, block: number, now: number): number {
  if (!existsSync(fileOf(folder, block))) return 0;
  const { head, hosts } = readBlock(folder, block);
  return head.authority === fingerprintOf(folder.authority) && head.notAfter > now + LEFT_MS ? hosts.length : 0;
}

function readBlock(folder: CertificateFolder, block: number): { head: BlockHead; hosts: CertifiedKey[] } {
  const [head, ...hosts] = readFileSync(fileOf(folder, block), 'utf8').trimEnd().split('\n');
  return { head: JSON.parse(head!) as BlockHead, hosts: hosts.map((line) => JSON.parse(line) as CertifiedKey) };
}

function fileOf({ authority, names }: CertificateFolder, block: number): string {
  return join(authority, 'simulated', `${names}-${String(block * BLOCK + 1).padStart(5, '0')}.jsonl`);
}

/** An authority made anew in the same folder has signed none of the old ones. */
function fingerprintOf(authority: string): string {
  return createHash('sha256')
    .update(readPem(join(authority, 'ca.pem')))
    .digest('hex');
}

/** What a process is told to complete. */
export interface CertificateWork {
  readonly folder: CertificateFolder;
  readonly now: number;
  readonly blocks: readonly { readonly block: number; readonly count: number }[];
}

/** @param onBlock told after each block, which of them it was */
function inProcess(work: CertificateWork, onBlock: (at: number) => void): Promise<void> {
  const script = fileURLToPath(new URL('./certificate-process.ts', import.meta.url));
  const child = fork(script, [JSON.stringify(work)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  child.on('message', (at: number) => onBlock(at));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`making certificates ended with ${code}: ${said}`)),
    );
  });
}
