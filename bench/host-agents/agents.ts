import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SMALL_ENVIRONMENT, SMALL_FLAGS } from '../../collector/node/small-process.ts';
import type { CertificateFiles } from '../../lib/certificates/authority.ts';
import { freePort } from '../../test/support/free-port.ts';
import { writeCollectorConfig } from '../collector/config-file.ts';
import { Daemon } from '../peers/daemon.ts';

/** What looks at this host, as one or more processes, and what of it goes over the network. */
export interface HostAgent {
  readonly name: string;
  readonly note: string;
  readonly pids: readonly number[];
  wireBytes(): Promise<number>;
  /** @throws Error when one of its processes ended by itself */
  check(): void;
  stop(): Promise<void>;
}

const SINK = fileURLToPath(new URL('../collector/sink.ts', import.meta.url));

/** The bundled collector with the flags of small machines, over mutual TLS, with its spool on disk. */
export async function collector(
  folder: string,
  seconds: number,
  bundle: string,
  relay: CertificateFiles,
  host: CertificateFiles,
): Promise<HostAgent> {
  mkdirSync(folder, { recursive: true });
  const sink: ChildProcess = fork(SINK, [relay.ca, relay.cert, relay.key]);
  const [{ port }] = (await once(sink, 'message')) as [{ port: number }];
  const config = writeCollectorConfig(folder, port, host, { interval: `${seconds}s` });
  const daemon = new Daemon(process.execPath, [...SMALL_FLAGS, bundle, config], SMALL_ENVIRONMENT);
  return {
    name: 'heliograph collector',
    note: 'bundled, with the flags of small machines; mutual TLS, spool with fsync',
    pids: [daemon.pid],
    wireBytes: async () => {
      const answer = once(sink, 'message') as Promise<[{ wireBytes: number }]>;
      sink.send('count');
      return (await answer)[0].wireBytes;
    },
    check: () => daemon.check(),
    stop: async () => {
      await daemon.stop();
      sink.disconnect();
    },
  };
}

/** node_exporter as Debian has it, scraped by vmagent, which writes to a server of ours. */
export async function nodeExporter(
  folder: string,
  seconds: number,
  programs: { readonly exporter: string; readonly vmagent: string },
): Promise<HostAgent> {
  mkdirSync(folder, { recursive: true });
  const sockets = new Set<Socket>();
  let closed = 0;
  const store = createServer((request, answer) => {
    request.resume().on('end', () => answer.writeHead(204).end());
  });
  store.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => {
      closed += socket.bytesRead;
      sockets.delete(socket);
    });
  });
  store.listen(0, '127.0.0.1');
  await once(store, 'listening');
  const port = await freePort();
  const exporter = new Daemon(programs.exporter, [`--web.listen-address=127.0.0.1:${port}`]);
  await exporter.listens(port);
  const scrape = join(folder, 'scrape.yaml');
  writeFileSync(
    scrape,
    `global: {scrape_interval: ${seconds}s}\nscrape_configs: [{job_name: node, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]\n`,
  );
  const agentPort = await freePort();
  const agent = new Daemon(programs.vmagent, [
    `-httpListenAddr=127.0.0.1:${agentPort}`,
    `-promscrape.config=${scrape}`,
    `-remoteWrite.url=http://127.0.0.1:${(store.address() as AddressInfo).port}/api/v1/write`,
    `-remoteWrite.tmpDataPath=${folder}/queue`,
  ]);
  await agent.listens(agentPort);
  return {
    name: 'node_exporter and vmagent',
    note: "Debian's, as they start; remote write (snappy) without TLS",
    pids: [exporter.pid, agent.pid],
    wireBytes: async () => [...sockets].reduce((sum, socket) => sum + socket.bytesRead, closed),
    check: () => {
      exporter.check();
      agent.check();
    },
    stop: async () => {
      await Promise.all([exporter.stop(), agent.stop()]);
      store.closeAllConnections();
      store.close();
    },
  };
}

const PLUGINS = [
  'cpu',
  'memory',
  'df',
  'disk',
  'interface',
  'load',
  'swap',
  'vmem',
  'protocols',
  'processes',
  'uptime',
];

/** collectd with the plugins that see what the others see, sending by its own protocol over UDP. */
export async function collectd(folder: string, seconds: number, root: string): Promise<HostAgent> {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  const sink = createSocket('udp4').on('message', (message) => {
    bytes += message.length;
  });
  sink.bind(0, '127.0.0.1');
  await once(sink, 'listening');
  const config = join(folder, 'collectd.conf');
  writeFileSync(
    config,
    [
      'FQDNLookup false',
      `BaseDir "${folder}"`,
      `PIDFile "${folder}/pid"`,
      `PluginDir "${root}/usr/lib/collectd"`,
      `TypesDB "${root}/usr/share/collectd/types.db"`,
      `Interval ${seconds}`,
      ...PLUGINS.map((plugin) => `LoadPlugin ${plugin}`),
      'LoadPlugin network',
      `<Plugin network>\n  Server "127.0.0.1" "${sink.address().port}"\n</Plugin>`,
      '',
    ].join('\n'),
  );
  const daemon = new Daemon(join(root, 'usr/sbin/collectd'), ['-f', '-C', config]);
  return {
    name: 'collectd',
    note: `Debian's, plugins ${PLUGINS.join(', ')}; its own protocol over UDP, nothing kept, no TLS`,
    pids: [daemon.pid],
    wireBytes: async () => bytes,
    check: () => daemon.check(),
    stop: async () => {
      await daemon.stop();
      sink.close();
    },
  };
}
