import { BlockList } from 'node:net';

/** Addresses and networks such as `10.0.0.0/8`, as the configuration has checked them. */
export class Networks {
  readonly #list = new BlockList();

  constructor(networks: readonly string[]) {
    for (const network of networks) this.#add(network);
  }

  /** `address` is plain: IPv4 that came through IPv6 is in none. */
  has(address: string): boolean {
    return address !== '' && this.#list.check(address, familyOf(address));
  }

  #add(network: string): void {
    const [address = '', bits] = network.split('/');
    if (bits === undefined) this.#list.addAddress(address, familyOf(address));
    else this.#list.addSubnet(address, Number(bits), familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
