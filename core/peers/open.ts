import { DenyList } from '../../lib/certificates/deny-list.ts';
import { ServerCertificate } from '../../lib/certificates/server-certificate.ts';
import type { CoreConfig } from '../config.ts';
import type { CoreAccounts } from '../ledger/view.ts';
import { AllDesks } from '../letters/all-desks.ts';
import type { LetterDesk } from '../letters/desk.ts';
import { type ApiAnswer, type ApiQuestion, askForAlerts } from './api-question.ts';
import { PeerClient } from './client.ts';
import { type MirrorParts, PeerMirror } from './mirror.ts';
import { openPeerServer, type PeerServerOptions } from './server.ts';
import type { OwnState } from './state.ts';

export interface PeersParts
  extends Omit<MirrorParts, 'peers' | 'own' | 'ownFreshness'>,
    Omit<OwnState, 'name' | 'roles' | 'accounts'> {
  /** The dead letters of this process. */
  readonly letters: LetterDesk;
  readonly askApi: PeerServerOptions['askApi'];
  readonly config: Pick<CoreConfig, 'name' | 'roles' | 'peers' | 'tls'>;
}

/** What the API shows: of this process, or of all that it asks. */
export interface Peers {
  readonly accounts: CoreAccounts;
  readonly freshness: OwnState['freshness'];
  readonly letters: LetterDesk;
  /** Of the processes with the role alerts; null: this one asks nobody. */
  readonly alerts: ((question: ApiQuestion) => Promise<ApiAnswer>) | null;
  /** Where this process is asked; null if it is not. */
  readonly port: number | null;
  close(): Promise<void>;
}

/** How often the certificate files are looked at. */
const LOOK_EVERY_MS = 2_000;

/** @throws HeliographError HG_PORT_TAKEN, HG_CERT_FILE */
export async function openPeers(parts: PeersParts, own: CoreAccounts): Promise<Peers> {
  const { config, log, freshness } = parts;
  const { name, roles, peers, tls } = config;
  const deny = new DenyList(tls.revoked, (error) =>
    log.error('the deny list cannot be read; the one before stays', { 'error.message': error }),
  );
  const clients = peers.ask.map((address) => new PeerClient({ address, tls, deny }));
  parts.reports.keepCores(new Set(clients.map(({ address }) => address)), ({ bus }) =>
    parts.busMemory.depart(bus?.taken ?? []),
  );
  const server = peers.listen ? await listen(parts, own, peers.listen, deny) : null;
  const mirror = clients.length > 0 ? new PeerMirror({ ...parts, own, ownFreshness: freshness, peers: clients }) : null;
  if (mirror)
    log.info('the roles of this core are split', { name, roles, asks: clients.map(({ address }) => address) });
  return {
    accounts: mirror ?? own,
    freshness: mirror ?? freshness,
    letters: mirror
      ? new AllDesks(
          parts.letters,
          clients.map((client) => ({
            address: client.address,
            name: () => parts.reports.core(client.address)?.name ?? null,
            desk: client.letters,
          })),
          name,
        )
      : parts.letters,
    alerts: clients.length > 0 ? (question) => askForAlerts(clients, question) : null,
    port: server?.port ?? null,
    close: async () => {
      await mirror?.close();
      await server?.close();
    },
  };
}

async function listen(
  parts: PeersParts,
  accounts: CoreAccounts,
  address: { host: string; port: number },
  deny: DenyList,
) {
  const { config, log } = parts;
  const { name, roles, tls } = config;
  const certificate = new ServerCertificate(tls);
  const server = await openPeerServer({
    own: { ...parts, name, roles, accounts },
    letters: parts.letters,
    askApi: parts.askApi,
    listen: address,
    certificate,
    deny,
    log,
  });
  const timer = setInterval(() => {
    server.dropRevoked();
    try {
      certificate.refresh();
    } catch (error) {
      // Half a renewal: the old one serves on, and the next look tells more.
      log.warn('the certificate files changed and cannot be used', { 'error.message': String(error) });
    }
  }, LOOK_EVERY_MS);
  return {
    port: server.port,
    close: async () => {
      clearInterval(timer);
      await server.close();
    },
  };
}
