import { z } from 'zod';
import { loadConfig } from '../lib/config/load.ts';
import { type MaskConfig, maskConfig } from '../lib/mask/mask-schema.ts';

/** The section `mask` of a configuration, or of a file with nothing else; the defaults without one. @throws HeliographError HG_CONFIG_* */
export function readMaskConfig(file: string | undefined): MaskConfig {
  return file === undefined
    ? maskConfig().parse({})
    : loadConfig(file, z.looseObject({ mask: maskConfig() }), '--rules').mask;
}
