import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { startWorker } from '../../src/lib/worker.ts';

test('a worker starts with the suffix of its caller', async () => {
  const worker = startWorker('./worker-echo', import.meta.url, { workerData: 'hello' });
  const [said] = await once(worker, 'message');
  expect(said).toBe('hello');
  await once(worker, 'exit');
});
