import type { Log } from '../lib/log.ts';
import { type Maybe, then } from '../lib/maybe.ts';
import { Element } from '../xml/element.ts';
import { encodeDiscoInfo, NS_DISCO_INFO } from '../xmpp/disco-info.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import { isRequest, makeResult, type Stanza } from '../xmpp/stanza.ts';
import { DONE, failed, type Outcome, outcomeOfThrow } from './flow.ts';
import type { Host } from './host.ts';
import type { IqRequest, ServiceParts } from './module.ts';
import type { Route, Router } from './router.ts';
import { Session } from './session.ts';

const NS_DISCO_ITEMS = 'http://jabber.org/protocol/disco#items';
const UNAVAILABLE = failed(new StanzaError('service-unavailable'));

/** The domain of a module's service: it answers IQs, those of service discovery by itself. */
export class ServicePlace implements Route {
  readonly domain: string;
  readonly parts: ServiceParts;
  readonly #host: Host;
  readonly #router: Router;
  readonly #log: Log;

  constructor(parts: ServiceParts, deps: { host: Host; router: Router; log: Log }) {
    this.parts = parts;
    this.domain = parts.jid.domain;
    this.#host = deps.host;
    this.#router = deps.router;
    this.#log = deps.log;
  }

  incoming(stanza: Stanza): Maybe<Outcome> {
    if (stanza.kind === 'presence' || (stanza.kind === 'iq' && !isRequest(stanza))) {
      return { kind: 'dropped', why: 'a service has no use for it' };
    }
    const isForItself = stanza.to?.toString() === this.domain;
    return stanza.kind === 'iq' && isForItself ? this.#answer(stanza) : UNAVAILABLE;
  }

  async #answer(stanza: Stanza): Promise<Outcome> {
    const payload = stanza.payload();
    const answer = this.#answerTo(stanza);
    if (!answer || !payload) return UNAVAILABLE;
    try {
      const from = stanza.from as Jid;
      const entry = this.#host.directory.find(from);
      const session = entry instanceof Session ? entry : null;
      const afterwards: (() => void)[] = [];
      const result = await answer({ stanza, from, payload, session, afterwards });
      await then(this.#router.route(makeResult(stanza, result)), () => {});
      for (const task of afterwards) task();
      return DONE;
    } catch (thrown) {
      return outcomeOfThrow(thrown, (error) =>
        this.#log.error({ err: error, service: this.domain }, 'a handler failed'),
      );
    }
  }

  #answerTo({ type, content }: Stanza): ((request: IqRequest) => Maybe<Element | null>) | null {
    const { name, xmlns } = content.children[0] ?? { name: '', xmlns: '' };
    const handler = this.parts.iq.find(
      (each) => each.type === type && each.name === name && each.xmlns === xmlns,
    );
    if (handler) return (request) => handler.answer(request);
    if (type !== 'get' || name !== 'query') return null;
    if (xmlns === NS_DISCO_INFO) return ({ payload }) => this.#info(payload);
    return xmlns === NS_DISCO_ITEMS ? ({ payload }) => noItems(payload) : null;
  }

  /** XEP-0030 §3; it has no nodes. */
  #info({ attrs: { node } }: Element): Element {
    if (node !== undefined) throw new StanzaError('item-not-found');
    const { identities, features, forms } = this.parts;
    const own = [NS_DISCO_INFO, NS_DISCO_ITEMS];
    return encodeDiscoInfo({ identities, features: [...own, ...features], forms });
  }
}

/** XEP-0030 §4. */
function noItems({ attrs: { node } }: Element): Element {
  if (node !== undefined) throw new StanzaError('item-not-found');
  return new Element('query', { xmlns: NS_DISCO_ITEMS });
}
