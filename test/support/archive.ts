import type { Element } from 'ltx';
import type { Client } from './client.ts';

export const MAM = 'urn:xmpp:mam:2';
export const STANZA_ID = 'urn:xmpp:sid:0';
const FORWARD = 'urn:xmpp:forward:0';
const RSM = 'http://jabber.org/protocol/rsm';

/** What a client asks of its archive. */
export interface Wanted {
  /** Fields of the form; several values for a list. */
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** What stands in the request for a page, as XML. */
  readonly page?: string;
  /** What else stands in the query. */
  readonly more?: string;
  readonly queryId?: string;
}

/** What a client has got of its archive. */
export interface History {
  readonly results: readonly Element[];
  /** Of each message the body; '' for none. */
  readonly bodies: readonly string[];
  readonly ids: readonly string[];
  readonly fin: Element;
  /** What `fin` says of the page: the text of `first`, `last` and `count`, and the index. */
  readonly page: { readonly [name in 'first' | 'last' | 'count' | 'index']: string | null };
  readonly isComplete: boolean;
}

/** The query as a stanza with the id `q`. */
export function archiveQuery({ fields, page, more = '', queryId }: Wanted = {}): string {
  const name = queryId === undefined ? '' : ` queryid='${queryId}'`;
  const set = page === undefined ? '' : `<set xmlns='${RSM}'>${page}</set>`;
  return `<iq type='set' id='q'><query xmlns='${MAM}'${name}>${fields ? form(fields) : ''}${set}${more}</query></iq>`;
}

function form(fields: NonNullable<Wanted['fields']>): string {
  const written = Object.entries({ FORM_TYPE: MAM, ...fields }).map(
    ([name, value]) =>
      `<field var='${name}'>${[value]
        .flat()
        .map((each) => `<value>${each}</value>`)
        .join('')}</field>`,
  );
  return `<x xmlns='jabber:x:data' type='submit'>${written.join('')}</x>`;
}

/** Asks, and reads everything up to the end of the answer. */
export async function readsArchive(client: Client, wanted: Wanted = {}): Promise<History> {
  await client.sends`${archiveQuery(wanted)}`;
  const results: Element[] = [];
  for (;;) {
    const stanza = await client.getsEither`
      <message from='${client.bare}' to='${client}'><result xmlns='${MAM}'/></message>
      <iq type='result' id='q' from='${client.bare}' to='${client}'><fin xmlns='${MAM}'/></iq>`;
    if (stanza.is('iq')) return historyOf(results, stanza.getChild('fin', MAM)!);
    results.push(stanza.getChild('result', MAM)!);
  }
}

function historyOf(results: readonly Element[], fin: Element): History {
  const set = fin.getChild('set', RSM)!;
  const [first, last, count] = ['first', 'last', 'count'].map((name) => set.getChildText(name));
  return {
    results,
    bodies: results.map((result) => archivedIn(result).getChildText('body') ?? ''),
    ids: results.map((result) => result.attrs.id),
    fin,
    page: {
      first: first ?? null,
      last: last ?? null,
      count: count ?? null,
      index: set.getChild('first')?.attrs.index ?? null,
    },
    isComplete: fin.attrs.complete === 'true',
  };
}

/** The message that is in a result. */
export function archivedIn(result: Element): Element {
  return result.getChild('forwarded', FORWARD)!.getChild('message', 'jabber:client')!;
}

/** The ids that a message bears by that address. */
export function stanzaIdsBy(message: Element, by: string): string[] {
  return message
    .getChildren('stanza-id', STANZA_ID)
    .filter(({ attrs }) => attrs.by === by)
    .map(({ attrs }) => attrs.id);
}
