/** How positions of each kind of bus begin: `j1` embedded, `k1` Kafka. */
const KINDS = ['j1', 'k1'] as const;

/**
 * Whether a position was given by another kind of bus than `own`. A log store keeps the last one it was told; after a change of
 * `bus:` in the configuration it says nothing about the new bus, and is no error either.
 */
export function isOfAnotherBus(text: string, own: (typeof KINDS)[number]): boolean {
  return KINDS.some((kind) => kind !== own && new RegExp(`^${kind}(-\\d{1,16})+$`).test(text));
}
