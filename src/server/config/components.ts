import { z } from 'zod';
import { isLoopback } from '../../transports/address.ts';
import { prepareDomain } from '../../xmpp/domain.ts';
import { JidError } from '../../xmpp/jid-error.ts';
import type { ComponentConfig } from './config.ts';
import type { FileConfig } from './schema.ts';
import { secret } from './secret.ts';
import type { SectionReader } from './sections.ts';

const component = z.strictObject({
  secret: secret().describe('Shows that it is the component.'),
  conflict: z
    .enum(['replace', 'refuse'])
    .default('replace')
    .describe('When it connects once more: end the old connection, or refuse the new one.'),
  name: z.string().min(1).max(200).optional().describe('What people see in lists of services.'),
  hosts: z
    .array(z.string())
    .optional()
    .describe(
      'The hosts whose clients find it; those that its domain is below of, where it is not given.',
    ),
});

export const componentsSchema = z.record(z.string(), component);

/** The components, prepared; problems go to `reader`. `domains` are those of the hosts. */
export function resolveComponents(
  reader: SectionReader,
  { components, listeners }: FileConfig,
  domains: readonly string[],
): ComponentConfig[] {
  refuseImplicitAddress(reader, listeners);
  const taken = new Set(domains);
  return Object.entries(components).map(([key, { secret, conflict, name = '', hosts }]) => {
    const path = ['components', key];
    const domain = prepared(reader, key, path);
    if (taken.has(domain)) refuse(reader, path, `${key} is served already`, 'give it another name');
    taken.add(domain);
    const isBelow = (host: string) => domain.endsWith(`.${host}`);
    const found = hosts?.map((host, index) => {
      const place = [...path, 'hosts', index];
      const own = prepared(reader, host, place);
      if (!domains.includes(own)) refuse(reader, place, `${host} is no host of this server`);
      return own;
    });
    return { domain, secret, conflict, name, hosts: found ?? domains.filter(isBelow) };
  });
}

/** What is allowed and still deserves a second thought. */
export function componentWarnings({ components, listeners }: FileConfig): string[] {
  const places = listeners.filter(({ type }) => type === 'component');
  const isFar = ({ address }: { address: string }) => !isLoopback(address);
  const exposed = places.filter(isFar).map(({ address, port }) => `${address} port ${port}`);
  return [
    ...exposed.map(
      (place) => `components connect to ${place} unencrypted; anyone on the way can read along`,
    ),
    ...(Object.keys(components).length > 0 && places.length === 0
      ? ['components cannot connect: no listener is of type component']
      : []),
  ];
}

/** Nobody is to open this port to the world by leaving a line out. */
function refuseImplicitAddress(reader: SectionReader, listeners: FileConfig['listeners']): void {
  for (const [index, { type, proxyProtocol }] of listeners.entries()) {
    if (type !== 'component') continue;
    const path = ['listeners', index];
    if (!reader.document.has([...path, 'address'])) {
      const message = 'components speak without TLS: a listener for them has to say its address';
      refuse(reader, path, message, 'add "address: 127.0.0.1"');
    }
    if (proxyProtocol) {
      refuse(reader, [...path, 'proxyProtocol'], 'components come by no proxy', 'remove it');
    }
  }
}

function prepared(reader: SectionReader, text: string, path: readonly PropertyKey[]): string {
  try {
    return prepareDomain(text);
  } catch (error) {
    if (!(error instanceof JidError)) throw error;
    refuse(reader, path, `"${text}" is no domain: ${error.text}`);
    return text;
  }
}

function refuse(
  { problems, document }: SectionReader,
  path: readonly PropertyKey[],
  message: string,
  hint = '',
): void {
  problems.push(document.atKey(path, message, hint));
}
