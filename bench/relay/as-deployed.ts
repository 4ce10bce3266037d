/** The environment of a relay as the unit and the composition in deploy/ have it; test/deploy holds them against this. */
export const AS_DEPLOYED = { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=16' };

/** With the folder of what Node compiled, too: of a relay that is started again. */
export const deployedAt = ({ dataDir }: { readonly dataDir: string }) => ({
  ...AS_DEPLOYED,
  NODE_COMPILE_CACHE: `${dataDir}-compiled`,
});
