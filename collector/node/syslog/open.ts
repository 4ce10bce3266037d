import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { bind, bindError } from '../../../lib/bind.ts';
import { ServerCertificate } from '../../../lib/certificates/server-certificate.ts';
import { closeConnections } from '../../../lib/doors/close-connections.ts';
import { readKernelDrops } from '../../../lib/doors/syslog/kernel-drops.ts';
import { Peers } from '../../../lib/doors/syslog/peers.ts';
import { StreamFraming } from '../../../lib/ingest/syslog/framing.ts';
import type { Host } from '../../core/host.ts';
import type { CollectorSyslogConfig } from '../logs/syslog-config.ts';
import { SyslogSource } from './syslog-source.ts';

const HANDSHAKE_MS = 15_000;
const KEEP_ALIVE_MS = 60_000;
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** Certificates are read again when they were changed. */
const REFRESH_MS = 60_000;
/** Of all connections, those that one address may have; of a bound below, all. */
const SHARE = 0.25;
const LEAST_SHARE = 20;

/**
 * Listens for syslog. Lines go on when the source is started.
 * @throws HeliographError HG_PORT_TAKEN, HG_PORT_RIGHT, HG_CERT_FILE
 */
export async function openSyslogSource(config: CollectorSyslogConfig, host: Host): Promise<SyslogSource> {
  const source = new SyslogSource(host, config);
  const peers = new Peers(config.allow, true);
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();
  const servers: Server[] = [];
  let udp: UdpSocket | null = null;
  let refused = 0;
  let closing = false;

  const admit = (socket: Socket): string | null => {
    socket.on('error', () => socket.destroy());
    const peer = peers.of(socket.remoteAddress ?? '');
    const address = peer?.address ?? '';
    const own = perAddress.get(address) ?? 0;
    const most = Math.max(LEAST_SHARE, config.maxConnections * SHARE);
    if (peer === null || sockets.size >= config.maxConnections || own >= most) {
      refused++;
      socket.destroy();
      return null;
    }
    sockets.add(socket);
    perAddress.set(address, own + 1);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = perAddress.get(address)! - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
    return address;
  };
  const serve = (socket: Socket, address: string): void => {
    const framing = new StreamFraming(config.maxMessageBytes);
    const take: Parameters<StreamFraming['push']>[1] = (bytes, from, to, flaw) =>
      source.take(bytes, from, to, flaw, address);
    socket.setTimeout(config.idle, () => {
      // Who is not read cannot bring anything.
      if (!source.full) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => framing.push(bytes, take));
    // However it ends: a part of a message is more than nothing of it.
    socket.on('close', () => framing.end(take));
    served.add(socket);
    socket.once('close', () => served.delete(socket));
    if (source.full) socket.pause();
  };
  /** Those that are read, on top of TLS where it is one. */
  const served = new Set<Socket>();
  const listen = async (server: Server, at: { host: string; port: number }, key: string): Promise<number> => {
    await bind(server, { ...at, key, exclusive: true });
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    clearInterval(refresh);
    const datagrams = udp;
    if (datagrams !== null) await new Promise<void>((resolve) => datagrams.close(() => resolve()));
    await closeConnections(servers, [...sockets, ...served]);
  };
  let refresh: NodeJS.Timeout | undefined;
  const ports = { udp: 0, tcp: 0, tls: 0 };
  try {
    if (config.udp !== undefined) {
      udp = await openUdp(config.udp, (bytes, from) => {
        const peer = peers.of(from.address);
        if (peer === null) source.drop(from.address, 'not_allowed');
        else if (source.full) source.drop(peer.address, 'waiting');
        else if (bytes.length > 0) {
          const long = bytes.length > config.maxMessageBytes;
          source.take(bytes, 0, long ? config.maxMessageBytes : bytes.length, long ? 'too_long' : '', peer.address);
        }
      });
      ports.udp = udp.address().port;
    }
    if (config.tcp !== undefined) {
      const server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
        const address = admit(socket);
        if (address !== null) serve(socket, address);
      });
      ports.tcp = await listen(server, config.tcp, 'syslog.tcp');
    }
    if (config.tls !== undefined) {
      const certificate = new ServerCertificate(config.tls);
      const required = config.tls.clients === 'require';
      const server = createTlsServer(
        {
          minVersion: 'TLSv1.2',
          requestCert: required,
          rejectUnauthorized: required,
          handshakeTimeout: HANDSHAKE_MS,
          keepAlive: true,
          keepAliveInitialDelay: KEEP_ALIVE_MS,
        },
        (socket) => {
          const peer = peers.of(socket.remoteAddress ?? '');
          if (peer === null) socket.destroy();
          else serve(socket, peer.address);
        },
      );
      await certificate.serve(server);
      server.on('connection', admit);
      server.on('tlsClientError', (_, socket) => {
        refused++;
        socket.destroy();
      });
      refresh = setInterval(() => refreshed(certificate, host), REFRESH_MS).unref();
      ports.tls = await listen(server, config.tls.listen, 'syslog.tls.listen');
    }
  } catch (error) {
    await close();
    throw error;
  }
  source.listens({
    ports,
    setReading: (reading) => {
      for (const socket of served) reading ? socket.resume() : socket.pause();
    },
    kernelDropped: () => (ports.udp === 0 ? 0 : (readKernelDrops(ports.udp) ?? 0)),
    refused: () => refused,
    close,
  });
  return source;
}

function refreshed(certificate: ServerCertificate, host: Host): void {
  try {
    certificate.refresh();
  } catch (error) {
    host.log('warn', 'the new certificate for syslog cannot be used, the old one stays', { error: String(error) });
  }
}

async function openUdp(
  at: { readonly host: string; readonly port: number },
  take: (bytes: Buffer, from: RemoteInfo) => void,
): Promise<UdpSocket> {
  const socket = createSocket({ type: isIPv6(at.host) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER });
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(bindError(error, { ...at, key: 'syslog.udp' }));
    socket.once('error', fail);
    socket.bind({ port: at.port, address: at.host, exclusive: true }, () => {
      socket.off('error', fail);
      resolve();
    });
  });
  // Such as that a datagram could not be read: the next one can.
  socket.on('error', () => undefined);
  socket.on('message', take);
  return socket;
}
