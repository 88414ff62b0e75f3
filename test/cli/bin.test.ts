import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'epode-bin-'));
  cpSync('bin', join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
});
afterEach(() => rmSync(root, { recursive: true }));

function run(node: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(node, [join(root, 'bin/epode'), ...args]);
  return { status, out: stdout.toString(), err: stderr.toString() };
}

test('a checkout that has not been built says what to do', () => {
  expect(run(process.execPath, 'status')).toEqual({
    status: 1,
    out: '',
    err: 'Epode has not been built yet: run `npm run build` in its directory first.\n',
  });
});

test('what was built gets the arguments', () => {
  mkdirSync(join(root, 'dist/cli'), { recursive: true });
  const program = 'console.log(process.argv.slice(2)); process.exit(3);';
  writeFileSync(join(root, 'dist/cli/main.js'), program);
  expect(run(process.execPath, 'user', 'list')).toMatchObject({
    status: 3,
    out: "[ 'user', 'list' ]\n",
  });
});
