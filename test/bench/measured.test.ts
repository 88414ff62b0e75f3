import { expect, test } from '@jest/globals';
import { measureLoad, type Reading, withShares } from '../../bench/run/measured.ts';

/** A generator that says these lines. */
function saying(...lines: object[]) {
  const script = lines.map((line) => `echo '${JSON.stringify(line)}'`).join('; ');
  return { pid: process.pid, generator: 'sh', args: ['-c', script], deadline: 10 };
}

const MEASURED = { event: 'measured', seconds: 2, messages: 10 };

test('what a generator tells is put together, with the processor time in between', async () => {
  const load = saying(
    { event: 'measuring' },
    MEASURED,
    { event: 'besides', answers: 3 },
    { event: 'drained' },
  );
  const sample = await measureLoad(load, {
    measured: (figures, { server }) => ({ ...figures, hasServer: Number(server >= 0) }),
    besides: ({ answers }, _, { messages }) => ({ perAnswer: messages! / answers! }),
  });
  expect(sample).toEqual({ seconds: 2, messages: 10, hasServer: 1, perAnswer: 10 / 3 });
});

test('a time that nobody began has no processor time', async () => {
  const measured: Reading = (_, { server }) => ({ server });
  expect(await measureLoad(saying(MEASURED, { event: 'drained' }), { measured })).toEqual({
    server: Number.NaN,
  });
});

test('an event that nobody waits for is none', async () => {
  expect(await measureLoad(saying({ event: 'paced' }, { event: 'drained' }), {})).toEqual({});
});

test.each([
  ['that complains', saying({ event: 'error', why: 'one message is lost' }), 'one message is lost'],
  ['that ends early', saying(MEASURED), 'ended early'],
])('a generator %s gives no sample', async (_, load, wanted) => {
  await expect(measureLoad(load, {})).rejects.toThrow(wanted);
});

test('shares are of the seconds that were measured', () => {
  expect(withShares({ seconds: 4 }, { server: 2, others: 1 })).toEqual({
    ...{ seconds: 4, serverShare: 0.5, othersShare: 0.25 },
  });
});
