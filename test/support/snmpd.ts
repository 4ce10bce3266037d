import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

const SNMPD = '/usr/sbin/snmpd';

/** Users of version 3 that the agent knows. */
export const SNMPD_USERS = {
  privacy: {
    user: 'keeper',
    auth: { protocol: 'sha', password: 'a long password' },
    privacy: { protocol: 'aes', password: 'another password' },
  },
  strong: {
    user: 'strong',
    auth: { protocol: 'sha512', password: 'a long password' },
    privacy: { protocol: 'aes', password: 'another password' },
  },
  auth: { user: 'reader', auth: { protocol: 'md5', password: 'third password' }, privacy: null },
} as const;

/** Debian's agent on a port of loopback. */
export class Snmpd {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  static readonly isThere: boolean = existsSync(SNMPD);

  /** @param lines added to its configuration */
  static async start(port: number, lines: readonly string[] = []): Promise<Snmpd> {
    const folder = mkdtempSync(join(tmpdir(), 'snmpd-'));
    const persistent = join(folder, 'persistent');
    mkdirSync(persistent);
    const config = join(folder, 'snmpd.conf');
    const log = join(folder, 'log');
    const { privacy, strong, auth } = SNMPD_USERS;
    writeFileSync(
      config,
      [
        `agentaddress udp:127.0.0.1:${port}`,
        'rocommunity public',
        'sysname debian-1',
        'syslocation row 4, "rack 12"',
        `createUser ${privacy.user} SHA "${privacy.auth.password}" AES "${privacy.privacy.password}"`,
        `createUser ${strong.user} SHA-512 "${strong.auth.password}" AES "${strong.privacy.password}"`,
        `createUser ${auth.user} MD5 "${auth.auth.password}"`,
        `rouser ${privacy.user} authPriv`,
        `rouser ${strong.user} authPriv`,
        `rouser ${auth.user} authNoPriv`,
        ...lines,
        '',
      ].join('\n'),
    );
    const child = spawn(SNMPD, ['-f', '-C', '-c', config, '-Lf', log, '-I', '-smux', '-p', join(folder, 'pid')], {
      env: { ...process.env, SNMP_PERSISTENT_DIR: persistent, MIBS: '' },
      stdio: 'ignore',
    });
    await until('snmpd runs', () => {
      if (child.exitCode !== null) throw new Error(`snmpd ended: ${existsSync(log) ? readFileSync(log, 'utf8') : ''}`);
      return existsSync(log) && readFileSync(log, 'utf8').includes('NET-SNMP version');
    });
    return new Snmpd(port, child, folder);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
