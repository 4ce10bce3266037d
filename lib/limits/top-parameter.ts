import { HeliographError } from '../errors.ts';

const USUAL = 20;
/** Keys of each dimension that are given at most. */
export const MOST_TOP = 500;

/**
 * How many keys of each dimension a request asks for (`top`).
 * @throws HeliographError HG_API_PARAMETER
 */
export function topOf(parameters: URLSearchParams): number {
  for (const name of parameters.keys()) {
    if (name !== 'top') throw new HeliographError('HG_API_PARAMETER', `${name} is none; there is top`);
  }
  const text = parameters.get('top') ?? String(USUAL);
  const top = Number(text);
  if (!/^\d+$/.test(text) || top > MOST_TOP) {
    throw new HeliographError('HG_API_PARAMETER', `top is a whole number from 0 to ${MOST_TOP}`);
  }
  return top;
}
