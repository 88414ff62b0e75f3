import { BlockList, isIP, isIPv6 } from 'node:net';

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address that came in through an IPv6 socket, as IPv4; others as they are. */
export function plainAddress(address: string): string {
  return IPV4_IN_IPV6.exec(address)?.[1] ?? address;
}

/** Whether it is one, and no name. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}

export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || plain.startsWith('127.');
}

/** Networks that only their own machines reach (RFC 6890, RFC 4193, RFC 6598). */
const PRIVATE = new BlockList();
for (const network of [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
]) {
  addNetwork(network, 'ipv4');
}
for (const network of ['fc00::/7', 'fe80::/10']) addNetwork(network, 'ipv6');

function addNetwork(network: string, family: 'ipv4' | 'ipv6'): void {
  const [address = '', prefix] = network.split('/');
  PRIVATE.addSubnet(address, Number(prefix), family);
}

/** Whether an address counts only within some network, and leads elsewhere in others. */
export function isPrivate(address: string): boolean {
  const plain = plainAddress(address);
  return PRIVATE.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/**
 * What counts as one peer for limits: an IPv4 address, or the /64 network that
 * an IPv6 subscriber commonly has all to itself.
 */
export function peerKey(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + after < 8) groups.push('0');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
