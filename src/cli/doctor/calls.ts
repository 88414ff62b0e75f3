import { lookup } from 'node:dns/promises';
import {
  type ExternalService,
  keyOf,
  type Settings,
  servicesOf,
} from '../../modules/external-services/settings.ts';
import type { HostConfig } from '../../server/config/config.ts';
import { ConfigError } from '../../server/config/problems.ts';
import type { ModuleDefinition } from '../../server/module.ts';
import { isIpAddress } from '../../transports/address.ts';
import { TurnClient } from '../../transports/turn-client.ts';
import type { TurnPlace } from '../../transports/turn-wire.ts';
import { type DoctorOptions, hostsOf, problemsOf, readConfig } from './doctor.ts';
import { type Finding, Findings } from './finding.ts';
import { checkRelay, explain } from './relay.ts';

/** The addresses of a name, of each family one; none where it has none. */
export type FindAddresses = (host: string) => Promise<readonly string[]>;

/**
 * Asks every STUN and TURN server that the hosts' clients are told of (XEP-0215) what they
 * would ask, with credentials as the server makes them. Throws `CliError` for an unknown host.
 */
export async function checkCalls(
  file: string,
  modules: readonly ModuleDefinition[],
  options: Pick<DoctorOptions, 'host'>,
  find: FindAddresses = addressesOf,
): Promise<readonly Finding[]> {
  const config = readConfig(file, modules);
  if (config instanceof ConfigError) return problemsOf(config);
  const hosts = hostsOf(config, options);
  const found = await Promise.all(hosts.map((host) => checkHost(host, find)));
  return found.flat();
}

async function checkHost(
  { domain, modules }: HostConfig,
  find: FindAddresses,
): Promise<readonly Finding[]> {
  const settings = modules.get('external-services') as Settings | false;
  const services = settings ? servicesOf(settings) : [];
  const findings = new Findings('calls');
  if (!services.some(({ type }) => type.startsWith('turn'))) {
    findings.warning(
      `${domain}: clients are told of no TURN server, so calls fail where both are behind firewalls.`,
      'Run one, such as coturn, and name it in modules.external-services: docs/calls.md says how.',
    );
  }
  const found = await Promise.all(services.map((each) => checkService(each, find)));
  return [...findings.all, ...found.flat()];
}

async function checkService(
  service: ExternalService,
  find: FindAddresses,
): Promise<readonly Finding[]> {
  const findings = new Findings('calls');
  const name = keyOf(service);
  const { transport, type, port, host } = service;
  if (transport === 'udp' && type.endsWith('s')) {
    const mend = 'Try it with a client that speaks DTLS, or let it be TCP.';
    findings.warning(`${name}: TLS over UDP was not looked at.`, mend);
    return findings.all;
  }
  const addresses = await find(host);
  if (addresses.length === 0) {
    const mend = `Add an A or AAAA record for ${host}, or correct modules.external-services.`;
    findings.error(`${name}: ${host} has no address.`, mend);
  }
  const checks = addresses.map((address) => {
    const place = { address, port, transport, isSecure: type.endsWith('s'), host };
    return checkPlace(service, place, isIpAddress(host) ? name : `${name} at ${address}`);
  });
  return [...findings.all, ...(await Promise.all(checks)).flat()];
}

/** As clients would choose among several. */
async function addressesOf(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true }).catch(() => []);
  const first = [4, 6].map((family) => found.find((each) => each.family === family)?.address);
  return first.filter((address) => address !== undefined);
}

async function checkPlace(
  service: ExternalService,
  place: TurnPlace,
  name: string,
): Promise<readonly Finding[]> {
  const findings = new Findings('calls');
  try {
    const seen = await askForAddress(place, name, findings);
    if (service.type.startsWith('turn')) await checkRelay(service, place, name, findings);
    else
      findings.ok(`${name}: tells clients how they look from outside (${seen} for this machine).`);
  } catch (error) {
    const [message, mend] = explain(error as NodeJS.ErrnoException, place);
    findings.error(`${name}: ${message}`, mend);
  }
  return findings.all;
}

/** STUN's one question (RFC 8489 §3), which TURN servers answer as well. */
async function askForAddress(place: TurnPlace, name: string, findings: Findings): Promise<string> {
  const client = await TurnClient.connect(place);
  try {
    if (client.certificateFault !== null) {
      findings.error(
        `${name}: clients refuse its certificate: ${client.certificateFault}.`,
        `Give the TURN server one for ${place.host} by an authority that clients trust (coturn: cert, pkey).`,
      );
    }
    return await client.bind();
  } finally {
    await client.close();
  }
}
