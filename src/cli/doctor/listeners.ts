import { domainToASCII } from 'node:url';
import type { ServerStatus } from '../../server/admin/ports.ts';
import type { ComponentConfig, ListenerConfig } from '../../server/config/config.ts';
import { isLoopback } from '../../transports/address.ts';
import { tryPort } from '../../transports/client-wire.ts';
import { explainFailure } from '../failure.ts';
import { formatPlace } from '../server.ts';
import { type Credentials, type SignedIn, SignInError, signIn } from './client.ts';
import { type Finding, Findings } from './finding.ts';
import { ownerOfPort } from './system.ts';

/** Whether each port is listened on, or could be where no server runs. */
export async function checkPorts(
  listeners: readonly ListenerConfig[],
  status: ServerStatus | null,
): Promise<readonly Finding[]> {
  const findings = new Findings('ports');
  for (const listener of listeners) {
    if (status) checkListening(listener, status, findings);
    else await checkFree(listener, findings);
  }
  return findings.all;
}

/** Whether each component is connected, where a server runs. */
export function checkComponents(
  components: readonly ComponentConfig[],
  status: ServerStatus | null,
): readonly Finding[] {
  const findings = new Findings('components');
  for (const { domain } of status ? components : []) {
    const found = status?.components.find((each) => each.domain === domain);
    if (found?.address) findings.ok(`${domain} is connected from ${found.address}.`);
    else if (found) {
      const mend = "Start it; when its secret is wrong, the server's log says so.";
      findings.warning(`The component ${domain} is not connected.`, mend);
    } else {
      const mend = 'Let the server take the file: epode reload';
      findings.error(`The running server knows no component ${domain}.`, mend);
    }
  }
  return findings.all;
}

function checkListening(listener: ListenerConfig, status: ServerStatus, findings: Findings): void {
  const { address, port } = listener;
  const place = formatPlace(address ?? '*', port);
  const isThere = status.listeners.some(
    (each) => each.port === port && each.address === (address ?? '*'),
  );
  if (isThere) findings.ok(`The server listens on ${place}.`);
  else {
    findings.error(
      `The file has a listener on ${place}, but the running server has none.`,
      'Listeners change with a restart: restart the server.',
    );
  }
}

async function checkFree({ address, port }: ListenerConfig, findings: Findings): Promise<void> {
  const place = formatPlace(address ?? '*', port);
  const error = await tryPort(address, port);
  if (!error) {
    findings.ok(`${place} is free for the server to listen on.`);
    return;
  }
  const [message = '', mend = ''] = explainFailure(error).split('\n');
  const owner = error.code === 'EADDRINUSE' ? ownerOfPort(port) : null;
  findings.error(owner === null ? message : `${message} It is process ${owner}.`, mend);
}

/** How one host was found on one listener, with the certificate that it has sent. */
export interface Visit {
  readonly finding: Finding;
  readonly place: string;
  /** Null where it did not come to TLS. */
  readonly fingerprint: string | null;
}

/** Signs in as a client, or goes as far as that would be possible without credentials. */
export async function visit(
  listener: ListenerConfig,
  domain: string,
  credentials: Credentials | null,
): Promise<Visit> {
  const findings = new Findings('sign-in');
  const address = addressOf(listener);
  const place = formatPlace(address, listener.port);
  const { type, port } = listener;
  const destination = {
    ...{ address, port, serverName: domainToASCII(domain) || domain },
    directTls: type === 'c2s-tls' || type === 'https',
    webSocket: type === 'http' || type === 'https',
  };
  const where = `${domain} on ${place} (${WAYS[type]})`;
  // Browsers sign in without TLS on this machine alone, and proxies have TLS before them.
  const isForProxies = type === 'http' && !isLoopback(address);
  try {
    const found = await signIn(destination, domain, isForProxies ? null : credentials);
    if (isForProxies) findings.ok(`${where}: it answers; clients sign in through a proxy.`);
    else tell(where, { ...found, isSecure: found.isSecure || type === 'http' }, findings);
    return { finding: findings.all[0]!, place, fingerprint: found.fingerprint };
  } catch (error) {
    if (!(error instanceof SignInError)) throw error;
    findings.error(`${where}: ${error.step} failed: ${error.message}.`, mendOf(error));
    return { finding: findings.all[0]!, place, fingerprint: error.fingerprint };
  }
}

/** By type of listener. */
const WAYS: Readonly<Record<ListenerConfig['type'], string>> = {
  c2s: 'STARTTLS',
  'c2s-tls': 'direct TLS',
  component: 'component',
  http: 'WebSocket without TLS',
  https: 'WebSocket',
};

function tell(where: string, found: SignedIn, findings: Findings): void {
  if (!found.isSecure) {
    findings.error(
      `${where}: the server offers no TLS.`,
      'Whoever is on the way can read passwords: give the host a certificate.',
    );
  } else if (found.jid !== '') findings.ok(`${where}: signed in with ${found.mechanism}.`);
  else findings.ok(`${where}: a client could sign in.`);
}

/** Where a program on this machine reaches it. */
function addressOf({ address }: ListenerConfig): string {
  if (address === null || address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

const MENDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'Nothing listens there: restart the server.'],
  ['EHOSTUNREACH', "Look at the machine's addresses and firewall."],
  ['not-authorized', 'The password is wrong, or the account does not exist.'],
  ['account-disabled', 'The account may not sign in: epode user enable.'],
  ['policy-violation', "A limit was exceeded; see the server's log, and limits and signIn."],
  ['resource-constraint', 'The account has too many sessions: signIn.sessionsPerAccount.'],
  ['temporary-auth-failure', "The server is busy or its store fails; see the server's log."],
]);

function mendOf({ condition, step, message }: SignInError): string {
  const known = MENDS.get(condition);
  if (known) return known;
  if (message === 'it hung up' && step !== 'signing in') {
    return 'Perhaps it takes no more connections: epode status, limits.connections and connectionsPerAddress. At log.level debug the log tells.';
  }
  return "See the server's log, at log.level debug.";
}
