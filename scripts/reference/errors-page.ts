import { globSync, readFileSync } from 'node:fs';
import { EXIT } from '../../src/cli/failure.ts';
import { ADMIN_ERRORS } from '../../src/server/admin/command.ts';
import { STORAGE_ERRORS } from '../../src/storage/ports.ts';
import { CONTROL_ERRORS } from '../../src/transports/control.ts';
import { code, heading, page, table } from './markdown.ts';

const ROOT = new URL('../../', import.meta.url);

const INTRODUCTION = `What an operator can be told. Every message says in words what is wrong, and on a second line
what mends it. Mistakes in the configuration come all at once, each with its place and its mend:

    conf/epode.yaml:12:1: unknown key "listners"; did you mean "listeners"?`;

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Done.',
  failed: 'It could not be done; the message says why.',
  usage: 'The command was called wrongly.',
  warned: '`epode doctor` has found nothing but warnings.',
};

/** `docs/errors.md` */
export function errorsPage(): string {
  return page(
    heading('Errors'),
    INTRODUCTION,
    '## Exit status',
    table(
      ['status', 'means'],
      Object.entries(EXIT).map(([name, status]) => [
        String(status),
        MEANINGS[name as keyof typeof EXIT],
      ]),
    ),
    '## Commands',
    'The `code` of an answer on the [control socket](cli.md#the-control-socket).',
    codes(ADMIN_ERRORS),
    '## The control socket',
    codes(CONTROL_ERRORS),
    '## The database',
    'At a start, a backup or a restore. A write that fails while the server runs ends it.',
    codes(STORAGE_ERRORS),
    '## The log',
    'Lines of level `warn` and `error`, by their phrase (`msg`), with what else stands in them.',
    table(['phrase', 'level', 'fields'], logLines()),
  );
}

function codes(errors: Readonly<Record<string, string>>): string {
  return table(
    ['code', 'means'],
    Object.entries(errors).map(([name, text]) => [code(name), text]),
  );
}

const CALL = /\blog\.(warn|error)\(\s*(\{[^}]*\}|\w+),\s*'((?:[^'\\]|\\.)*)'/g;

/** Phrases are constants, as the contract of `Log` has it: they are found in the source. */
function logLines(): string[][] {
  const files = globSync('src/**/*.ts', { cwd: ROOT.pathname }).sort();
  const lines = files.flatMap((file) => {
    const calls = readFileSync(new URL(file, ROOT), 'utf8').matchAll(CALL);
    return [...calls].map(([, level = '', fields = '', phrase = '']) => [
      phrase.replaceAll("\\'", "'"),
      level,
      fieldsOf(fields).map(code).join(', '),
    ]);
  });
  const byPhrase = new Map(lines.map((line) => [line.join(), line]));
  return [...byPhrase.values()].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

function fieldsOf(literal: string): string[] {
  const parts = literal.replace(/^\{|\}$/g, '').split(',');
  return parts.map((part) => part.split(':')[0]!.trim()).filter((name) => /^\w+$/.test(name));
}
