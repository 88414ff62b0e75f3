import type { Element } from 'ltx';
import { type Client, NS } from './client.ts';

const PAGE = 50;

/** Where a page of the archive ends. */
export interface PageEnd {
  readonly isComplete: boolean;
  /** The id of the last entry; null where the page is empty. */
  readonly last: string | null;
}

/**
 * Asks for the page of the own archive behind an id, or for the first (XEP-0313 §3.1). The
 * entries come as messages before the answer.
 *
 * @throws when the server refuses.
 */
export async function askForPage(
  client: Client,
  after: string | null,
  write?: (text: string) => void,
): Promise<PageEnd> {
  const behind = after === null ? '' : `<after>${after}</after>`;
  const set = `<set xmlns='${NS.rsm}'><max>${PAGE}</max>${behind}</set>`;
  const answer = await client.ask('set', `<query xmlns='${NS.mam}'>${set}</query>`, write);
  const end = answer.getChild('fin', NS.mam);
  if (!end) throw new Error(`the archive refused a page after ${after}: ${answer}`);
  const isComplete = ['true', '1'].includes(end.attrs.complete);
  const last = end.getChild('set', NS.rsm)?.getChildText('last') ?? null;
  if (!isComplete && last === null) throw new Error(`an empty page that is not the last: ${end}`);
  return { isComplete, last };
}

/** What the server can do, from the disco#info of the own account and of the server. */
export interface Abilities {
  readonly archive: boolean;
  readonly carbons: boolean;
}

export async function askForAbilities(
  client: Client,
  own: string,
  domain: string,
  write: (text: string) => void,
): Promise<Abilities> {
  const query = `<query xmlns='${NS.disco}'/>`;
  const account = features(await client.ask('get', query, write, own));
  const server = features(await client.ask('get', query, write, domain));
  return {
    archive: account.has(NS.mam),
    carbons: account.has(NS.carbons) || server.has(NS.carbons),
  };
}

function features(answer: Element): ReadonlySet<string> {
  const query = answer.getChild('query', NS.disco);
  return new Set(query?.getChildren('feature').map(({ attrs }) => attrs.var as string));
}
