import { addressMask } from './addresses.ts';
import { cardMask } from './cards.ts';
import { type Cover, coverWithStars } from './cover.ts';
import { emailMask } from './emails.ts';
import { ibanMask } from './ibans.ts';
import { keyValueMask } from './key-values.ts';
import type { Mask } from './mask.ts';
import { nationalIdMask } from './national-ids.ts';
import { phoneMask } from './phones.ts';
import { tokenMask } from './tokens.ts';
import { urlPasswordMask } from './url-passwords.ts';

/** Kinds of secret, in the order in which they are looked for: what stands in another is found first. */
export const MASK_KINDS = [
  'url_password',
  'token',
  'key_value',
  'card',
  'iban',
  'national_id',
  'email',
  'phone',
  'ip',
] as const;
export type MaskKind = (typeof MASK_KINDS)[number];

/** All but addresses: operators want to see these. */
export const DEFAULT_MASKS: readonly MaskKind[] = MASK_KINDS.filter((kind) => kind !== 'ip');

const MAKERS: Readonly<Record<MaskKind, (cover: Cover) => Mask>> = {
  url_password: urlPasswordMask,
  token: tokenMask,
  key_value: keyValueMask,
  // Its digits become stars whatever the others become: their order would help to guess them.
  card: () => cardMask(),
  iban: ibanMask,
  national_id: nationalIdMask,
  email: emailMask,
  phone: phoneMask,
  ip: addressMask,
};

/** The masks of these kinds. */
export function masksOf(kinds: readonly MaskKind[], cover: Cover): Mask[] {
  const those = MASK_KINDS.filter((kind) => kinds.includes(kind));
  const masks = those.map((kind) => MAKERS[kind](cover));
  if (cover === coverWithStars) return masks;
  return masks.map((mask, i) => ({ ...lookingItself(mask), stars: MAKERS[those[i]!](coverWithStars) }));
}

/** A hash's digits may make a number of what was none when the bytes were passed over: beside them, kinds made of parts look for themselves. */
function lookingItself(mask: Mask): Mask {
  return mask.prefilter && 'parts' in mask.prefilter ? { ...mask, prefilter: undefined } : mask;
}
