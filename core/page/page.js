// The plain page. Everything that came from outside is set as text, never as markup.

const at = (id) => document.getElementById(id);

async function ask(path, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ''));
  const answer = await fetch(query.size > 0 ? `${path}?${query}` : path);
  const body = await answer.json();
  if (body.status === 'error') throw new Error(body.error);
  return body;
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** rows: arrays of [text, class] or text. */
function fill(table, heads, rows) {
  const head = element('tr');
  for (const text of heads) head.append(element('th', text));
  const body = rows.map((cells) => {
    const row = element('tr');
    for (const cell of cells) {
      const [text, className] = Array.isArray(cell) ? cell : [cell, typeof cell === 'number' ? 'number' : ''];
      row.append(element('td', typeof text === 'number' ? text.toLocaleString('en-GB') : text, className));
    }
    return row;
  });
  table.replaceChildren(...(rows.length > 0 ? [head, ...body] : []));
}

function ago(ms) {
  if (ms === null) return '';
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

async function showHealth() {
  const view = await (await fetch('/healthz')).json();
  const ill = view.parts.filter((part) => !part.well);
  at('health').textContent =
    ill.length === 0 ? 'All parts are well' : ill.map((part) => `${part.part}: ${part.why}`).join('; ');
  at('health').className = ill.length === 0 ? 'good' : 'bad';
}

async function showLedger() {
  const [ledger, fresh] = await Promise.all([ask('/api/v1/ledger'), ask('/api/v1/freshness')]);
  const words = ledger.words.map((text, i) =>
    element('li', text, i === ledger.words.length - 1 ? (ledger.balanced ? 'good' : 'bad') : ''),
  );
  at('ledger-words').replaceChildren(...words);
  const rows = ledger.tiers.flatMap((tier) =>
    tier.entries
      .filter((entry) => entry.in.frames > 0)
      .map((entry) => [
        `${tier.tier} ${tier.name}`,
        entry.class,
        entry.in.items,
        entry.out.items,
        entry.queued.items,
        entry.repeated.items,
        Object.entries(entry.dropped)
          .filter(([, amount]) => amount.items > 0 || amount.frames > 0)
          .map(([reason, amount]) => `${amount.items} ${reason}`)
          .join(', ') || '0',
      ]),
  );
  fill(at('ledger'), ['where', 'class', 'in', 'out', 'queued', 'repeated', 'dropped'], rows);
  const say = (figure) =>
    figure.count === 0
      ? 'not measured yet'
      : `p50 ${figure.p50} s, p99 ${figure.p99} s, max ${figure.max.toFixed(2)} s`;
  at('freshness').textContent =
    `Sent to queryable: ${say(fresh.sentToQueryable)}. Sent to searchable: ${say(fresh.sentToSearchable)}.`;
}

async function showHosts() {
  const { hosts } = await ask('/api/v1/fleet');
  const by = (state) => hosts.filter((host) => host.state === state).length;
  at('host-count').textContent = `${by('connected')} connected, ${by('gone')} gone, ${by('unknown')} unknown`;
  const order = { unknown: 0, gone: 1, connected: 2 };
  const shown = hosts.sort((a, b) => order[a.state] - order[b.state] || (a.host < b.host ? -1 : 1)).slice(0, 500);
  fill(
    at('hosts'),
    ['host', 'state', 'relay', 'site', 'last seen', 'backlog', 'clock', 'version', 'why'],
    shown.map((host) => [
      [host.host, 'name'],
      [host.state, host.state === 'connected' ? 'good' : host.state === 'gone' ? 'bad' : 'unsure'],
      host.relay ?? '',
      host.site ?? '',
      ago(host.lastSeen),
      host.backlog.items,
      `${Math.round(host.clockSkewMs)} ms`,
      host.version ?? '',
      host.reason,
    ]),
  );
}

const EXAMPLES = [
  'node_load1',
  '100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m])))',
  'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes',
  'topk(10, rate(node_network_receive_bytes_total[1m]))',
  'count by (__name__) ({__name__=~".+"})',
];

async function runQuery(expression) {
  at('query').value = expression;
  const began = performance.now();
  try {
    const { data, warnings } = await ask('/api/v1/query', { query: expression, limit: '500' });
    const took = Math.round(performance.now() - began);
    const list =
      data.resultType === 'vector' || data.resultType === 'matrix' ? data.result : [{ metric: {}, value: data.result }];
    at('query-said').textContent =
      `${list.length} ${data.resultType === 'vector' ? 'series' : 'results'} in ${took} ms${warnings ? `; ${warnings.join('; ')}` : ''}`;
    fill(
      at('query-result'),
      ['series', 'value'],
      list.map((one) => [
        [nameOf(one.metric), 'name'],
        [one.value ? one.value[1] : `${one.values.length} samples`, 'number'],
      ]),
    );
  } catch (error) {
    at('query-said').textContent = error.message;
    fill(at('query-result'), [], []);
  }
}

function nameOf({ __name__: name = '', ...labels }) {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length > 0 ? `${name}{${pairs.join(', ')}}` : name || '{}';
}

let lines = [];
let lastSearch = null;

async function search(cursor) {
  const now = Date.now() / 1000;
  if (!cursor) {
    lines = [];
    lastSearch = {
      q: at('log-text').value,
      host: at('log-host').value.trim(),
      level: at('log-level').value,
      start: String(now - Number(at('log-span').value)),
      end: String(now + 1),
    };
  }
  try {
    const page = await ask('/api/v1/logs', { ...lastSearch, limit: '200', cursor: cursor ?? '' });
    lines.push(...page.lines);
    at('log-said').textContent =
      `${lines.length} lines shown; looked at ${page.scanned.lines.toLocaleString('en-GB')} lines in ${page.scanned.blocks} blocks`;
    at('log-more').hidden = page.next === null;
    at('log-more').onclick = () => search(page.next);
    fill(
      at('log-lines'),
      ['time', 'host', 'level', 'service', 'message'],
      lines.map((line) => [
        line['@timestamp'],
        [line['host.name'], 'name'],
        [line['log.level'], /error|fatal/.test(line['log.level']) ? 'bad' : ''],
        line['service.name'],
        [line.message, 'text'],
      ]),
    );
  } catch (error) {
    at('log-said').textContent = error.message;
  }
}

for (const expression of EXAMPLES) {
  const button = element('button', expression);
  button.type = 'button';
  button.addEventListener('click', () => runQuery(expression));
  at('examples').append(button);
}
at('query-form').addEventListener('submit', (event) => {
  event.preventDefault();
  runQuery(at('query').value);
});
at('log-form').addEventListener('submit', (event) => {
  event.preventDefault();
  search(null);
});

async function refresh() {
  const done = await Promise.allSettled([showHealth(), showLedger(), showHosts()]);
  const failed = done.find((result) => result.status === 'rejected');
  if (failed) {
    at('health').textContent = `The core does not answer: ${failed.reason.message}`;
    at('health').className = 'bad';
  }
  setTimeout(refresh, document.hidden ? 30_000 : 3000);
}
refresh();
