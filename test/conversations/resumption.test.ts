import fc from 'fast-check';
import type { People } from '../support/cast.ts';
import { conversationInside as conversation } from '../support/conversation.ts';
import { ASK, acknowledges, enables, resumes } from '../support/stream-management.ts';

/** What comes before the line breaks: so many are sent, and of all that came so many are acknowledged. */
interface Round {
  readonly sent: number;
  readonly acknowledged: number;
  /** How many of those that have come the client still has when it comes back. */
  readonly kept: number;
  /** How many are sent while it is away. */
  readonly missed: number;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const few = fc.nat({ max: 6 });
const round = fc.record({ sent: few, acknowledged: share, kept: share, missed: few });
const rounds = fc.array(round, { minLength: 1, maxLength: 4 });

conversation(
  'wherever the line breaks, exactly what is missing comes, in order [XEP-0198 5]',
  { quiet: ['juliet'] },
  async (people) => {
    await fc.assert(
      fc.asyncProperty(rounds, (plan) => tell(people, plan)),
      { numRuns: 15 },
    );
  },
);

conversation(
  'who has missed many stanzas is asked for them once it is there, not before [XEP-0198 4]',
  { quiet: ['juliet'] },
  async ({ juliet, romeo }) => {
    await juliet.returns({ quietly: true });
    const id = await enables(juliet);
    await juliet.vanishes();
    for (let n = 0; n < 25; n++) {
      await romeo.sends`<message to='${juliet}' id='${String(n)}'><body>Hi</body></message>`;
    }
    await romeo.settles();
    await resumes(juliet, id, 0);
    for (let n = 0; n < 25; n++) await juliet.gets`<message id='${String(n)}'/>`;
    await juliet.gets`${ASK}`;
  },
);

async function tell({ juliet, romeo }: People, plan: readonly Round[]): Promise<void> {
  await juliet.returns({ quietly: true });
  const id = await enables(juliet);
  // Numbers of messages are numbers of stanzas: nothing else comes.
  let [said, heard, acknowledged] = [0, 0, 0];
  const says = async (count: number) => {
    for (let each = 0; each < count; each++) {
      await romeo.sends`<message to='${juliet}' id='${String(++said)}'><body>Hi</body></message>`;
    }
  };
  for (const { sent, acknowledged: part, kept, missed } of plan) {
    await says(sent);
    while (heard < said) await juliet.gets`<message id='${String(++heard)}'/>`;
    acknowledged += Math.floor((heard - acknowledged) * part);
    await acknowledges(juliet, acknowledged);
    await juliet.vanishes();
    heard = acknowledged + Math.floor((heard - acknowledged) * kept);
    await says(missed);
    await romeo.settles();
    await resumes(juliet, id, heard);
    acknowledged = heard;
    if (heard === said) continue;
    while (heard < said) await juliet.gets`<message id='${String(++heard)}'/>`;
    await juliet.gets`${ASK}`;
    await acknowledges(juliet, heard);
    acknowledged = heard;
  }
  await juliet.leaves();
}
