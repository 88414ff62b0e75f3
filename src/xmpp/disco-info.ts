import { Element } from '../xml/element.ts';
import { NS_FORMS } from './forms.ts';

export const NS_DISCO_INFO = 'http://jabber.org/protocol/disco#info';

/** XEP-0030 §3.1. */
export interface DiscoIdentity {
  readonly category: string;
  readonly type: string;
  /** xml:lang of the name. */
  readonly lang?: string;
  readonly name?: string;
}

/** What an entity, or a node of it, says of itself. */
export interface DiscoInfo {
  readonly identities: readonly DiscoIdentity[];
  readonly features: readonly string[];
  /** Data forms (XEP-0128), as elements. */
  readonly forms: readonly Element[];
}

/** The result of disco#info; it names the node that was asked for (XEP-0030 §3.2). */
export function encodeDiscoInfo(info: DiscoInfo, node?: string): Element {
  const query = new Element('query', { xmlns: NS_DISCO_INFO, node });
  for (const { category, type, lang, name } of info.identities) {
    query.c('identity', { category, type, 'xml:lang': lang, name });
  }
  for (const feature of info.features) query.c('feature', { var: feature });
  // The same form may stand in many results: nobody asks it for its parent.
  for (const form of info.forms) query.cnode(form);
  return query;
}

/** What it lacks is empty. */
export function decodeDiscoInfo(query: Element): DiscoInfo {
  const children = (name: string) => query.getChildren(name, NS_DISCO_INFO);
  return {
    identities: children('identity').map(decodeIdentity),
    features: children('feature').map(({ attrs }) => attrs.var ?? ''),
    forms: query.getChildren('x', NS_FORMS),
  };
}

function decodeIdentity({ attrs }: Element): DiscoIdentity {
  const { category = '', type = '', name = '', 'xml:lang': lang = '' } = attrs;
  return { category, type, lang, name };
}
