import { randomBytes } from 'node:crypto';
import {
  type Credentials,
  credentialsUntil,
  makeCredentials,
} from '../../modules/external-services/credentials.ts';
import type { Access, ExternalService } from '../../modules/external-services/settings.ts';
import { isLoopback, isPrivate } from '../../transports/address.ts';
import { type Relay, TurnClient, TurnError, TurnSilence } from '../../transports/turn-client.ts';
import type { TurnPlace } from '../../transports/turn-wire.ts';
import type { Findings } from './finding.ts';

/** Milliseconds by which clocks may differ. */
const SKEW = 300_000;
/** Credentials that last for so many milliseconds suit every clock: ten years. */
const LONG = 315_360_000_000;
/** Peers that no call has: this machine, its networks, and what clouds tell their machines. */
const FORBIDDEN_PEERS = ['127.0.0.1', '10.0.0.1', '172.16.0.1', '192.168.0.1', '169.254.169.254'];

type Attempt = 'accepted' | 'refused';

/** Has a relay allocated as clients have, and looks at what it is and whom it would reach. */
export async function checkRelay(
  { access }: ExternalService,
  place: TurnPlace,
  name: string,
  findings: Findings,
): Promise<void> {
  if (!access) return;
  const alias = `doctor-${randomBytes(8).toString('hex')}`;
  const credentials = makeCredentials(access, Date.now(), () => alias);
  const client = await TurnClient.connect(place, credentials);
  try {
    const relay = await client.allocate();
    checkAddress(relay, place, name, findings);
    await checkPeers(client, name, findings);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await explainRefusal(access, place, name, findings);
    return;
  } finally {
    await client.close();
  }
  if (access.kind === 'shared-secret') await checkClock(access.secret, place, name, findings);
}

function checkAddress(relay: Relay, place: TurnPlace, name: string, findings: Findings): void {
  const { address, port, isFree } = relay;
  if (isFree) {
    findings.error(
      `${name}: relays for anybody, without credentials.`,
      'Let it ask for them (coturn: use-auth-secret, static-auth-secret, realm), or strangers will use it.',
    );
  }
  const isNear = isLoopback(address) || isPrivate(address) || isUnspecified(address);
  if (!isNear) findings.ok(`${name}: relays at ${address}:${port}.`);
  else if (!isLoopback(place.address) && !isPrivate(place.address)) {
    findings.error(
      `${name}: relays at ${address}, which nobody outside reaches.`,
      `Let it give its public address (coturn: external-ip=${place.address}).`,
    );
  } else {
    findings.warning(
      `${name}: relays at ${address}, so calls work only within this ${isLoopback(address) ? 'machine' : 'network'}.`,
      'Right for trying it out; else let it have a public address (coturn: listening-ip, external-ip).',
    );
  }
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

async function checkPeers(client: TurnClient, name: string, findings: Findings): Promise<void> {
  const reached: string[] = [];
  for (const peer of FORBIDDEN_PEERS) if (await client.permits(peer)) reached.push(peer);
  if (reached.length === 0) {
    findings.ok(`${name}: relays nothing to loopback and private addresses.`);
    return;
  }
  findings.warning(
    `${name}: relays to ${reached.join(', ')}, so that who has an account reaches machines behind it.`,
    'Deny these networks (coturn: denied-peer-ip, and no allow-loopback-peers); docs/calls.md has the list.',
  );
}

/** The secret is right; credentials have to end when the server's clock says so. */
async function checkClock(secret: string, place: TurnPlace, name: string, findings: Findings) {
  if ((await attempt(secret, SKEW, place)) === 'refused') {
    findings.warning(
      `${name}: its clock is more than ${SKEW / 60_000} minutes ahead of this machine's, so credentials end early.`,
      'Let both take the time from the network (chrony, systemd-timesyncd).',
    );
  } else if ((await attempt(secret, -SKEW, place)) === 'accepted') {
    findings.warning(
      `${name}: takes credentials that ended ${SKEW / 60_000} minutes ago.`,
      'Its clock is behind, or it does not look at the time (coturn: use-auth-secret).',
    );
  } else findings.ok(`${name}: credentials are made out, and end in time.`);
}

/** It asks for credentials, and these are not right. */
async function explainRefusal(access: Access, place: TurnPlace, name: string, findings: Findings) {
  if (access.kind === 'fixed') {
    findings.error(
      `${name}: refuses the username and password of the file.`,
      'Let both be the same here and there (coturn: lt-cred-mech, user).',
    );
  } else if ((await attempt(access.secret, LONG, place)) === 'accepted') {
    findings.error(
      `${name}: its clock is ahead of this machine's by more than the credentials last.`,
      'Let both take the time from the network (chrony, systemd-timesyncd).',
    );
  } else {
    findings.error(
      `${name}: refuses the credentials that are made of the secret.`,
      'Let "secret" be what the TURN server has (coturn: use-auth-secret, static-auth-secret); it reads its file only at the start.',
    );
  }
}

/** Whether credentials are taken that end in so many milliseconds. */
async function attempt(secret: string, end: number, place: TurnPlace): Promise<Attempt> {
  const alias = `doctor-${randomBytes(8).toString('hex')}`;
  const expires = Math.floor((Date.now() + end) / 1_000) * 1_000;
  const credentials: Credentials = credentialsUntil(expires, secret, alias);
  const client = await TurnClient.connect(place, credentials);
  try {
    await client.allocate();
    return 'accepted';
  } catch (error) {
    if (isRefusal(error)) return 'refused';
    throw error;
  } finally {
    await client.close();
  }
}

/** RFC 8489 §9.2.4: not signed rightly, or by nobody it knows. */
function isRefusal(error: unknown): boolean {
  return error instanceof TurnError && (error.code === 401 || error.code === 441);
}

/** What went wrong, in plain words, and how to mend it. */
export function explain(
  error: NodeJS.ErrnoException,
  place: TurnPlace,
): readonly [message: string, mend: string] {
  const { transport, port } = place;
  if (error instanceof TurnError) return explainAnswer(error);
  const open = `Let the firewall have ${transport.toUpperCase()} port ${port} open, and see whether it listens there.`;
  if (error instanceof TurnSilence) return ['nobody answers.', open];
  switch (error.code) {
    case 'ECONNREFUSED':
      return [`nobody listens on ${transport.toUpperCase()} port ${port}.`, open];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [
        'there is no way there from this machine.',
        'Clients may have one; look from elsewhere.',
      ];
    default:
      return [`${error.message}.`, open];
  }
}

/** RFC 8656 §19. */
function explainAnswer({ code, message }: TurnError): readonly [message: string, mend: string] {
  switch (code) {
    case 403:
      return ['forbids relaying.', 'See what it denies to whom (coturn: its log).'];
    case 442:
      return ['relays no UDP.', 'Let it (coturn: without no-udp-relay).'];
    case 486:
      return [
        'the account has as many relays as it may.',
        'Raise the quota (coturn: user-quota), or wait.',
      ];
    case 508:
      return [
        'has no room for another relay.',
        'Give it more ports (coturn: min-port, max-port, total-quota).',
      ];
    default:
      return [`answers with an error: ${message}.`, "The TURN server's log may say more."];
  }
}
