import { Jid, JidError } from '../../xmpp/jid.ts';
import type { ServedHost } from '../server.ts';
import { AdminError } from './command.ts';

/**
 * The account that an operator names, prepared (RFC 7622).
 * @throws {AdminError} for what is no bare JID of a host that is served here.
 */
export function accountAddress(text: string, domains: readonly string[]): Jid {
  const jid = anyAddress(text);
  if (!jid.local || !jid.isBare) {
    const example = `${jid.local || text}@${domains[0] ?? 'example.org'}`;
    throw new AdminError('bad-address', `"${text}" is no account.`, `Write it as ${example}.`);
  }
  requireServed(jid.domain, domains);
  return jid;
}

/** As `accountAddress`, and a resource may follow. */
export function sessionAddress(text: string, domains: readonly string[]): Jid {
  const jid = anyAddress(text);
  accountAddress(jid.bareString, domains);
  return jid;
}

/** @throws {AdminError} that lists the domains which are served. */
export function requireServed(domain: string, domains: readonly string[]): void {
  if (domains.includes(domain)) return;
  const hint = `Served: ${domains.join(', ')}.`;
  throw new AdminError('unknown-host', `The domain ${domain} is not served here.`, hint);
}

/** @throws {AdminError} for a host that keeps no accounts. */
export function requireKept(served: ServedHost): ServedHost {
  const { kind, domain } = served.host;
  if (kind === 'accounts') return served;
  const message = `No accounts are kept at ${domain}, where everybody is anonymous.`;
  throw new AdminError('bad-address', message, 'See signIn.anonymous in the configuration.');
}

/**
 * Whatever an operator names, prepared (RFC 7622).
 * @throws {AdminError} for what is no JID.
 */
export function anyAddress(text: string): Jid {
  try {
    return Jid.parse(text);
  } catch (error) {
    if (!(error instanceof JidError)) throw error;
    throw new AdminError('bad-address', `"${text}" is no address: ${error.text}.`);
  }
}
