import type { Element } from 'ltx';
import { Line, type Note } from './line.ts';
import { mismatch } from './matcher.ts';
import type { Heard } from './stream-reader.ts';
import { parseFragment, render, type Value } from './template.ts';
import type { Stage } from './wire.ts';

/** One password for everybody. */
export const PASSWORD = 'R0m30-and-Jul1et';

/** What a client knows of the conversation that it takes part in. */
export interface Scene {
  readonly stage: Stage;
  /** Resolves when everybody is where the conversation finds them. */
  begun(): Promise<void>;
  /** Waits until the server has dealt with what all other clients sent. */
  settle(last: Client): Promise<void>;
  /** The error, with what everybody said and heard. */
  failure(message: string): Error;
  noteFor(client: Client): Note;
}

/** How a client comes. */
export interface Manner {
  /** Without initial presence. */
  readonly quietly?: boolean;
  /** More attributes for the stream header, such as namespaces. */
  readonly header?: string;
  /** Hears what the server says and does not let it know, as on a line that has broken. */
  readonly deaf?: boolean;
}

/** One device of one person, as a conversation tells its story. */
export class Client {
  readonly person: string;
  readonly username: string;
  readonly resource: string;
  readonly #scene: Scene;
  #line: Line | null = null;

  constructor(scene: Scene, person: string, resource: string) {
    this.#scene = scene;
    this.person = person;
    this.username = scene.stage.usernameOf(person);
    this.resource = resource;
  }

  /** The account's address. */
  get bare(): string {
    return `${this.username}@${this.#scene.stage.domain}`;
  }

  /** The full JID. */
  toString(): string {
    return `${this.bare}/${this.resource}`;
  }

  /** The text of the stanza that was read last, exactly as it came. */
  lastText = '';

  /** Attributes of the server's newest stream header. */
  get header(): Readonly<Record<string, string | undefined>> {
    return this.#connected.header?.attrs ?? {};
  }

  /** What the server offered once the client had signed in, as it came. */
  get features(): string {
    return this.#connected.features;
  }

  /** Sends what stands in the template, as it stands there. */
  async sends(strings: TemplateStringsArray, ...values: Value[]): Promise<void> {
    await this.#scene.begun();
    this.#connected.write(render(strings, values));
  }

  /**
   * Waits for the stanzas of the template, in that order, and returns the last.
   * `matcher.ts` says what counts as the same.
   */
  async gets(strings: TemplateStringsArray, ...values: Value[]): Promise<Element> {
    await this.#scene.begun();
    let last: Element | null = null;
    for (const wanted of parseFragment(render(strings, values))) last = await this.#next([wanted]);
    return last!;
  }

  /** Waits for all stanzas of the template, whichever comes first. */
  async getsInAnyOrder(strings: TemplateStringsArray, ...values: Value[]): Promise<void> {
    await this.#scene.begun();
    const wanted = parseFragment(render(strings, values));
    while (wanted.length > 0) await this.#next(wanted);
  }

  /** Waits for the next stanza, which is one of those in the template, and returns it. */
  async getsEither(strings: TemplateStringsArray, ...values: Value[]): Promise<Element> {
    await this.#scene.begun();
    return await this.#next(parseFragment(render(strings, values)));
  }

  /** Proves that nothing is left to read: all who could have caused it are through. */
  async getsNothing(): Promise<void> {
    await this.settles();
    const left = this.unread;
    if (left.length > 0) throw this.#failure(`got what nobody expects:\n${left.join('\n')}`);
  }

  /** Waits until all that was under way to this client has come. */
  async settles(): Promise<void> {
    await this.#scene.begun();
    await this.#scene.settle(this);
  }

  /** Takes no interest in what has come until now. */
  async forgets(): Promise<void> {
    await this.settles();
    this.#connected.inbox.length = 0;
  }

  /** Resolves when the account is there; the others are where they begin. */
  async exists(): Promise<void> {
    await this.#scene.begun();
  }

  /** Connects, and says nothing yet. */
  async connects(): Promise<void> {
    await this.#scene.begun();
    await this.connect();
  }

  /** Sends a stream header, with these attributes besides the usual ones, and gets the server's. */
  async opensStream(attributes = ''): Promise<void> {
    await this.#scene.begun();
    await this.#try((line) => line.openStream(attributes));
  }

  /** With the features read, goes on over TLS where the stage does so, and reads those again. */
  async secures(): Promise<void> {
    await this.#try((line) => line.secure());
  }

