import { z } from 'zod';
import { defineModule } from '../server/module.ts';
import { dataForm, makeField, makeForm } from '../xmpp/forms.ts';
import { Jid, JidError } from '../xmpp/jid.ts';

/** What addresses are for (XEP-0157 §7.1), and what operators read of it. */
const PURPOSES = {
  abuse: 'reports of abuse',
  admin: 'writing to the people who run the service',
  feedback: 'praise and complaints',
  sales: 'sales',
  security: 'reports of security holes',
  status: 'news of whether the service is up',
  support: 'users who need help',
} as const;

type Purpose = keyof typeof PURPOSES;

const purposes = Object.keys(PURPOSES) as Purpose[];

const MAX_ADDRESSES = 20;
/** RFC 3986 §3, IRIs included. */
const URI = /^[a-z][a-z0-9+.-]*:[^\s\p{Cc}<>"\\^`{|}]+$/iu;

const uri = z
  .string()
  .max(1000)
  .refine(isUri, 'must be a URI such as mailto:abuse@example.org or xmpp:admin@example.org');

const addresses = (purpose: Purpose) =>
  z
    .array(uri)
    .max(MAX_ADDRESSES)
    .default([])
    .describe(`Addresses for ${PURPOSES[purpose]}, as URIs.`);

/** XEP-0157: whom to turn to, for everybody who asks what the server is. */
export default defineModule({
  name: 'contact-addresses',
  summary: 'Tells how to reach the people who run the server.',
  implements: [{ xep: 157, version: '1.1.1', status: 'complete' }],
  config: z.strictObject({
    abuse: addresses('abuse'),
    admin: addresses('admin'),
    feedback: addresses('feedback'),
    sales: addresses('sales'),
    security: addresses('security'),
    status: addresses('status'),
    support: addresses('support'),
  }),
  setup({ config }) {
    const fields = purposes
      .filter((purpose) => config[purpose].length > 0)
      .map((purpose) =>
        makeField(`${purpose}-addresses`, 'list-multi', { values: config[purpose] }),
      );
    if (fields.length === 0) return {};
    const form = makeForm('result', 'http://jabber.org/network/serverinfo', { fields });
    return { forms: { host: [dataForm.encode(form)] } };
  },
});

/** Whether it is one, and of the well-known schemes one that leads to somebody. */
function isUri(text: string): boolean {
  if (!URI.test(text)) return false;
  const colon = text.indexOf(':');
  const rest = text.slice(colon + 1);
  switch (text.slice(0, colon).toLowerCase()) {
    case 'mailto':
      return /^[^@?]+@[^@?]+(\?|$)/.test(rest);
    case 'xmpp':
      return isAddress(rest.replace(/[?#].*$/s, ''));
    case 'http':
    case 'https':
      return URL.canParse(text);
    default:
      return true;
  }
}

/** RFC 5122 §2.2: percent-encoded, and without authority, which would be an account to use. */
function isAddress(path: string): boolean {
  try {
    Jid.parse(decodeURIComponent(path));
    return true;
  } catch (error) {
    if (error instanceof JidError || error instanceof URIError) return false;
    throw error;
  }
}
