import { HeliographError } from '../../lib/errors.ts';
import type { PeerClient } from './client.ts';

/** What somebody asks a console's API that another process of the core has to answer. */
export interface ApiQuestion {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The header, as it came: whoever answers knows its tokens. */
  readonly authorization: string | null;
  /** JSON; null: there is none. */
  readonly body: string | null;
}

export interface ApiAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/**
 * Asks those with the role alerts, one after the other until one answers: what people do is kept where all of them have it.
 * @throws HeliographError HG_API_ALERTS where nobody has them, HG_PEER where who has them is away, or may have heard what is not to be said twice
 */
export async function askForAlerts(
  peers: readonly Pick<PeerClient, 'askApi'>[],
  question: ApiQuestion,
): Promise<ApiAnswer> {
  let away: HeliographError | null = null;
  for (const peer of peers) {
    try {
      const answer = await peer.askApi(question);
      if (answer !== null) return answer;
    } catch (error) {
      if (!(error instanceof HeliographError && error.code === 'HG_PEER')) throw error;
      if (question.method !== 'GET' && error.facts.heard === true) throw error;
      away ??= error;
    }
  }
  throw away ?? new HeliographError('HG_API_ALERTS', 'peers.ask names no process with the role alerts');
}
