import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { Fleet } from '../../support/fleet.ts';

/** A client with the certificate of one of a fleet's tiers, or with none. */
export function agentOf(fleet: Pick<Fleet, 'directory'>, name: string | null) {
  const ca = (file: string) => readFileSync(join(fleet.directory, 'ca', file));
  const own = name === null ? {} : { cert: ca(`${name}.pem`), key: ca(`${name}.key`) };
  const agent = new Agent({ connect: { ca: ca('ca.pem'), ...own } });
  return {
    /** Of the answer at a port of this machine. @param body sent as JSON where it is given */
    async status(path: string, port: number, body?: object): Promise<number> {
      const more = body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      const answer = await request(`https://127.0.0.1:${port}${path}`, { dispatcher: agent, ...more } as Parameters<
        typeof request
      >[1]);
      await answer.body.dump();
      return answer.statusCode;
    },
    close: () => agent.close(),
  };
}
