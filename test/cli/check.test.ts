import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkInstallation, describeCheck } from '../../src/cli/check.ts';
import { Installation } from './installation.ts';

let epode: Installation;
beforeEach(() => {
  epode = new Installation();
});
afterEach(() => epode.remove());

function check() {
  const result = checkInstallation(epode.file, [{ name: 'ping' }]);
  const short = (lines: readonly string[]) =>
    lines.map((line) => line.replaceAll(`${epode.directory}/`, ''));
  return { problems: short(result.problems), warnings: short(result.warnings) };
}

test('a sound installation has no problems, and warnings where it could be better', () => {
  epode.configure('hosts: { localhost: }');
  expect(check()).toEqual({ problems: [], warnings: [] });
  epode.configure('hosts: { localhost: , b.example: }\nsignIn: { requireTls: false }');
  expect(check()).toEqual({
    problems: [],
    warnings: [
      expect.stringContaining('localhost: signing in without TLS'),
      expect.stringContaining('b.example: signing in without TLS'),
      expect.stringContaining('b.example has no certificate and uses a self-signed one'),
    ],
  });
});

test('every problem of the file is told', () => {
  epode.configure('hosts: { localhost: }\nmodules: { pong: false }\ntls: 3\n');
  expect(check()).toEqual({
    problems: [
      'epode.yaml:2:12: unknown module "pong"; did you mean "ping"?',
      'epode.yaml:3:6: tls must be a section (indented keys), not 3',
    ],
    warnings: [],
  });
});

test('problems of certificates, data and socket are told together', () => {
  epode.configure(`
hosts:
  a.example: { certificate: { cert: a.crt, key: a.key } }
  b.example: { certificate: { cert: b.crt, key: b.key } }
data: missing/data
control: { socket: ${'x'.repeat(120)} }
`);
  writeFileSync(join(epode.directory, 'b.crt'), 'nonsense');
  expect(check().problems).toEqual([
    'The certificate file a.crt does not exist. Correct its path.',
    expect.stringContaining('The certificate file b.crt is not in PEM form'),
    'The directory missing does not exist. Create it, or correct "data".',
    expect.stringContaining('The path of the control socket is too long'),
  ]);
});

test('a data directory that others may enter is warned of', () => {
  epode.configure('hosts: { localhost: }');
  mkdirSync(join(epode.directory, 'data'));
  chmodSync(join(epode.directory, 'data'), 0o755);
  expect(check().warnings).toEqual([
    'other users of this machine may look into data; chmod 700 closes it',
  ]);
});

test('the report ends with the verdict', () => {
  const result = { file: '/e.yaml', problems: ['It is broken.'], warnings: ['It is odd.'] };
  expect(describeCheck(result).text).toBe(
    'It is broken.\nwarning: It is odd.\n/e.yaml: the server cannot start.',
  );
  expect(describeCheck({ ...result, problems: [] }).text).toContain('the server can start');
});
