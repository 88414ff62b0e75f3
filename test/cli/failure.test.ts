import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { explainFailure } from '../../src/cli/failure.ts';
import { StorageError } from '../../src/storage/ports.ts';

function listen(port: number, host: string): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

test('a port in use is named, with what to do', async () => {
  const server = await listen(0, '127.0.0.1');
  const { port } = server.address() as { port: number };
  const error = await listen(port, '127.0.0.1').catch((each) => each);
  server.close();
  expect(explainFailure(error)).toBe(
    `Port ${port} is in use by another program.\nStop that program, or set another port under "listeners".`,
  );
});

test('an address of another machine is named', async () => {
  const error = await listen(0, '198.51.100.7').catch((each) => each);
  expect(explainFailure(error)).toContain('This machine has no address 198.51.100.7.');
});

test('a port below 1024 needs privileges', () => {
  const error = Object.assign(new Error(), { code: 'EACCES', syscall: 'listen', port: 222 });
  expect(explainFailure(error)).toContain('Port 222 needs privileges');
});

test('the store’s own words are passed on', () => {
  const error = new StorageError('newer', 'The file is newer.', 'Update Epode.');
  expect(explainFailure(error)).toBe('The file is newer.\nUpdate Epode.');
});

test('a defect shows where it happened', () => {
  expect(explainFailure(new TypeError('oops'))).toMatch(
    /please report this:\nTypeError: oops\n +at/,
  );
});
