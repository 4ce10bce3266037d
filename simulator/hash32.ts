import { mixBits } from '../lib/mix-bits.ts';

/** A well-mixed 32-bit number of up to four whole numbers: chance that can be asked again. */
export function hash32(a: number, b = 0, c = 0, d = 0): number {
  let h = mix(a | 0);
  h = mix(h ^ Math.imul(b | 0, 0x9e3779b1));
  h = mix(h ^ Math.imul(c | 0, 0x85ebca77));
  return mix(h ^ Math.imul(d | 0, 0xc2b2ae3d));
}

/** The same as a share, from 0 to below 1. */
export function chance(a: number, b = 0, c = 0, d = 0): number {
  return hash32(a, b, c, d) / 4_294_967_296;
}

function mix(value: number): number {
  return mixBits((value + 0x6d2b79f5) | 0);
}
