import { targetKeyOf } from '../../metrics/target-labels.ts';
import type { SeriesGroup } from './series-bytes.ts';

type Target = Readonly<Record<string, string>>;

/**
 * The groups of one page by target. What relays bring has `instance` and `site` and nothing else: it is found by its instance, a text that is
 * there already, since for a text of the whole target, made for every frame, the processor takes longer than for the rest of the look.
 */
export class TargetGroups {
  readonly #hosts = new Map<string, { readonly site: string; readonly group: SeriesGroup }>();
  readonly #others = new Map<string, SeriesGroup>();

  get(target: Target): SeriesGroup | undefined {
    if (!isHost(target)) return this.#others.get(targetKeyOf(target));
    const there = this.#hosts.get(target.instance!);
    if (there === undefined) return undefined;
    // A name that two sites have.
    return there.site === target.site ? there.group : this.#others.get(targetKeyOf(target));
  }

  set(target: Target, group: SeriesGroup): void {
    const { instance, site } = target;
    if (isHost(target) && !this.#hosts.has(instance!)) this.#hosts.set(instance!, { site: site!, group });
    else this.#others.set(targetKeyOf(target), group);
  }
}

function isHost(target: Target): boolean {
  let names = 0;
  for (const name in target) {
    if (name !== 'instance' && name !== 'site') return false;
    names++;
  }
  return names === 2;
}
