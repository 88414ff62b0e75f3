import { createSecureContext } from 'node:tls';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Deadlines } from '../../src/lib/deadlines.ts';
import type { Connection, ConnectionListener } from '../../src/stream/connection.ts';
import { connectMemory, type MemoryPeer } from '../../src/transports/memory.ts';
import type { Frame, StreamHeader, XmlError } from '../../src/xml/frame.ts';
import { BEFORE_LOGIN } from '../stream/stub-host.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** Writes down what a connection tells it. */
class Diary implements ConnectionListener {
  readonly entries: string[] = [];

  onHeader(header: StreamHeader): void {
    this.entries.push(`header ${header.name}`);
  }
  onFrame(frame: Frame): void {
    this.entries.push(`frame ${frame.name}`);
  }
  onFooter(): void {
    this.entries.push('footer');
  }
  onError(error: XmlError): void {
    this.entries.push(`error ${error.condition}`);
  }
  onSecure(): void {
    this.entries.push('secure');
  }
  onActivity(): void {}
  onClose(error?: Error): void {
    this.entries.push(`close ${error?.message ?? ''}`.trim());
  }
  onShutdown(): void {}
  onOverflow(): void {
    this.entries.push('overflow');
  }
}

let clock: ManualClock;
let diary: Diary;
let server: Connection;
let peer: MemoryPeer;
let heard: string;

beforeEach(() => {
  clock = new ManualClock();
  diary = new Diary();
  heard = '';
  const listen = (connection: Connection) => {
    server = connection;
    return diary;
  };
  const deadlines = new Deadlines(clock);
  peer = connectMemory(listen, { deadlines, limits: BEFORE_LOGIN, queueLimit: 1000 });
  peer.onText = (text) => {
    heard += text;
  };
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('carries both directions, characters cut apart included', async () => {
  for (const byte of Buffer.from("<s xmlns='ü'><a/>")) peer.write(Buffer.of(byte));
  expect(diary.entries).toEqual(['header s', 'frame a']);
  server.send('<ü>');
  server.sendParts('<b>', Buffer.from('ü</b>'));
  expect(heard).toBe('');
  await turn();
  expect(heard).toBe('<ü><b>ü</b>');
});

test('a restart expects a new header in what was written already', () => {
  peer.write('<s><a/>');
  server.restart();
  peer.write('<t><b/>');
  expect(diary.entries).toEqual(['header s', 'frame a', 'header t', 'frame b']);
});

test('TLS is pretended, and drops what was written before it', () => {
  peer.write('<s><a/>');
  server.pause();
  peer.write('<b/>');
  expect(server.isSecure).toBe(false);
  server.startTls(createSecureContext());
  server.resume();
  expect(server.isSecure).toBe(true);
  peer.write('<t><c/>');
  expect(diary.entries).toEqual(['header s', 'frame a', 'secure', 'header t', 'frame c']);
});

describe('the end', () => {
  test('of both sides closes the connection, whoever begins', () => {
    server.send('<bye/>');
    server.end();
    expect(heard).toBe('<bye/>');
    expect(peer.hasEnded).toBe(true);
    peer.write('<s>');
    expect(diary.entries).toEqual(['header s']);
    peer.end();
    expect(diary.entries).toEqual(['header s', 'close']);
    expect(server.isClosed).toBe(true);
  });

  test('of the peer comes behind what it wrote before', async () => {
    peer.write('<s>');
    server.pause();
    peer.write('<a/>');
    peer.end();
    expect(diary.entries).toEqual(['header s']);
    server.send('<answer/>');
    server.resume();
    expect(diary.entries).toEqual(['header s', 'frame a', 'close']);
    expect(heard).toBe('<answer/>');
  });

  test('of ours alone closes it after five seconds', () => {
    server.end();
    clock.advance(4000);
    expect(diary.entries).toEqual([]);
    clock.advance(1000);
    expect(diary.entries).toEqual(['close']);
  });

  test('by a reset is told with its cause', () => {
    peer.destroy();
    peer.write('<s>');
    expect(diary.entries).toEqual(['close connection reset']);
  });

  test('by dropping loses what was queued', async () => {
    server.send('<bye/>');
    server.destroy();
    server.destroy();
    await turn();
    expect(heard).toBe('');
    expect(diary.entries).toEqual(['close']);
    expect(peer.hasEnded).toBe(true);
  });
});

test('a peer that does not read overflows', async () => {
  peer.stopReading();
  server.send('x'.repeat(900));
  await turn();
  expect(server.queuedBytes).toBe(900);
  server.send('x'.repeat(200));
  await turn();
  expect(diary.entries).toEqual(['overflow']);
});
