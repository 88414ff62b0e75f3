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
