import type { Element } from '../../xml/element.ts';
import type { SignInFacts } from '../inline.ts';
import { SaslError } from '../sasl/mechanism.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Characters of a name that are kept. */
const MAX_NAME = 60;

/**
 * What `<user-agent/>` tells of the client (XEP-0388 §2.3). Throws `SaslError` for an id
 * that is no UUID: no other form has a meaning, and it is kept as long as the session.
 */
export function readUserAgent(
  authenticate: Element,
): Pick<SignInFacts, 'userAgent' | 'clientName'> {
  const element = authenticate.getChild('user-agent', SASL2);
  const id = element?.attrs.id ?? '';
  if (id !== '' && !UUID.test(id)) throw new SaslError('malformed-request');
  const names = ['software', 'device'].map((part) => shorten(element?.getChildText(part) ?? ''));
  const clientName = names.filter((name) => name !== '').join(', ');
  return { userAgent: id.toLowerCase(), clientName };
}

function shorten(name: string): string {
  return [...name.trim().replaceAll(/\s+/g, ' ')].slice(0, MAX_NAME).join('');
}
