import { buildChild, type Element, serialize } from '../xml/element.ts';
import type { Stanza } from '../xmpp/stanza.ts';

/** Bytes of content that are shown at most. */
const MAX_CONTENT = 16_384;
const HIDDEN = '…';
/** What tells of the protocol, and nothing of people. */
const PLAIN_ATTRIBUTES =
  /^(xmlns(:.*)?|type|id|node|var|ver|hash|subscription|ask|action|affiliation|role|code|by|stamp|seconds)$/;
/** Nobody but the server may see what stands in these (XEP-0077, XEP-0078). */
const SECRET_NAMESPACES = /^jabber:iq:(register|auth)$/;

/**
 * A stanza as operators may see it: which elements there are, but neither their text
 * nor the names and addresses in them. With bodies all is shown, but for passwords.
 */
export function stanzaText(stanza: Stanza, withBodies: boolean): string {
  const { content } = stanza;
  const size = content.contentEnd - content.contentStart;
  const head = stanza.head();
  const tail = `</${stanza.kind}>`;
  if (size > MAX_CONTENT) return `${head}${HIDDEN} ${size} bytes ${HIDDEN}${tail}`;
  const children = content.children.map((child) => {
    const element = buildChild(content, child);
    if (!withBodies || SECRET_NAMESPACES.test(child.xmlns)) hideAll(element);
    else hidePasswords(element);
    return serialize(element);
  });
  return head + children.join('') + tail;
}

function hideAll(element: Element): void {
  for (const name of Object.keys(element.attrs)) {
    if (!PLAIN_ATTRIBUTES.test(name)) element.attrs[name] = HIDDEN;
  }
  element.children = element.children.map((child) => (typeof child === 'string' ? HIDDEN : child));
  for (const child of element.getChildElements()) hideAll(child);
}

function hidePasswords(element: Element): void {
  if (element.getName() === 'password' || element.attrs.var === 'password') hideAll(element);
  else for (const child of element.getChildElements()) hidePasswords(child);
}
