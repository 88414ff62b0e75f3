import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA', 33: 'SRV' };
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

/** Records by `name type`: an address, or `port target`. */
export type Zone = Readonly<Record<string, readonly string[]>>;

/** A name server on loopback that knows one zone (RFC 1035 §4). */
export async function serveNames(zone: Zone) {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    socket.send(answerTo(query, zone), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, close: () => socket.close() };
}

function answerTo(query: Buffer, zone: Zone): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const question = query.subarray(12, end);
  const name = readName(question);
  const type = TYPES[question.readUInt16BE(question.length - 4)] ?? '';
  const records = zone[`${name} ${type}`] ?? [];
  const isKnown = Object.keys(zone).some((key) => key.startsWith(`${name} `));
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580 | (isKnown ? NO_ERROR : NO_SUCH_NAME), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question, ...records.map((each) => record(type, each, question))]);
}

function record(type: string, text: string, question: Buffer): Buffer {
  const data = dataOf(type, text);
  // The question's name, its type and class, a minute to live.
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  question.copy(head, 2, question.length - 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(type: string, text: string): Buffer {
  if (type === 'A') return Buffer.from(text.split('.').map(Number));
  if (type === 'AAAA') return Buffer.from(text.split(':').join(''), 'hex');
  const [port = '', target = ''] = text.split(' ');
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(Number(port), 4);
  return Buffer.concat([numbers, writeName(target)]);
}

function readName(question: Buffer): string {
  const labels: string[] = [];
  for (let at = 0; question[at]; at += question[at]! + 1) {
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]!));
  }
  return labels.join('.').toLowerCase();
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const parts = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.of(0)]);
}
