import { coverWithStars } from './cover.ts';
import { masksOf } from './kinds.ts';
import { type Mask, MaskStage } from './mask.ts';
import type { MaskConfig } from './mask-schema.ts';
import { nodeCover } from './node-cover.ts';
import { nodeText } from './node-text.ts';
import { ownMask } from './own-rule.ts';

/** The masks of a configuration, with what Node has. @throws HeliographError HG_CONFIG_VALUE for a key that cannot be read, or is too short */
export function nodeMasks(config: MaskConfig): Mask[] {
  const { kinds, rules } = config;
  const cover = nodeCover(config);
  const own = rules.map((rule) => ({ ...ownMask(rule, cover), stars: ownMask(rule, coverWithStars) }));
  return [...masksOf(kinds, cover), ...own];
}

/** The stage of a configuration, for what comes by a door or stands in a file. @throws HeliographError as `nodeMasks` */
export function nodeMaskStage(config: MaskConfig): MaskStage {
  return new MaskStage(nodeText, nodeMasks(config));
}
