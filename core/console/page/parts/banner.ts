import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { connection } from '../connection.ts';
import { h } from '../element.ts';
import { formatSpan, formatTime } from '../format.ts';
import { useStore } from '../store.ts';

const GLAD_MS = 8_000;

/** Says when the core does not answer, and when it is back. Collectors and relays keep what they have meanwhile. */
export function Banner(): VNode {
  const { up, since, away, turn, ill } = useStore(connection);
  const [glad, show] = useState(false);
  useEffect(() => {
    if (turn === 0 || !up) return;
    show(true);
    const timer = setTimeout(() => show(false), GLAD_MS);
    return () => clearTimeout(timer);
  }, [turn, up]);
  const text = up
    ? glad
      ? `The core is back; it did not answer for ${formatSpan(Math.max(away, 1_000))}. What you see is new.`
      : ill && `A part of the core is not well: ${ill}`
    : `The core has not answered since ${formatTime(since, Date.now())}. What you see is from before; the page tries again by itself. Collectors and relays keep what they have.`;
  return h(
    'div',
    {
      class: text === '' ? 'banner none' : up && ill === '' ? 'banner good' : 'banner bad',
      role: 'status',
      'aria-live': 'polite',
    },
    text,
  );
}
