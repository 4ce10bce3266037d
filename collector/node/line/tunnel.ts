import { request } from 'node:http';
import type { Socket } from 'node:net';
import { HeliographError } from '../../../lib/errors.ts';
import { addressText } from '../../core/uplink/relay-turns.ts';
import type { HttpProxy } from '../proxy.ts';

const LOGIN = 407;

/**
 * A connection to a relay through an HTTP proxy: CONNECT (RFC 9110, 9.3.6).
 * @throws HeliographError HG_PROXY_LOGIN, HG_PROXY_REFUSED (facts.status), HG_PROXY_UNREACHABLE, HG_PROXY_ANSWER
 */
export function openTunnel(
  proxy: HttpProxy,
  to: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, authorization } = proxy;
  const at = addressText({ host, port });
  const path = addressText({ host: to.host, port: to.port });
  return new Promise((resolve, reject) => {
    const asked = request({
      host,
      port,
      method: 'CONNECT',
      path,
      headers: { host: path, ...(authorization === null ? {} : { 'proxy-authorization': authorization }) },
      setHost: false,
      agent: false,
      signal,
    });
    asked.once('connect', ({ statusCode: status = 0, statusMessage = '' }, socket, head) => {
      if (status >= 200 && status < 300) {
        (socket as Socket).setNoDelay(true);
        if (head.length > 0) socket.unshift(head);
        resolve(socket as Socket);
        return;
      }
      socket.destroy();
      const said = `${at} answers ${status} ${statusMessage.slice(0, 100)} to CONNECT ${path}`;
      reject(
        status === LOGIN
          ? new HeliographError('HG_PROXY_LOGIN', `${said}; ${loginFix(proxy)}`, { status })
          : new HeliographError('HG_PROXY_REFUSED', said, { status }),
      );
    });
    asked.once('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else if (error.code?.startsWith('HPE_')) {
        reject(new HeliographError('HG_PROXY_ANSWER', `${at}: ${error.message}`, {}, error));
      } else {
        reject(new HeliographError('HG_PROXY_UNREACHABLE', `${at}: ${error.message}`, {}, error));
      }
    });
    asked.end();
  });
}

function loginFix({ authorization }: HttpProxy): string {
  return authorization === null ? 'give it as http://user:secret@host:port' : 'check user and secret';
}
