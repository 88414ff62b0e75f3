import { describe, expect, test } from '@jest/globals';
import { AdminError, adminCommand, noParams } from '../../../src/server/admin/command.ts';
import { AdminDispatcher } from '../../../src/server/admin/dispatch.ts';
import type { ServerFacts } from '../../../src/server/admin/ports.ts';
import { serverCommands } from '../../../src/server/admin/server.ts';
import { StorageError } from '../../../src/storage/ports.ts';

function failing(error: unknown) {
  const reported: unknown[] = [];
  const command = adminCommand({
    name: 'fail',
    summary: '',
    params: noParams,
    run: async () => Promise.reject(error),
  });
  const admin = new AdminDispatcher([command], (each) => reported.push(each));
  return { admin, reported };
}

describe('a command that fails', () => {
  test('by the operator’s mistake says so and is not reported', async () => {
    const { admin, reported } = failing(new AdminError('exists', 'It exists.', 'Take another.'));
    expect(await admin.run('fail', {})).toEqual({
      error: { code: 'exists', message: 'It exists.', hint: 'Take another.' },
    });
    expect(reported).toEqual([]);
  });

  test('by the store says what the store says', async () => {
    const error = new StorageError('full', 'The disk is full.', 'Free some space.');
    const { admin, reported } = failing(error);
    expect(await admin.run('fail', {})).toEqual({
      error: { code: 'storage-full', message: 'The disk is full.', hint: 'Free some space.' },
    });
    expect(reported).toEqual([error]);
  });

  test('by a defect reveals nothing and is reported', async () => {
    const error = new TypeError('keys of juliet');
    const { admin, reported } = failing(error);
    expect(await admin.run('fail', {})).toMatchObject({
      error: { code: 'failed', message: 'The command failed.' },
    });
    expect(reported).toEqual([error]);
  });

  test('because there is none', async () => {
    const { admin } = failing(null);
    expect(await admin.run('__proto__', {})).toMatchObject({ error: { code: 'unknown-command' } });
  });
});

describe('the server’s commands', () => {
  const facts: ServerFacts = {
    status: () => ({
      version: '1',
      node: '24',
      pid: 7,
      started: 0,
      hosts: [],
      components: [],
      listeners: [],
      connections: 0,
      sessions: 0,
      memory: 0,
    }),
    flows: () => [
      {
        host: 'a.example',
        lines: [
          'incoming message deliver: m',
          'outgoing presence apply: p',
          'answer http GET /upload/: u',
        ],
      },
    ],
  };

  test('explain lists the flows, of one kind when asked', async () => {
    const admin = new AdminDispatcher(
      serverCommands(facts, () => {}),
      () => {},
    );
    expect(await admin.run('explain', {})).toEqual({ result: facts.flows() });
    expect(await admin.run('explain', { kind: 'presence' })).toEqual({
      result: [{ host: 'a.example', lines: ['outgoing presence apply: p'] }],
    });
    expect(await admin.run('explain', { kind: 'http' })).toEqual({
      result: [{ host: 'a.example', lines: ['answer http GET /upload/: u'] }],
    });
    expect(await admin.run('explain', { kind: 'all' })).toMatchObject({
      error: { code: 'bad-params' },
    });
  });

  test('stop answers with the process to wait for, then asks for the stop', async () => {
    let answered = false;
    const stopped = new Promise<boolean>((resolve) => {
      const admin = new AdminDispatcher(
        serverCommands(facts, () => resolve(answered)),
        () => {},
      );
      void admin.run('stop', {}).then((answer) => {
        answered = true;
        expect(answer).toEqual({ result: { pid: 7 } });
      });
    });
    expect(await stopped).toBe(true);
  });
});
