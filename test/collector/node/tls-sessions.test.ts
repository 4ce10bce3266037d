import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { expect, it } from 'vitest';
import { TlsSessions } from '../../../collector/node/tls-sessions.ts';

const ca = Buffer.from('an authority');
const certificate = { ca, cert: Buffer.from('a certificate') };
const renewed = { ca, cert: Buffer.from('the next one') };

it('offers each relay the newest ticket it gave, and none of another certificate', () => {
  const sessions = new TlsSessions();
  expect(sessions.of('relay-1:8883', certificate)).toBeUndefined();
  const socket = new EventEmitter() as unknown as TLSSocket;
  sessions.follow('relay-1:8883', certificate, socket);
  // Until the handshake is over there is none.
  expect(sessions.of('relay-1:8883', certificate)).toBeUndefined();
  socket.emit('session', Buffer.from('first'));
  socket.emit('session', Buffer.from('second'));
  expect(sessions.of('relay-1:8883', certificate)?.toString()).toBe('second');
  expect(sessions.of('relay-2:8883', certificate)).toBeUndefined();
  // It stands for who we were: the relay would go on seeing the old certificate.
  expect(sessions.of('relay-1:8883', renewed)).toBeUndefined();
  const next = new EventEmitter() as unknown as TLSSocket;
  sessions.follow('relay-1:8883', renewed, next);
  next.emit('session', Buffer.from('third'));
  expect(sessions.of('relay-1:8883', renewed)?.toString()).toBe('third');
  expect(sessions.of('relay-1:8883', certificate)).toBeUndefined();
});

it('offers none that another authority vouched for', () => {
  const sessions = new TlsSessions();
  const socket = new EventEmitter() as unknown as TLSSocket;
  sessions.follow('relay-1:8883', certificate, socket);
  socket.emit('session', Buffer.from('first'));
  expect(sessions.of('relay-1:8883', { ...certificate })?.toString()).toBe('first');
  // The relay's certificate is not looked at again with a ticket: it would be believed for as long as the ticket lives.
  expect(sessions.of('relay-1:8883', { ...certificate, ca: Buffer.from('the next authority') })).toBeUndefined();
  // The same bytes, with the border elsewhere.
  const moved = { ca: Buffer.from('an authoritya'), cert: Buffer.from(' certificate') };
  expect(sessions.of('relay-1:8883', moved)).toBeUndefined();
});
