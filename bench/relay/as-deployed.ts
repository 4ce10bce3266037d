/** The environment of a relay as the unit and the composition in deploy/ have it; test/deploy holds them against this. */
export const AS_DEPLOYED = { MALLOC_ARENA_MAX: '1', NODE_OPTIONS: '--max-semi-space-size=16' };
