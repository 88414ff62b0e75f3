import { expect, test } from '@jest/globals';
import { createLog } from '../../src/lib/log.ts';

test('a changed level holds for the children that are there, and for later ones', () => {
  const lines: string[] = [];
  const log = createLog(
    { level: 'warn' },
    {
      write: (line: string) => {
        lines.push(JSON.parse(line).msg);
      },
    },
  );
  const child = log.child({ host: 'a' });
  const grandchild = child.child({ module: 'b' });
  const say = (phrase: string) => {
    for (const each of [log, child, grandchild]) each.info({}, phrase);
  };
  say('unheard');
  log.setLevel('info');
  say('heard');
  child.child({}).info({}, 'new');
  log.setLevel('silent');
  say('unheard');
  expect(lines).toEqual(['heard', 'heard', 'heard', 'new']);
});

/** What one line of the log says, and the line. */
function logged(fields: object): { line: string; said: Record<string, unknown> } {
  let line = '';
  const log = createLog(
    { level: 'debug', base: null },
    {
      write: (text: string) => {
        line += text;
      },
    },
  );
  log.debug(fields, 'phrase');
  return { line, said: JSON.parse(line) as Record<string, unknown> };
}

const HOSTILE = 'a\r\n{"level":60}\u001b[2K\u009b2J\u2028\u202eb';
const SPELLED = 'a\\u000d\\u000a{"level":60}\\u001b[2K\\u009b2J\\u2028\\u202eb';

test('what a stranger has written forges no line and moves no cursor', () => {
  const { line, said } = logged({ jid: HOSTILE, problems: [HOSTILE], count: 3 });
  expect(said).toMatchObject({ jid: SPELLED, problems: [SPELLED], count: 3, msg: 'phrase' });
  expect(line).toMatch(/^[ -~]+\n$/);
});

test('an error says its message in one line, where it happened, and nothing else', () => {
  const error = Object.assign(new Error(HOSTILE), { input: 'sesame', cause: new Error('sesame') });
  const { line, said } = logged({ err: error });
  const { type, message, stack } = said.err as Record<string, string>;
  expect([type, message]).toEqual(['Error', SPELLED]);
  expect(stack!.split('\n')[0]).toBe(`Error: ${SPELLED}`);
  expect(stack!.split('\n').slice(1)).not.toEqual([]);
  expect(
    stack!
      .split('\n')
      .slice(1)
      .every((frame) => /^ +at /.test(frame)),
  ).toBe(true);
  expect(line).not.toContain('sesame');
});

test.each([new Error(''), null, 'thrown text\n', { message: 'like one' }])(
  'anything that was thrown can be logged: %p',
  (thrown) => {
    expect(logged({ err: thrown }).said).toHaveProperty('err');
  },
);
