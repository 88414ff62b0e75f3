import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { startWorker } from '../../src/lib/worker.ts';

test('a worker starts with the suffix of its caller', async () => {
  const worker = startWorker('./worker-echo', import.meta.url, { workerData: 'hello' });
  // Both from the start: on a busy machine they may come in one turn.
  const [[said]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
  expect(said).toBe('hello');
});
