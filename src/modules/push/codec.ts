import type { PushRegistration } from '../../storage/push-port.ts';
import { Element, parseElement, serialize } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { dataForm, FORM_TYPE, makeField, makeForm, NS_FORMS } from '../../xmpp/forms.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

export const NS_PUSH = 'urn:xmpp:push:0';
const NS_PUBSUB = 'http://jabber.org/protocol/pubsub';
const PUBLISH_OPTIONS = 'http://jabber.org/protocol/pubsub#publish-options';
const SUMMARY = 'urn:xmpp:push:summary';
/** Not of a XEP: by this services know that they must not wait (Tigase, Siskin). */
const NS_PRIORITY = 'tigase:push:priority:0';

/** Characters of a node, and of a form. */
const MAX_NODE = 1_023;
const MAX_OPTIONS = 8_192;

/** What a notification tells; a part that is null is left out. */
export interface Summary {
  readonly count: number | null;
  readonly sender: string | null;
  readonly body: string | null;
  /** Whether it must not wait: devices ring, or stop. */
  readonly isUrgent: boolean;
  /** Whether the service is told so. */
  readonly isMarked: boolean;
}

/** XEP-0357 §5. Throws `StanzaError`. */
export function decodeEnable(enable: Element): { service: Jid; registration: PushRegistration } {
  const service = decodeService(enable);
  const node = decodeNode(enable) ?? '';
  const form = enable.getChild('x', NS_FORMS);
  const options = form ? decodeOptions(form) : null;
  return { service, registration: { service: service.toString(), node, options } };
}

/** XEP-0357 §6; without a node, all of the service are meant. Throws `StanzaError`. */
export function decodeDisable(disable: Element): { service: string; node: string | null } {
  return { service: decodeService(disable).toString(), node: decodeNode(disable) };
}

/** The publish request of XEP-0357 §7. */
export function encodePublish({ node, options }: PushRegistration, summary: Summary): Element {
  const pubsub = new Element('pubsub', { xmlns: NS_PUBSUB });
  const publish = pubsub.c('publish', node === '' ? {} : { node });
  const notification = publish.c('item').c('notification', { xmlns: NS_PUSH });
  notification.cnode(encodeSummary(summary));
  if (summary.isMarked) notification.c('priority', { xmlns: NS_PRIORITY }).t('high');
  if (options !== null) pubsub.c('publish-options').cnode(parseElement(options));
  return pubsub;
}

function encodeSummary({ count, sender, body }: Summary): Element {
  const values = [
    ['message-count', count === null ? null : String(count)],
    ['last-message-sender', sender],
    ['last-message-body', body],
  ] as const;
  const fields = values.flatMap(([name, value]) =>
    value === null ? [] : [makeField(name, 'text-single', { values: [value] })],
  );
  return dataForm.encode(makeForm('submit', SUMMARY, { fields }));
}

function decodeService({ attrs: { jid } }: Element): Jid {
  if (jid === undefined) throw new StanzaError('bad-request', 'jid is missing');
  try {
    return Jid.parse(jid);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', error.text);
    throw error;
  }
}

function decodeNode({ attrs: { node } }: Element): string | null {
  if (node !== undefined && node.length > MAX_NODE) {
    throw new StanzaError('not-acceptable', `node is longer than ${MAX_NODE} characters`);
  }
  return node ?? null;
}

/** The node of which the service says that the account may not publish there any more (XEP-0357 §8). */
export function decodeWithdrawal(stanza: Stanza, account: Jid): { node: string | null } | null {
  const pubsub = stanza.child('pubsub', NS_PUBSUB);
  const isHis = ({ attrs }: Element) =>
    attrs.jid === account.toString() && ['none', 'outcast'].includes(attrs.affiliation ?? '');
  const isWithdrawn = pubsub?.getChildren('affiliation', NS_PUBSUB).some(isHis);
  return isWithdrawn ? { node: pubsub?.attrs.node ?? null } : null;
}

/** Whatever the service wants to get with each notification; we do not read it. */
function decodeOptions(form: Element): string {
  const decoded = dataForm.decode(form);
  const formType = decoded.fields.find((field) => field.var === FORM_TYPE)?.values[0];
  if (decoded.type !== 'submit' || formType !== PUBLISH_OPTIONS) {
    throw new StanzaError('bad-request', `the form is no submitted ${PUBLISH_OPTIONS}`);
  }
  const text = serialize(dataForm.encode(decoded));
  if (text.length <= MAX_OPTIONS) return text;
  throw new StanzaError('not-acceptable', `the form is longer than ${MAX_OPTIONS} characters`);
}
