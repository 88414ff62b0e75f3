/** What reading an address costs: node bench/micro/jid.ts */
import { Jid } from '../../src/xmpp/jid.ts';

const ROUNDS = 200_000;

/** Prints microseconds per call of `read`, which is given a number that is new each time. */
function measure(name: string, read: (turn: number) => Jid, rounds = ROUNDS): void {
  let length = 0;
  for (let turn = 0; turn < rounds; turn++) length += read(turn).local.length;
  const start = process.hrtime.bigint();
  for (let turn = rounds; turn < 2 * rounds; turn++) length += read(turn).local.length;
  const microseconds = Number(process.hrtime.bigint() - start) / 1000 / rounds;
  console.log(`${name.padEnd(34)} ${microseconds.toFixed(2).padStart(8)} us   (${length})`);
}

// As they come from the wire: the same text in a new string each time.
const wire = Array.from({ length: 1000 }, (_, i) =>
  Buffer.from(`user${i}@chat.example.com/phone-${i}`),
);

measure('a new string alone', (turn) => Jid.of(wire[turn % 1000]!.toString('latin1'), ''));
measure('remembered', (turn) => Jid.parse(wire[turn % 1000]!.toString('latin1')));
measure('ASCII', (turn) => Jid.parse(`user${turn}@chat.example.com/phone`));
measure('ASCII with capitals', (turn) => Jid.parse(`User${turn}@chat.example.com/Phone`));
measure('ASCII, domain with capitals', (turn) => Jid.parse(`u${turn}@Chat.Example.com`), 20_000);
measure('non-ASCII resource', (turn) => Jid.parse(`u${turn}@example.com/Telefön`), 20_000);
measure('non-ASCII localpart', (turn) => Jid.parse(`jürgen${turn}@example.com`), 20_000);
measure('non-ASCII domain', (turn) => Jid.parse(`u${turn}@bücher.example`), 20_000);
