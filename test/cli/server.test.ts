import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AdminDispatcher } from '../../src/server/admin/dispatch.ts';
import type { ServerFacts, SessionControl } from '../../src/server/admin/ports.ts';
import { serverCommands } from '../../src/server/admin/server.ts';
import { sessionCommands } from '../../src/server/admin/sessions.ts';
import { type ControlServer, serveControl } from '../../src/transports/control.ts';
import { Installation } from './installation.ts';

let epode: Installation;
beforeEach(() => {
  epode = new Installation();
});
afterEach(() => epode.remove());

function facts(pid: number): ServerFacts {
  return {
    status: () => ({
      version: '1.2.3',
      node: 'v24.1.0',
      pid,
      started: Date.now() - 3_661_000,
      hosts: ['localhost', 'b.example'],
      components: [],
      listeners: [{ description: 'clients, STARTTLS', address: '::', port: 5222 }],
      connections: 1,
      sessions: 2,
      memory: 80 * 1_048_576,
    }),
    flows: () => [{ host: 'localhost', lines: ['incoming message store: offline'] }],
  };
}

const sessions: SessionControl = {
  list: () => [
    {
      jid: 'juliet@localhost/\u001b[31m\u202ered',
      remoteAddress: '::1',
      transport: 'tcp',
      isSecure: false,
      since: 0,
      priority: 5,
      isDetached: false,
    },
  ],
  close: () => 1,
};

async function withServer(pid: number, requestStop: () => void, run: () => Promise<void>) {
  epode.makeData();
  const commands = [
    ...serverCommands(facts(pid), requestStop),
    ...sessionCommands(sessions, ['localhost']),
  ];
  const admin = new AdminDispatcher(commands, () => {});
  const handle = (name: string, params: unknown) => admin.run(name, params);
  const control: ControlServer = await serveControl(epode.socket, handle);
  try {
    await run();
  } finally {
    await control.close();
  }
}

describe('without server', () => {
  test.each([['status'], ['stop'], ['explain'], ['session list']])(
    '%s says so',
    async (command) => {
      expect(await epode.run(command.split(' '))).toEqual({
        code: 1,
        out: '',
        err: 'The server is not running.\nStart it: epode start\n',
      });
    },
  );
});

describe('with a server', () => {
  test('status, explain and sessions are for people', async () => {
    await withServer(
      42,
      () => {},
      async () => {
        expect((await epode.run(['status'])).out).toBe(
          'Epode 1.2.3 has been running for 1 h 1 min (process 42, Node.js v24.1.0)\n' +
            '  hosts      localhost, b.example\n' +
            '  listening  [::]:5222 (clients, STARTTLS)\n' +
            '  sessions   2 (1 connection)\n' +
            '  memory     80 MiB\n',
        );
        expect((await epode.run(['explain', 'message'])).out).toBe(
          'localhost\n  incoming message store: offline\n',
        );
        expect((await epode.run(['session', 'kick', 'juliet@localhost'])).out).toBe(
          'Ended 1 session.\n',
        );
      },
    );
  });

  test('names from clients cannot play with the terminal', async () => {
    await withServer(
      42,
      () => {},
      async () => {
        const { out } = await epode.run(['session', 'list']);
        expect(out).toContain('juliet@localhost/?[31m?red  ::1   tcp, unencrypted');
      },
    );
  });

  test('status is data on request', async () => {
    await withServer(
      42,
      () => {},
      async () => {
        const { out } = await epode.run(['status', '--json']);
        expect(JSON.parse(out)).toMatchObject({ version: '1.2.3', pid: 42, sessions: 2 });
      },
    );
  });

  test('stop waits until its process has ended', async () => {
    const server = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const ended = new Promise((resolve) => server.on('exit', resolve));
    await withServer(
      server.pid!,
      () => server.kill(),
      async () => {
        expect(await epode.run(['stop'])).toEqual({ code: 0, out: 'Stopped.\n', err: '' });
        expect(server.signalCode ?? (await ended)).toBeDefined();
      },
    );
  });
});

describe('a wrong call', () => {
  test.each([
    [['bogus'], "unknown command 'bogus'"],
    [['sttaus'], 'Did you mean status?'],
    [['explain', 'everything'], 'Allowed choices are message, presence, iq, http.'],
    [['user', 'list', '--limit', '0'], 'It must be a number from 1 to 1000.'],
    [['start', '--port', '1'], "unknown option '--port'"],
  ])('%j', async (args, message) => {
    const outcome = await epode.run(args);
    expect(outcome.code).toBe(2);
    expect(outcome.err).toContain(message);
  });

  test('and a call for help is none', async () => {
    expect(await epode.run(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n' });
    expect((await epode.run(['user', '--help'])).code).toBe(0);
  });

  test('a configuration with mistakes is told of, without stack trace', async () => {
    epode.configure('hosts:\n  localhost:\nlistners: []\nlog: { level: loud }\n');
    expect(await epode.run(['status', '--config', 'epode.yaml'])).toEqual({
      code: 1,
      out: '',
      err:
        'epode.yaml:3:1: unknown key "listners"; did you mean "listeners"?\n' +
        'epode.yaml:4:15: log.level must be one of debug, info, warn, error, silent, not the text "loud"\n',
    });
  });
});
