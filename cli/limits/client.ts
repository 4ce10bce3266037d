import { setTimeout as wait } from 'node:timers/promises';
import type { HeldView, LimitsView, OrderTold } from '../../core/limits/answer.ts';
import { askCore, type CoreAnswer, coreUrl, tellCore } from '../core-client.ts';
import { orderToken } from '../order-token.ts';
import { heldText } from './held-text.ts';

const PATH = '/api/v1/limits';
/** Relays have an order within a second or two; one that is cut off has it when it is back. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 200;

/** @throws HeliographError HG_CORE_UNREACHABLE, HG_CORE_ANSWER */
export function readLimits(core: string): Promise<CoreAnswer<LimitsView>> {
  return askCore(coreUrl(core, PATH));
}

/** @throws HeliographError HG_CONFIG_VALUE without a token, HG_CORE_UNREACHABLE, HG_CORE_ANSWER */
export async function giveOrder(core: string, form: object): Promise<OrderTold> {
  const answer = await tellCore<OrderTold>(coreUrl(core, PATH), 'POST', {
    body: form,
    token: orderToken('limits:write'),
  });
  return answer.body;
}

/** @throws HeliographError HG_CONFIG_VALUE without a token, HG_CORE_UNREACHABLE, HG_CORE_ANSWER */
export async function liftOrder(core: string, id: string): Promise<OrderTold> {
  const url = coreUrl(core, `${PATH}/${encodeURIComponent(id)}`);
  return (await tellCore<OrderTold>(url, 'DELETE', { token: orderToken('limits:write') })).body;
}

/** Waits until every relay that is connected has the list, or patience ends. @param tell a line when the count moved */
export async function untilHeld(core: string, told: HeldView, tell: (line: string) => void): Promise<HeldView> {
  const end = performance.now() + PATIENCE_MS;
  let seen = told;
  for (;;) {
    const waiting = seen.relays.filter(({ state }) => state === 'waiting').length;
    if (waiting === 0 || performance.now() >= end) return seen;
    await wait(LOOK_MS);
    const { relays, version } = (await readLimits(core)).body;
    const left = relays.filter(({ state }) => state === 'waiting').length;
    if (left !== waiting && left > 0) tell(heldText({ relays, version }));
    seen = { relays, version };
  }
}
