import type { Argument, Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** One command as a shell has to know it. */
interface Entry {
  /** The words that lead there, without the program's name: `user add`; '' for itself. */
  readonly path: string;
  /** What may follow: commands, or the choices of an argument. */
  readonly words: readonly { readonly word: string; readonly help: string }[];
  /** `--config`, with what it means. */
  readonly options: readonly { readonly word: string; readonly help: string }[];
}

/** A script that a shell reads to complete the commands of `program`. */
export function completionScript(program: Command, shell: Shell): string {
  const entries = entriesOf(program, '', program);
  if (shell === 'fish') return fish(entries);
  return shell === 'zsh'
    ? `autoload -U +X bashcompinit && bashcompinit\n${bash(entries)}`
    : bash(entries);
}

function entriesOf(command: Command, path: string, program: Command): Entry[] {
  const commands = command.commands.map((each) => ({
    word: each.name(),
    help: each.description(),
  }));
  const choices = command.registeredArguments.flatMap(
    ({ argChoices }: Argument) => argChoices ?? [],
  );
  const all = new Set([...command.options, ...program.options]);
  return [
    {
      path,
      words: [...commands, ...choices.map((word) => ({ word, help: '' }))],
      options: [...all].map(({ long, description }) => ({ word: long ?? '', help: description })),
    },
    ...command.commands.flatMap((each) =>
      entriesOf(each, `${path} ${each.name()}`.trim(), program),
    ),
  ];
}

/**
 * Words that are no options, nor the value of `--config`, say which command it is. The names
 * of variables are such as mean nothing to zsh, where `path`, `words` and `options` do.
 */
function bash(entries: readonly Entry[]): string {
  const cases = entries.map(({ path, words, options }) => {
    const list = (each: Entry['words']) => each.map(({ word }) => word).join(' ');
    return `    '${path}') offers='${list(words)}' flags='${list(options)} --help' ;;`;
  });
  return `_epode() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at_command='' offers='' flags='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
      -c | --config) ((at++)) ;;
      -*) ;;
      *) at_command="\${at_command:+$at_command }\${COMP_WORDS[at]}" ;;
    esac
  done
  case "$at_command" in
${cases.join('\n')}
  esac
  COMPREPLY=()
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in -c | --config) return ;; esac
  case "$current" in -*) offers="$flags" ;; esac
  COMPREPLY=($(compgen -W "$offers" -- "$current"))
}
complete -o default -F _epode epode
`;
}

function fish(entries: readonly Entry[]): string {
  const lines = entries.flatMap(({ path, words, options }) => {
    const names = path.split(' ').filter((name) => name !== '');
    const deeper = words.map(({ word }) => word).join(' ');
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`);
    const conditions = [...seen, ...(deeper ? [`not __fish_seen_subcommand_from ${deeper}`] : [])];
    const when = `-n '${conditions.join('; and ')}'`;
    const own = path === '' ? '' : `${when} `;
    return [
      ...words.map(
        ({ word, help }) => `complete -c epode ${when} -f -a ${word} -d ${quoted(help)}`,
      ),
      ...options
        .filter(({ word }) => path === '' || !isCommon(entries, word))
        .map(({ word, help }) => `complete -c epode ${own}-l ${word.slice(2)} -d ${quoted(help)}`),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function isCommon([root]: readonly Entry[], option: string): boolean {
  return root!.options.some(({ word }) => word === option);
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
