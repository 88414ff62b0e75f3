import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Storage } from '../storage/ports.ts';
import { Gate } from './gate.ts';
import { HttpSource } from './http.ts';
import { InternalSource } from './internal.ts';
import { JwtSource } from './jwt.ts';
import { LdapSource } from './ldap.ts';
import type { AccountSource, SourceSettings } from './ports.ts';

/** What sources need of the server. */
export interface SourceDeps {
  readonly storage: Pick<Storage, 'users' | 'durability'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes the source of a host's accounts; it is asked nothing yet. */
export function openSource(
  domain: string,
  settings: SourceSettings,
  { storage, clock, log }: SourceDeps,
): AccountSource {
  if (settings.type === 'internal') return new InternalSource(domain, storage);
  const own = log.child({ host: domain, source: settings.type });
  const gate = new Gate(settings.timeout, { clock, log: own });
  switch (settings.type) {
    case 'http':
      return new HttpSource(domain, settings, gate);
    case 'jwt':
      return new JwtSource(domain, settings, gate);
    case 'ldap':
      return new LdapSource(settings, gate, () => clock.now());
  }
}
