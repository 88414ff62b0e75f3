import { z } from 'zod';
import { slot } from '../lib/token.ts';
import type { Account } from '../server/accounts.ts';
import { size } from '../server/config/quantities.ts';
import { type AccountRequest, defineModule } from '../server/module.ts';
import type { Owner, PrivateName } from '../storage/ports.ts';
import { Element, parseElement, serialize } from '../xml/element.ts';
import { StanzaError } from '../xmpp/errors.ts';

const NS_PRIVATE = 'jabber:iq:private';
/** Namespaces of the protocols themselves, in which nobody keeps anything (XEP-0049 §2.3). */
const RESERVED = /^(|jabber:.*|http:\/\/jabber\.org\/.*|vcard-temp)$/;

/** Whether nobody may keep anything in this namespace. */
export function isReservedForProtocols(xmlns: string): boolean {
  return RESERVED.test(xmlns);
}

/** The last of the account's sets; the next one waits for it. */
const LastSet = slot<Promise<unknown>>('last set of private XML');

interface Piece {
  readonly name: PrivateName;
  readonly xml: string;
}

/** XEP-0049. */
export default defineModule({
  name: 'private-xml',
  summary: 'Keeps what clients store for themselves: bookmarks, notes, settings.',
  implements: [{ xep: 49, version: '1.2', status: 'complete' }],
  config: z.strictObject({
    maxElements: z.number().int().positive().default(100).describe('Elements of one account.'),
    maxBytes: size({ min: '1 KiB', max: '100 MiB' })
      .prefault('1 MiB')
      .describe('Bytes of all elements of one account.'),
  }),
  setup({ config, storage }) {
    const { privateXml, durability } = storage;

    /** §2.3; what was never set comes back as it was asked for. */
    const get = async ({ account, payload }: AccountRequest): Promise<Element> => {
      const names = childrenOf(payload).map(nameOf);
      assertOneNamespace(names);
      assertCount(names.length);
      const query = new Element('query', { xmlns: NS_PRIVATE });
      for (const { name, xmlns } of names) {
        const xml = await privateXml.find(account.owner, { name, xmlns });
        query.cnode(xml === null ? new Element(name, { xmlns }) : parseElement(xml));
      }
      return query;
    };

    const set = ({ account, payload }: AccountRequest): Promise<null> => {
      const pieces = childrenOf(payload).map(pieceOf);
      assertDistinct(pieces);
      assertCount(pieces.length);
      return inTurn(account, () => put(account.owner, pieces));
    };

    /** All of them or none. */
    const put = async (owner: Owner, pieces: readonly Piece[]): Promise<null> => {
      const { elements, bytes } = await usageBeside(owner, pieces);
      assertCount(elements + pieces.length);
      const more = pieces.reduce((sum, { xml }) => sum + Buffer.byteLength(xml), 0);
      if (bytes + more > config.maxBytes) throw full(`${config.maxBytes} bytes`);
      const tickets = pieces.map(({ name, xml }) => privateXml.put(owner, name, xml));
      await durability.whenCommitted(Math.max(...tickets));
      return null;
    };

    /** What the account keeps, but for these. */
    const usageBeside = async (owner: Owner, [first, ...others]: readonly Piece[]) => {
      let { elements, bytes } = await privateXml.usageBeside(owner, first!.name);
      for (const { name } of others) {
        const xml = await privateXml.find(owner, name);
        if (xml === null) continue;
        elements--;
        bytes -= Buffer.byteLength(xml);
      }
      return { elements, bytes };
    };

    const assertCount = (elements: number): void => {
      if (elements > config.maxElements) throw full(`${config.maxElements} elements`);
    };

    const query = { name: 'query', xmlns: NS_PRIVATE, target: 'account', isPrivate: true } as const;
    return {
      features: { host: [NS_PRIVATE], account: [NS_PRIVATE] },
      iq: [
        { ...query, type: 'get', answer: get },
        { ...query, type: 'set', answer: set },
      ],
    };
  },
});

/** One set after the other: two at once would both take the room that is left. */
function inTurn<T>(account: Account, work: () => Promise<T>): Promise<T> {
  const before = account.get(LastSet) ?? Promise.resolve();
  const turn = before.then(work, work);
  account.set(LastSet, turn);
  return turn;
}

/** §2.3: at least one, each in a namespace of its own. Throws `StanzaError` not-acceptable. */
function childrenOf(payload: Element): Element[] {
  const children = payload.getChildElements();
  if (children.length === 0) throw new StanzaError('not-acceptable', 'an element is missing');
  if (children.some((child) => isReservedForProtocols(child.getNS() ?? ''))) {
    throw new StanzaError('not-acceptable', 'the element needs a namespace of its own');
  }
  return children;
}

function nameOf(element: Element): PrivateName {
  return { name: element.getName(), xmlns: element.getNS() ?? '' };
}

/** The element with the declarations that it leans on, so that it stands for itself. */
function pieceOf(element: Element): Piece {
  const { attrs } = element.parent as Element;
  const declarations = Object.keys(attrs).filter((name) => /^xmlns(:|$)/.test(name));
  const name = nameOf(element);
  for (const declaration of declarations) element.attrs[declaration] ??= attrs[declaration];
  return { name, xml: serialize(element) };
}

/** §2.3: a get is about one namespace. */
function assertOneNamespace(names: readonly PrivateName[]): void {
  if (names.every(({ xmlns }) => xmlns === names[0]?.xmlns)) return;
  throw new StanzaError('bad-request', 'one namespace at a time');
}

/** One element of each name is kept; the others would be lost without a word. */
function assertDistinct(pieces: readonly Piece[]): void {
  const names = new Set(pieces.map(({ name: { xmlns, name } }) => `${name} ${xmlns}`));
  if (names.size < pieces.length) throw new StanzaError('bad-request', 'the same element twice');
}

function full(limit: string): StanzaError {
  return new StanzaError('resource-constraint', `one account keeps at most ${limit}`);
}
