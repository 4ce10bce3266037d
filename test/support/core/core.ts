import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coreConfig } from '../../../core/config.ts';
import { type Core, type CoreDeps, startCore } from '../../../core/start.ts';
import { type CertificateFiles, createAuthority } from '../../../lib/certificates/authority.ts';
import type { CertificateRole } from '../../../lib/certificates/names.ts';
import { silentLog } from '../../../lib/log.ts';
import { TestRelay } from './relay.ts';

/** A core in this process on ephemeral ports, in a temporary folder, with an authority of its own. */
export class TestCore {
  readonly directory: string;
  readonly issue: (name: string, role: CertificateRole) => Promise<CertificateFiles>;
  readonly #files: CertificateFiles;
  readonly #relays: TestRelay[] = [];
  #core: Core | null = null;

  private constructor(directory: string, issue: TestCore['issue'], files: CertificateFiles) {
    this.directory = directory;
    this.issue = issue;
    this.#files = files;
  }

  static async make(): Promise<TestCore> {
    const directory = await mkdtemp(join(tmpdir(), 'heliograph-core-'));
    const authority = await createAuthority(join(directory, 'ca'), Date.now());
    const issue = (name: string, role: CertificateRole) =>
      authority.issue({ name, role, hosts: ['127.0.0.1', 'localhost'], days: 2 });
    return new TestCore(directory, issue, await issue('core-1', 'core'));
  }

  get config(): object {
    return {
      name: 'core-1',
      dataDir: join(this.directory, 'core'),
      ingest: { listen: '127.0.0.1:0' },
      http: { listen: '127.0.0.1:0' },
      tls: { ...this.#files, revoked: join(this.directory, 'ca', 'revoked.txt') },
    };
  }

  async start(changes: object = {}, deps: Partial<CoreDeps> = {}): Promise<this> {
    this.#core = await startCore(coreConfig.parse({ ...this.config, ...changes }), { log: silentLog, ...deps });
    return this;
  }

  get port(): number {
    return this.#core!.ingest.port;
  }

  /** Ports of the doors for other machines. */
  get push(): Core['push'] {
    return this.#core!.push;
  }

  /** Where the console of a split core asks. */
  get peers(): Core['peers'] {
    return this.#core!.peers;
  }

  get registry(): Core['registry'] {
    return this.#core!.registry;
  }

  url(path: string, parameters: Record<string, string | string[]> = {}): URL {
    const url = new URL(path, `http://127.0.0.1:${this.#core!.http.port}`);
    for (const [name, value] of Object.entries(parameters)) {
      for (const one of [value].flat()) url.searchParams.append(name, one);
    }
    return url;
  }

  /** The JSON that the API answers, whatever the status. */
  async get<T>(path: string, parameters: Record<string, string | string[]> = {}): Promise<T> {
    return (await fetch(this.url(path, parameters))).json() as Promise<T>;
  }

  /** A relay with a certificate of its own, connected; `hello` is still to be said. */
  async relay(name = 'relay-1', role: CertificateRole = 'relay'): Promise<TestRelay> {
    const relay = new TestRelay(this.port, name, await this.issue(name, role));
    this.#relays.push(relay);
    return relay;
  }

  /** Stops the core, not its folder. */
  async stop(): Promise<void> {
    for (const relay of this.#relays.splice(0)) relay.close();
    await this.#core?.close();
    this.#core = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
