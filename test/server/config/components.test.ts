import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { builtinModules } from '../../../src/builtin-modules.ts';
import { effectiveConfig } from '../../../src/server/config/effective.ts';
import { parseConfig } from '../../../src/server/config/load.ts';
import type { ConfigError } from '../../../src/server/config/problems.ts';

const parse = (text: string) => parseConfig('/etc/epode.yaml', text, builtinModules);
const HOSTS = 'hosts: { example.org: , other.example: }\n';
const LISTENER = 'listeners: [{ type: component, address: 127.0.0.1, port: 5347 }]\n';

function problemsOf(text: string): string[] {
  try {
    parse(HOSTS + text);
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

describe('components', () => {
  test('are found by clients of the hosts above them, unless the file says otherwise', () => {
    const { components, warnings } = parse(`${HOSTS}${LISTENER}
components:
  Echo.Example.Org: { secret: s }
  far.example: { secret: t, name: Far, conflict: refuse, hosts: [Other.Example] }`);
    expect(components).toEqual([
      {
        domain: 'echo.example.org',
        secret: 's',
        conflict: 'replace',
        name: '',
        hosts: ['example.org'],
      },
      {
        domain: 'far.example',
        secret: 't',
        conflict: 'refuse',
        name: 'Far',
        hosts: ['other.example'],
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test.each([
    [
      'components: { "a@b": { secret: s } }',
      ['2: "a@b" is no domain: the domain is not a valid internationalised domain name'],
    ],
    ['components: { example.org: { secret: s } }', ['2: example.org is served already']],
    [
      'components: { a.example: { secret: s }, A.example: { secret: s } }',
      ['2: A.example is served already'],
    ],
    [
      'components: { a.example: { secret: s, hosts: [x.example] } }',
      ['2: x.example is no host of this server'],
    ],
    ['components: { a.example: {} }', ['2: components."a.example".secret is missing']],
    [
      'listeners: [{ type: component, port: 5347 }]',
      ['2: components speak without TLS: a listener for them has to say its address'],
    ],
  ])('%s is refused', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  test('without a listener, or with one for the world, deserve a second thought', () => {
    const component = 'components: { a.example: { secret: s } }\n';
    expect(parse(HOSTS + component).warnings).toEqual([
      'components cannot connect: no listener is of type component',
    ]);
    const open = 'listeners: [{ type: component, address: "*", port: 5347 }]';
    expect(parse(HOSTS + component + open).warnings).toEqual([
      'components connect to * port 5347 unencrypted; anyone on the way can read along',
    ]);
  });
});

describe('a secret', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'components-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('may stand in a file or in the environment, and is never shown', () => {
    const file = join(directory, 'epode.yaml');
    process.env.EPODE_TEST_SECRET = 'from-environment';
    writeFileSync(join(directory, 'secret'), 'from-file\n');
    const text = `${HOSTS}components:
  a.example: { secret: in-the-open }
  b.example: { secret: "file:secret" }
  c.example: { secret: "env:EPODE_TEST_SECRET" }
`;
    writeFileSync(file, text);
    const secrets = parseConfig(file, text, builtinModules).components.map(({ secret }) => secret);
    expect(secrets).toEqual(['in-the-open', 'from-file', 'from-environment']);
    const shown = effectiveConfig(file, builtinModules).components;
    expect(shown).toMatchObject({
      'a.example': { secret: '(hidden)' },
      'b.example': { secret: 'file:secret' },
    });
    delete process.env.EPODE_TEST_SECRET;
  });
});
