import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { TestServer } from '../support/server.ts';

/**
 * The order of handlers, stage by stage, who answers which IQ, and who takes what is no stanza. A difference
 * is no mistake as such, but somebody has to look at it: where it is meant,
 * copy what the test got into `flows.txt`.
 */
test('the compiled flows are those of flows.txt', async () => {
  const server = await TestServer.start({ transport: 'memory', store: 'memory' });
  const { flows, iqs, nonzas } = server.server.find(server.domain)!.host.parts;
  const lines = [...flows.describe(), '', ...iqs.describe(), '', ...nonzas.describe(), ''];
  const golden = await readFile(new URL('flows.txt', import.meta.url), 'utf8');
  expect(lines.join('\n')).toBe(golden);
  await server.stop();
});
