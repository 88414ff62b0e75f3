import type { ScramHash } from '../../stream/ports.ts';
import { isLoopback } from '../../transports/address.ts';
import type { Destination } from '../../transports/client-wire.ts';
import { Element } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import { within } from './finding.ts';
import { type Line, openLine } from './lines.ts';
import { ScramClient } from './scram-client.ts';

/** Milliseconds for a whole sign-in. */
const PATIENCE = 10_000;
/** Elements that nobody has asked for; there should be none. */
const MAX_WAITING = 100;
const SCRAM: readonly ScramHash[] = ['SHA-512', 'SHA-256', 'SHA-1'];

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A sign-in that has come to its end. */
export interface SignedIn {
  /** Full JID. */
  readonly jid: string;
  readonly mechanism: string;
  readonly isSecure: boolean;
  /** Of the certificate that was sent; null without TLS. */
  readonly fingerprint: string | null;
}

/** A sign-in that came no further than `step`. */
export class SignInError extends Error {
  readonly step: string;
  /** Of the error that the server gave, or of the system's: `not-authorized`, `ECONNREFUSED`. */
  readonly condition: string;
  /** Of the certificate, where it came that far. */
  readonly fingerprint: string | null;

  constructor(step: string, condition: string, message: string, fingerprint: string | null) {
    super(message);
    this.step = step;
    this.condition = condition;
    this.fingerprint = fingerprint;
  }
}

/**
 * Signs in as clients do (RFC 6120 §9.1): header, STARTTLS, SASL, binding, and leaves
 * again; over a WebSocket without STARTTLS. Without `credentials` it goes as far as the features for signing in.
 * @throws {SignInError}
 */
export async function signIn(
  destination: Destination,
  domain: string,
  credentials: Credentials | null,
): Promise<SignedIn> {
  const client = new Client(destination, domain);
  try {
    return await within(PATIENCE, 'it took too long', client.run(credentials));
  } catch (error) {
    throw client.explain(error as NodeJS.ErrnoException);
  } finally {
    client.destroy();
  }
}

class Refusal extends Error {
  readonly condition: string;

  constructor(condition: string, text: string) {
    super(text ? `${condition} (${text})` : condition);
    this.condition = condition;
  }
}

class Client {
  readonly #destination: Destination;
  readonly #domain: string;
  readonly #heard: (Element | Error)[] = [];
  #line: Line | null = null;
  #wake = () => {};
  #step = 'connecting';
  #isSecure: boolean;

  constructor(destination: Destination, domain: string) {
    this.#destination = destination;
    this.#domain = domain;
    this.#isSecure = destination.directTls;
  }

  async run(credentials: Credentials | null): Promise<SignedIn> {
    this.#line = await openLine(this.#destination, (what) => this.#hear(what));
    let features = await this.#open('opening the stream');
    if (!this.#isSecure && features.getChild('starttls', NS.tls)) features = await this.#secure();
    const { fingerprint } = this;
    const found = { isSecure: this.#isSecure, fingerprint };
    if (!credentials) return { jid: '', mechanism: '', ...found };
    this.#step = 'signing in';
    const mechanism = await this.#authenticate(features, credentials);
    await this.#open('opening the stream after signing in');
    const jid = await this.#bind();
    this.#line.close();
    return { jid, mechanism, ...found };
  }

  /** Whether nobody is on the way who could read a password. */
  get #isPrivate(): boolean {
    return this.#isSecure || isLoopback(this.#destination.address);
  }

  get fingerprint(): string | null {
    return this.#line?.fingerprint ?? null;
  }

  explain(error: NodeJS.ErrnoException): SignInError {
    const condition = error instanceof Refusal ? error.condition : (error.code ?? '');
    return new SignInError(this.#step, condition, error.message, this.fingerprint);
  }

  destroy(): void {
    this.#line?.destroy();
  }

  async #open(step: string): Promise<Element> {
    this.#step = step;
    this.#line!.open(this.#domain);
    return this.#expect('features');
  }

  async #secure(): Promise<Element> {
    this.#step = 'STARTTLS';
    this.#line!.say(`<starttls xmlns='${NS.tls}'/>`);
    await this.#expect('proceed');
    await this.#line!.startTls();
    this.#isSecure = true;
    return this.#open('opening the stream under TLS');
  }

  async #authenticate(features: Element, { username, password }: Credentials): Promise<string> {
    const offered = features
      .getChild('mechanisms', NS.sasl)
      ?.getChildren('mechanism')
      .map((each) => each.getText());
    const hash = SCRAM.find((each) => offered?.includes(`SCRAM-${each}`));
    if (hash) {
      await this.#scram(`SCRAM-${hash}`, new ScramClient(hash, username, password));
      return `SCRAM-${hash}`;
    }
    if (!offered?.includes('PLAIN') || !this.#isPrivate) throw new Error('it offers no mechanism');
    this.#send('auth', `\0${username}\0${password}`, 'PLAIN');
    await this.#expect('success');
    return 'PLAIN';
  }

  async #scram(mechanism: string, scram: ScramClient): Promise<void> {
    this.#send('auth', scram.first, mechanism);
    const challenge = await this.#expect('challenge');
    this.#send('response', await scram.final(decoded(challenge)));
    const success = await this.#expect('success');
    if (!scram.accepts(decoded(success))) throw new Error('it does not know the account itself');
  }

  async #bind(): Promise<string> {
    this.#step = 'binding a resource';
    const bind = `<bind xmlns='${NS.bind}'/>`;
    this.#line!.say(`<iq xmlns='${NS.client}' type='set' id='bind'>${bind}</iq>`);
    const answer = await this.#expect('iq');
    const jid = answer.getChild('bind', NS.bind)?.getChildText('jid');
    if (!jid) throw refusalIn(answer);
    return jid;
  }

  #send(name: string, text: string, mechanism?: string): void {
    const element = new Element(name, { xmlns: NS.sasl, mechanism });
    element.t(Buffer.from(text).toString('base64'));
    this.#line!.say(element.toString());
  }

  async #expect(name: string): Promise<Element> {
    const element = await this.#next();
    if (element.getName() === name) return element;
    throw refusalIn(element);
  }

  async #next(): Promise<Element> {
    while (this.#heard.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const [first] = this.#heard;
    // What went wrong stays so for whoever asks next.
    if (first instanceof Error) throw first;
    this.#heard.shift();
    return first!;
  }

  #hear(what: Element | Error): void {
    if (this.#heard.length > MAX_WAITING) return;
    this.#heard.push(what);
    this.#wake();
  }
}

function decoded(element: Element): string {
  return Buffer.from(element.getText(), 'base64').toString();
}

/** The condition of a stream, SASL or stanza error, and its text. */
function refusalIn(element: Element): Refusal {
  const holder = element.getChild('error') ?? element;
  const [condition] = holder.getChildElements().filter((each) => each.getName() !== 'text');
  return new Refusal(condition?.getName() ?? element.getName(), holder.getChildText('text') ?? '');
}
