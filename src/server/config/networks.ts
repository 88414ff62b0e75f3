import { z } from 'zod';

export const ipAddress = z.union([z.ipv4(), z.ipv6()]);

export function isIpAddress(text: string): boolean {
  return ipAddress.safeParse(text).success;
}

const network = z.union([ipAddress, z.cidrv4(), z.cidrv6()]);

function isNetwork(text: string): boolean {
  return network.safeParse(text).success;
}

/** Addresses and networks, such as those of proxies. */
export const networks = () =>
  z.array(z.string().refine(isNetwork, 'must be an IP address, or a network such as 10.0.0.0/8'));
