import {
  type Attributes,
  attribute,
  body,
  type HttpSender,
  NS_XBOSH,
  type Posted,
} from './bosh-http.ts';

const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
/** Where the standard's examples begin. */
const FIRST_RID = 1_573_741_820;

export interface BoshUser {
  readonly domain: string;
  readonly username: string;
  readonly password: string;
}

/** A client over BOSH that does what it is told. */
export class BoshClient {
  rid = FIRST_RID;
  sid = '';
  /** The answer to the first request. */
  created = '';
  readonly #sender: HttpSender;
  readonly #user: BoshUser;
  readonly #attributes: Attributes;

  /** Its first request says `attributes` besides the usual ones. */
  constructor(sender: HttpSender, user: BoshUser, attributes: Attributes) {
    this.#sender = sender;
    this.#user = user;
    this.#attributes = attributes;
  }

  async begins(): Promise<string> {
    const attributes = {
      rid: this.rid,
      to: this.#user.domain,
      ver: '1.11',
      wait: 60,
      hold: 1,
      'xmlns:xmpp': NS_XBOSH,
      'xmpp:version': '1.0',
      ...this.#attributes,
    };
    this.created = await this.#sender.post(body(attributes)).answer();
    this.sid = attribute(this.created, 'sid');
    return this.created;
  }

  /** Up to where a resource can be bound. */
  async authenticates(): Promise<void> {
    const { username, password } = this.#user;
    const initial = Buffer.from(`\0${username}\0${password}`).toString('base64');
    await this.asks(`<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${initial}</auth>`).answer();
    await this.asks('', { 'xmlns:xmpp': NS_XBOSH, 'xmpp:restart': 'true' }).answer();
  }

  async signsIn(): Promise<void> {
    await this.authenticates();
    const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>home</resource></bind>";
    await this.asks(`<iq xmlns='jabber:client' type='set' id='b'>${bind}</iq>`).answer();
  }

  /** Sends the next request. */
  asks(payload = '', attributes: Attributes = {}): Posted {
    this.rid += 1;
    return this.sends(this.rid, payload, attributes);
  }

  /** Sends a request of that number, whether or not it is its turn. */
  sends(rid: number, payload = '', attributes: Attributes = {}): Posted {
    return this.#sender.post(body({ rid, sid: this.sid, ...attributes }, payload));
  }
}
