import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { builtinModules } from '../../src/builtin-modules.ts';
import { completionScript } from '../../src/cli/completion.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { Installation } from './installation.ts';

let epode: Installation;
beforeEach(() => {
  epode = new Installation(`
hosts: { localhost: , b.example: { modules: { ping: false, version: true } } }
modules: { version: false, time: false }
`);
});
afterEach(() => epode.remove());

describe('module list', () => {
  test('tells of each what it does, which XEPs, and where it is on', async () => {
    const { out } = await epode.run(['module', 'list']);
    expect(out.split('\n')).toHaveLength(builtinModules.length + 2);
    expect(out).toMatch(/^MODULE +IS +XEPS +WHAT IT DOES\n/);
    expect(out).toMatch(/\nping +on at localhost +0199 +Answers pings/);
    expect(out).toMatch(/\nversion +on at b\.example +0092 /);
    expect(out).toMatch(/\ntime +off +0202 /);
    expect(out).toMatch(/\nroster +on /);
  });

  test('is data on request', async () => {
    const list = JSON.parse((await epode.run(['module', 'list', '--json'])).out);
    expect(list.find(({ name }: { name: string }) => name === 'ping')).toMatchObject({
      implements: [{ xep: 199, status: 'complete' }],
      hosts: { localhost: true, 'b.example': false },
    });
  });
});

test('config show puts every default in place', async () => {
  const { out } = await epode.run(['config', 'show']);
  expect(out).toMatch(/^# epode\.yaml, with every default in place\ndata: \.\/data\nhosts:\n/);
  expect(out).toContain('      scramIterations: 10000\n');
  const data = JSON.parse((await epode.run(['config', 'show', '--json'])).out);
  expect(data.hosts['b.example'].modules.ping).toBe(false);
});

/** What bash would offer behind these words. */
function offered(...words: string[]): string[] {
  const script = `${completionScript(buildProgram('1'), 'bash')}
COMP_WORDS=(epode "$@"); COMP_CWORD=$#; _epode; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words]);
  expect(stderr.toString()).toBe('');
  return stdout.toString().split('\n').slice(0, -1);
}

describe('completion', () => {
  test.each([
    [['sta'], ['start', 'status']],
    [
      ['user', 'd'],
      ['delete', 'disable'],
    ],
    [
      ['--config', 'x.yaml', '--json', 'cert', ''],
      ['show', 'reload'],
    ],
    [['explain', 'm'], ['message']],
    [['roster', 'add', '--m'], ['--mutual']],
    [['cert', 'show', '--j'], ['--json']],
    [['--config', ''], ['']],
    [['user', 'add', ''], ['']],
    [['bogus', ''], ['']],
  ])('bash behind %j offers %j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  test('every command is in the scripts of all shells', async () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const { code, out } = await epode.run(['completion', shell]);
      expect(code).toBe(0);
      for (const word of ['backup', 'passwd', 'kick', 'completion', 'presence']) {
        expect(out).toContain(word);
      }
    }
    const fish = completionScript(buildProgram('1'), 'fish');
    expect(fish).toContain("-f -a add -d 'create an account; asks for its password'\n");
    expect(fish).toContain("'read the password from stdin'\n");
  });
});
