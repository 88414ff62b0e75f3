import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

test('the guide to modules shows the ping module as it is', () => {
  expect(read('docs/writing-a-module.md')).toContain(
    `\`\`\`ts\n${read('src/modules/ping.ts')}\`\`\``,
  );
});
