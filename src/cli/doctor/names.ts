import type { SrvRecord } from 'node:dns';
import type { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { domainToASCII } from 'node:url';
import type { ListenerConfig } from '../../server/config/config.ts';
import { type Finding, Findings } from './finding.ts';

/** What of Node's resolver is asked. */
export type NameSource = Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveSrv'>;

/** Where clients look without a record that says otherwise (RFC 6120 §3.2.2). */
const DEFAULT_PORT = 5222;
/** An IP literal as a domain (RFC 7622 §3.2): nothing to look up. */
const IS_ADDRESS = /^(\[.*\]|[\d.]+)$/;
/** The answers that say there is nothing of the kind. All others are none. */
const NOTHING = new Set(['ENOTFOUND', 'ENODATA']);

class NoAnswerError extends Error {}

/** Looks a domain up as clients do (RFC 6120 §3.2, XEP-0368 §3). */
export async function checkNames(
  domain: string,
  listeners: readonly ListenerConfig[],
  source: NameSource,
): Promise<readonly Finding[]> {
  const findings = new Findings('names');
  if (domain === 'localhost' || IS_ADDRESS.test(domain)) return [];
  try {
    await new Lookup(domain, listeners, source, findings).run();
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    findings.warning(
      `${domain}: no name server answers from here, so nothing is known of its records.`,
      'Ask from a machine that has one: dig _xmpp-client._tcp.<domain> SRV, dig <domain> A AAAA.',
    );
  }
  return findings.all;
}

class Lookup {
  readonly #domain: string;
  readonly #listeners: readonly ListenerConfig[];
  readonly #source: NameSource;
  readonly #findings: Findings;

  constructor(
    domain: string,
    listeners: readonly ListenerConfig[],
    source: NameSource,
    findings: Findings,
  ) {
    this.#domain = domain;
    this.#listeners = listeners;
    this.#source = source;
    this.#findings = findings;
  }

  async run(): Promise<void> {
    const name = domainToASCII(this.#domain);
    const [plain, direct] = await Promise.all([
      this.#services(`_xmpp-client._tcp.${name}`),
      this.#services(`_xmpps-client._tcp.${name}`),
    ]);
    if (plain.length + direct.length === 0) await this.#checkDefault(name);
    for (const record of plain) await this.#checkRecord(record, 'c2s', '_xmpp-client._tcp');
    for (const record of direct) await this.#checkRecord(record, 'c2s-tls', '_xmpps-client._tcp');
  }

  /** Without SRV records: the domain itself, port 5222. */
  async #checkDefault(name: string): Promise<void> {
    const addresses = await this.#addresses(name);
    if (addresses.length === 0) {
      this.#findings.error(
        `${this.#domain} has neither addresses nor SRV records: no client finds this server.`,
        `At whoever keeps the domain, add an A or AAAA record, or: _xmpp-client._tcp.${name} SRV 0 5 5222 <this machine's name>`,
      );
      return;
    }
    if (this.#listens('c2s', DEFAULT_PORT)) this.#compare(this.#domain, addresses);
    else {
      this.#findings.error(
        `${this.#domain} has no SRV records, so clients try port ${DEFAULT_PORT}, where no listener of the file is.`,
        `Add a listener { type: c2s, port: ${DEFAULT_PORT} }, or SRV records that name the ports.`,
      );
    }
  }

  async #checkRecord(
    { name, port }: SrvRecord,
    type: ListenerConfig['type'],
    service: string,
  ): Promise<void> {
    if (name === '' || name === '.') {
      this.#findings.warning(
        `${this.#domain}: the record ${service} says that there is no such service.`,
        'Remove it, or let it name this machine.',
      );
      return;
    }
    const addresses = await this.#addresses(name);
    if (addresses.length === 0) {
      this.#findings.error(
        `${this.#domain}: the record ${service} names ${name}, which has no address.`,
        `Add an A or AAAA record for ${name}, or correct the SRV record.`,
      );
      return;
    }
    if (!this.#listens(type, port)) {
      this.#findings.warning(
        `${this.#domain}: the record ${service} says port ${port}, where no listener of type ${type} is.`,
        'Right only if a router or proxy leads that port to a listener; else correct the record, or "listeners".',
      );
    }
    this.#compare(name, addresses);
  }

  #compare(name: string, addresses: readonly string[]): void {
    const own = ownAddresses();
    if (addresses.some((address) => own.has(address))) {
      this.#findings.ok(`${this.#domain}: ${name} leads to this machine.`);
      return;
    }
    this.#findings.warning(
      `${this.#domain}: ${name} leads to ${addresses.join(', ')}, which this machine does not have.`,
      'Right only if a router or proxy stands there that leads here; else correct the record.',
    );
  }

  #listens(type: ListenerConfig['type'], port: number): boolean {
    return this.#listeners.some((each) => each.type === type && each.port === port);
  }

  async #addresses(name: string): Promise<string[]> {
    const found = await Promise.all([
      this.#ask(() => this.#source.resolve4(name)),
      this.#ask(() => this.#source.resolve6(name)),
    ]);
    return found.flat();
  }

  #services(name: string): Promise<SrvRecord[]> {
    return this.#ask(() => this.#source.resolveSrv(name));
  }

  async #ask<T>(question: () => Promise<T[]>): Promise<T[]> {
    try {
      return await question();
    } catch (error) {
      if (NOTHING.has((error as NodeJS.ErrnoException).code ?? '')) return [];
      throw new NoAnswerError();
    }
  }
}

function ownAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return new Set(all.map(({ address }) => address));
}
