import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { body, type Posted } from '../support/bosh-http.ts';
import { BoshWorld, message, type WorldClient } from './bosh-world.ts';

/** What happens next on a bad line. */
const step = fc.constantFrom('ask', 'ask', 'ask late', 'tell', 'break', 'lose', 'settle');
const NUM_RUNS = 40;

/** A client whose connections break, and which does what the standard says then (XEP-0124 §14.3). */
class Troubled {
  readonly said: string[] = [];
  readonly told: string[] = [];
  readonly #client: WorldClient;
  readonly #world: BoshWorld;
  readonly #most: number;
  /** Those that are not answered, and those that are not even sent. */
  readonly #underWay = new Map<number, { content: string; posted: Posted | null }>();
  readonly #answers = new Map<number, { content: string; text: string }>();

  constructor(world: BoshWorld, client: WorldClient, most: number) {
    this.#world = world;
    this.#client = client;
    this.#most = most;
  }

  async does(what: string): Promise<void> {
    if (what === 'ask') await this.#ask();
    else if (what === 'ask late') await this.#ask(true);
    else if (what === 'tell') this.#tell();
    else if (what === 'break') await this.#break();
    else if (what === 'lose') await this.#lose();
    else await this.#settle();
  }

  /** Asks on until all has come. */
  async catchesUp(): Promise<void> {
    do {
      this.#world.clock.advance(2000);
      await this.#ask();
      await this.#settle();
    } while (this.heard.length < this.said.length + this.told.length);
  }

  /** All texts that came, in the order of the requests. */
  get heard(): string[] {
    const inOrder = [...this.#answers].sort(([one], [other]) => one - other);
    return inOrder.flatMap(([, { text }]) =>
      [...text.matchAll(/<body>([cs]\d+)<\/body>/g)].map(([, each]) => each!),
    );
  }

  async #ask(isLate = false): Promise<void> {
    if (this.#underWay.size === this.#most) await this.#settle();
    if (this.#underWay.size === this.#most) return;
    this.#client.rid += 1;
    const { rid, sid } = this.#client;
    const text = `c${this.said.length}`;
    this.said.push(text);
    const content = body({ rid, sid }, message(text));
    const isLast = this.#underWay.size + 1 === this.#most;
    const posted = isLate && !isLast ? null : this.#world.sender.post(content);
    this.#underWay.set(rid, { content, posted });
    if (isLast) this.#sendLate();
  }

  #sendLate(): void {
    for (const [rid, { content, posted }] of [...this.#underWay].reverse()) {
      if (!posted) this.#underWay.set(rid, { content, posted: this.#world.sender.post(content) });
    }
  }

  #tell(): void {
    const text = `s${this.told.length}`;
    this.told.push(text);
    this.#client.session.wire.sendParts('<message>', Buffer.from(`<body>${text}</body></message>`));
  }

  /** The line breaks while a request is under way, which is sent again. */
  async #break(): Promise<void> {
    const [rid, found] = [...this.#underWay].find(([, { posted }]) => posted) ?? [];
    if (rid === undefined || !found) return;
    await found.posted!.breaks();
    this.#underWay.set(rid, { ...found, posted: this.#world.sender.post(found.content) });
  }

  /** An answer that had come already has to come again, byte by byte. */
  async #lose(): Promise<void> {
    await this.#settle();
    const newest = [...this.#answers.keys()].sort((one, other) => other - one);
    const rid = newest[0];
    if (rid === undefined) return;
    const { content, text } = this.#answers.get(rid)!;
    expect(await this.#world.sender.post(content).answer()).toBe(text);
  }

  async #settle(): Promise<void> {
    this.#sendLate();
    await this.#world.settles();
    for (const [rid, { content, posted }] of this.#underWay) {
      if (!posted?.isAnswered) continue;
      this.#underWay.delete(rid);
      this.#answers.set(rid, { content, text: posted.text! });
    }
  }
}

test('whatever happens to requests and responses, all comes once and in order [XEP-0124 14]', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { minLength: 5, maxLength: 30 }),
      async (hold, steps) => {
        const world = await new BoshWorld().start();
        try {
          const client = await world.signsIn({ hold });
          const troubled = new Troubled(world, client, hold + 1);
          for (const each of steps) await troubled.does(each);
          await troubled.catchesUp();
          const { heard, said, told } = troubled;
          expect(client.session.received).toEqual(said.map(message));
          expect(heard.filter((text) => text.startsWith('c'))).toEqual(said);
          expect(heard.filter((text) => text.startsWith('s'))).toEqual(told);
        } finally {
          await world.stop();
        }
      },
    ),
    { numRuns: NUM_RUNS },
  );
}, 120_000);
