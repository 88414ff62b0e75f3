import { isIPv4, isIPv6 } from 'node:net';
import { plainAddress } from './address.ts';

/**
 * The header of HAProxy's PROXY protocol, by which a proxy tells whose connection it
 * passes on. Versions 1 (text) and 2 (binary) of its specification.
 */

/** What a whole header says. */
export interface ProxyHeader {
  /** The client's; null where the proxy speaks for itself, or knows none. */
  readonly address: string | null;
  /** Bytes that the header takes; what follows is the client's. */
  readonly length: number;
}

/** What came is no header, or none that we take. */
export class ProxyHeaderError extends Error {}

/** With its line break (§2.1). */
const MAX_TEXT_BYTES = 107;
/** §2.2 has room for 64 KiB of what a proxy may want to add. */
const MAX_BINARY_BYTES = 16_384;

const TEXT_START = Buffer.from('PROXY ');
const BINARY_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const FIXED_BYTES = BINARY_START.length + 4;

const LOCAL = 0x20;
const PROXIED = 0x21;
const STREAMS = { unspecified: 0x00, ipv4: 0x11, ipv6: 0x21, unix: 0x31 } as const;
const ADDRESSES_BYTES = { ipv4: 12, ipv6: 36 } as const;

/**
 * Reads the header that a connection begins with; null while it is not all there.
 * @throws {ProxyHeaderError} as soon as it cannot become one.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader | null {
  if (beginsLike(bytes, BINARY_START)) return readBinary(bytes);
  if (beginsLike(bytes, TEXT_START)) return readText(bytes);
  throw new ProxyHeaderError('no PROXY header');
}

function beginsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

function readText(bytes: Buffer): ProxyHeader | null {
  const end = bytes.subarray(0, MAX_TEXT_BYTES).indexOf('\r\n');
  if (end >= 0) return { address: textAddress(bytes.toString('latin1', 0, end)), length: end + 2 };
  if (bytes.length < MAX_TEXT_BYTES) return null;
  throw new ProxyHeaderError('the PROXY header does not end');
}

const TEXT_FAMILIES = new Map([
  ['TCP4', isIPv4],
  ['TCP6', isPlainIpv6],
]);

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 5222`; what follows UNKNOWN is not read (§2.1). */
function textAddress(line: string): string | null {
  const [, family = '', source = '', target = '', ...ports] = line.split(' ');
  if (family === 'UNKNOWN') return null;
  const isAddress = TEXT_FAMILIES.get(family);
  const isSound = ports.length === 2 && ports.every(isPort);
  if (isSound && isAddress?.(source) && isAddress(target)) return plainAddress(source);
  throw new ProxyHeaderError('the PROXY header is malformed');
}

function isPlainIpv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function readBinary(bytes: Buffer): ProxyHeader | null {
  if (bytes.length < FIXED_BYTES) return null;
  const [command, family] = [bytes[12]!, bytes[13]!];
  const length = FIXED_BYTES + bytes.readUInt16BE(14);
  if (length > MAX_BINARY_BYTES) throw new ProxyHeaderError('the PROXY header is too long');
  if (bytes.length < length) return null;
  // §2.2: whatever a proxy says of itself, the connection is its own.
  if (command === LOCAL) return { address: null, length };
  if (command !== PROXIED) throw new ProxyHeaderError('the PROXY header is of another version');
  return { address: binaryAddress(family, bytes.subarray(FIXED_BYTES, length)), length };
}

/** What stands behind the addresses (type, length, value) is not read. */
function binaryAddress(family: number, block: Buffer): string | null {
  if (family === STREAMS.unspecified || family === STREAMS.unix) return null;
  const kind = family === STREAMS.ipv4 ? 'ipv4' : 'ipv6';
  if (family !== STREAMS[kind] || block.length < ADDRESSES_BYTES[kind]) {
    throw new ProxyHeaderError('the PROXY header is malformed');
  }
  return plainAddress(kind === 'ipv4' ? ipv4(block) : ipv6(block));
}

function ipv4(bytes: Buffer): string {
  return [...bytes.subarray(0, 4)].join('.');
}

/** In the canonical form (RFC 5952), which Node.js' URLs have as well. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16));
  const isMapped = groups.slice(0, 5).every((each) => each === '0') && groups[5] === 'ffff';
  if (isMapped) return ipv4(bytes.subarray(12));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
