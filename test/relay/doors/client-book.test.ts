import { expect, test } from 'vitest';
import { ClientBook } from '../../../relay/doors/client-book.ts';

const TOOK = { samples: 2, lines: 1, refused: 0 };

test('what a client brings is added up by door, the one heard last stands first, and names without end take no memory', () => {
  const book = new ClientBook();
  book.took('remote_write', { name: 'a', address: '10.0.0.1' }, TOOK, 1000);
  book.took('otlp', { name: 'a' }, TOOK, 2000);
  book.took('remote_write', { name: 'a', address: '10.0.0.2' }, { ...TOOK, refused: 5 }, 3000);
  expect(book.rows()).toEqual({
    clients: 2,
    rows: [
      {
        door: 'remote_write',
        client: 'a',
        address: '10.0.0.2',
        since: 1000,
        last: 3000,
        samples: 4,
        lines: 2,
        refused: 5,
      },
      { door: 'otlp', client: 'a', address: null, since: 2000, last: 2000, ...TOOK },
    ],
  });
  for (let i = 0; i < 5000; i++) book.took('otlp', { name: `n${i}` }, TOOK, 4000 + i);
  const { clients, rows } = book.rows();
  expect(clients).toBe(1000);
  expect(rows).toHaveLength(50);
  expect(rows[0]!.client).toBe('n4999');
});
