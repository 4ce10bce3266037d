import type { RelayStatus, Sort } from '../contract.ts';
import { doors } from './doors.ts';
import { element } from './element.ts';
import { clock, count } from './format.ts';
import { hosts } from './hosts.ts';
import { queues } from './queues.ts';
import { tiles } from './tiles.ts';
import { workers } from './workers.ts';

const EVERY_MS = 2000;
const ROWS = 50;

/** What is asked for. */
const asked = { sort: 'backlog' as Sort, host: '', from: 0 };
let timer = 0;
/** Answers that come after a newer question are not shown. */
let questions = 0;
const root = document.getElementById('status')!;

const title = element('h1', {}, 'Relay');
const badge = element('span', { class: 'badge', role: 'status' });
const stamp = element('span', { class: 'quiet' });
const words = element('div', { class: 'words' });
const figures = element('div', { class: 'tiles' });
const queuePart = element('section', {});
const workerPart = element('section', {});
const doorPart = element('section', {});
const hostPart = element('div', {});
const filter = element('input', {
  type: 'search',
  placeholder: 'part of a name',
  'aria-label': 'show hosts whose name has this in it',
  maxlength: '128',
  autocomplete: 'off',
  spellcheck: 'false',
}) as HTMLInputElement;
const place = element('span', { class: 'quiet', role: 'status' });
const back = element('button', { type: 'button' }, 'Back') as HTMLButtonElement;
const on = element('button', { type: 'button' }, 'Further') as HTMLButtonElement;

root.replaceChildren(
  element('header', {}, title, badge, stamp),
  words,
  figures,
  queuePart,
  workerPart,
  doorPart,
  element(
    'section',
    {},
    element('div', { class: 'bar' }, element('h2', {}, 'Hosts'), filter, place, back, on),
    hostPart,
  ),
);
filter.addEventListener('input', () => ask({ host: filter.value.trim(), from: 0 }));
back.addEventListener('click', () => ask({ from: Math.max(0, asked.from - ROWS) }));
on.addEventListener('click', () => ask({ from: asked.from + ROWS }));
// A page that nobody sees asks nothing.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else void look();
});
void look();

function ask(change: Partial<typeof asked>): void {
  Object.assign(asked, change);
  void look();
}

async function look(): Promise<void> {
  clearTimeout(timer);
  const question = ++questions;
  const { sort, host, from } = asked;
  try {
    const parameters = new URLSearchParams({ sort, host, from: String(from), count: String(ROWS) });
    const answer = await fetch(`/status.json?${parameters}`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(await answer.text());
    const status = (await answer.json()) as RelayStatus;
    if (question === questions) show(status);
  } catch (error) {
    if (question === questions) lost(error as Error);
  }
  if (question === questions && !document.hidden) timer = setTimeout(() => void look(), EVERY_MS);
}

function show(status: RelayStatus): void {
  document.title = `${status.relay}${status.well ? '' : ': not well'}`;
  document.body.classList.remove('stale');
  title.textContent = status.relay;
  badge.textContent = status.well ? 'well' : 'not well';
  badge.className = status.well ? 'badge good' : 'badge bad';
  stamp.textContent = `site ${status.site}, ${clock(status.time)}`;
  const troubles = status.troubles.map((text) => element('p', { class: 'trouble' }, text));
  words.replaceChildren(...troubles, ...status.remarks.map((text) => element('p', {}, text)));
  figures.replaceChildren(...tiles(status));
  redraw(queuePart, element('h2', {}, 'Queues'), queues(status));
  if (status.workers.length > 1) redraw(workerPart, element('h2', {}, 'Workers'), workers(status));
  else workerPart.replaceChildren();
  if (status.doors) redraw(doorPart, element('h2', {}, 'Doors'), doors(status.doors, status.time));
  else doorPart.replaceChildren();
  const { from, matching, host } = status.page;
  const last = from + status.rows.length;
  const which = host === '' ? '' : ' with that in their name';
  place.textContent =
    status.rows.length === 0 ? `none${which}` : `${count(from + 1)} to ${count(last)} of ${count(matching)}${which}`;
  back.disabled = from === 0;
  on.disabled = last >= matching;
  redraw(
    hostPart,
    hosts(status, (sort) => ask({ sort, from: 0 })),
  );
}

/** The new in the place of the old; focus and the place scrolled to stay. */
function redraw(part: HTMLElement, ...children: readonly HTMLElement[]): void {
  const left = part.querySelector('.scroll')?.scrollLeft ?? 0;
  const buttons = () => [...part.querySelectorAll<HTMLElement>('button, .scroll')];
  const focused = buttons().indexOf(document.activeElement as HTMLElement);
  part.replaceChildren(...children);
  const scroll = part.querySelector('.scroll');
  if (scroll) scroll.scrollLeft = left;
  if (focused >= 0) buttons()[focused]?.focus({ preventScroll: true });
}

function lost(error: Error): void {
  document.body.classList.add('stale');
  badge.textContent = 'no answer';
  badge.className = 'badge bad';
  words.replaceChildren(
    element(
      'p',
      { class: 'trouble' },
      `The relay does not answer (${error.message}). What stands here is what it last said; it is asked again.`,
    ),
  );
}