  /** Connects with TLS, up to where it can sign in; `features` tells what is offered. */
  async connectsSecurely(): Promise<void> {
    await this.connects();
    await this.#try((line) => line.openSecurely());
  }

  /** Connects and authenticates; what follows is the binding of a resource. */
  async authenticates(): Promise<void> {
    await this.connects();
    await this.#try((line) => line.authenticate(this.username, PASSWORD));
  }

  /** Comes, and is available unless it comes quietly. */
  async signsIn(manner: Manner = {}): Promise<void> {
    await this.#scene.begun();
    await this.enter(manner);
  }

  /** As `signsIn`, for one who has been there before. */
  async returns(manner: Manner = {}): Promise<void> {
    await this.signsIn(manner);
  }

  /** Closes the stream as one should, without a word of goodbye before. */
  async leaves(): Promise<void> {
    await this.#scene.begun();
    await this.exit();
    await this.#scene.stage.idle();
  }

  /** Is gone without a word, as when the network breaks. */
  async vanishes(): Promise<void> {
    await this.#scene.begun();
    this.#connected.destroy();
    await this.#scene.stage.idle();
  }

  /** Ends its side of the connection behind what it has sent, and the stream not at all. */
  async hangsUp(): Promise<void> {
    await this.#scene.begun();
    this.#connected.hangUp();
  }

  /** Stanzas that have come since stream management is on, and so what the client acknowledges. */
  get stanzas(): number {
    return this.#connected.stanzas;
  }

  /** What the server said when the client had signed in by SASL2. */
  get success(): Element {
    return this.#connected.success!;
  }

  /** Goes on counting from there. */
  countsOnFrom(stanzas: number): void {
    this.#connected.stanzas += stanzas;
  }

  /** Waits until the server has ended the stream. */
  async getsEnd(): Promise<void> {
    await this.#scene.begun();
    await this.#try((line) => line.until('the end of the stream', () => line.hasEnded));
  }

  // What follows is for the scene, before the conversation begins and after its end.

  async connect(): Promise<void> {
    const left = this.unread;
    if (left.length > 0) throw this.#failure(`has not read, from before:\n${left.join('\n')}`);
    this.#line = await Line.open(this.#scene.stage, this.#scene.noteFor(this));
  }

  async enter({ quietly = false, header = '', deaf = false }: Manner): Promise<void> {
    await this.connect();
    await this.#try(async (line) => {
      line.confirms = !deaf;
      await line.authenticate(this.username, PASSWORD, header);
      await line.bind(this.resource);
      if (!quietly) await line.becomeAvailable(this.toString());
    });
  }

  async exit(): Promise<void> {
    await this.#try((line) => line.close());
  }

  async fence(): Promise<void> {
    if (this.#line) await this.#try((line) => line.fence());
  }

  /** The texts of what was not read. */
  get unread(): string[] {
    return this.#line?.inbox.map(({ text }) => text) ?? [];
  }

  write(text: string): void {
    this.#connected.write(text);
  }

  discard(): void {
    if (this.#line) this.#line.inbox.length = 0;
  }

  destroy(): void {
    if (this.#line && !this.#line.hasEnded) this.#line.destroy();
  }

  get #connected(): Line {
    if (this.#line) return this.#line;
    throw this.#failure('is not connected');
  }

  async #try(action: (line: Line) => Promise<void>): Promise<void> {
    try {
      await action(this.#connected);
    } catch (error) {
      throw this.#failure((error as Error).message);
    }
  }

  /** Reads the next stanza, which is one of those wanted, and crosses that one out. */
  async #next(wanted: Element[]): Promise<Element> {
    const heard = await this.#hear(wanted);
    this.lastText = heard.text;
    const reasons: string[] = [];
    for (const [index, template] of wanted.entries()) {
      const reason = mismatch(template, heard.element);
      if (reason === null) {
        wanted.splice(index, 1);
        return heard.element;
      }
      reasons.push(reason);
    }
    const why = reasons.join('\n  or ');
    throw this.#failure(`got\n  ${heard.text}\nexpected\n${listed(wanted)}\nbut\n  ${why}`);
  }

  async #hear(wanted: readonly Element[]): Promise<Heard> {
    try {
      const heard = await this.#connected.next();
      if (heard) return heard;
    } catch (error) {
      throw this.#failure((error as Error).message);
    }
    throw this.#failure(`got nothing, expected\n${listed(wanted)}`);
  }

  #failure(message: string): Error {
    return this.#scene.failure(`${this.person}/${this.resource} ${message}`);
  }
}

function listed(elements: readonly Element[]): string {
  return elements.map((element) => `  ${element.toString()}`).join('\n');
}
