import { parseArgs } from 'node:util';
import { UsageError } from './options.ts';

type Options = Readonly<
  Record<string, { readonly type: 'string' | 'boolean'; readonly default?: string | boolean }>
>;

/** What was given, or is meant otherwise. */
type Values<T extends Options> = {
  readonly [K in keyof T]: T[K]['type'] extends 'boolean'
    ? boolean
    : T[K] extends { readonly default: string }
      ? string
      : string | undefined;
};

/**
 * Takes the options that one way of running has, and leaves those that are every run's.
 * @throws {UsageError} when one of them lacks its value.
 */
export function takeOptions<const T extends Options>(args: readonly string[], options: T) {
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const taken = new Set<number>();
  for (const token of tokens) {
    const option = token.kind === 'option' ? options[token.name] : undefined;
    if (token.kind !== 'option' || !option) continue;
    const isLacking = option.type === 'string' && (token.value ?? '') === '';
    if (isLacking) throw new UsageError(`--${token.name} wants a value`);
    taken.add(token.index);
    if (token.value !== undefined && !token.inlineValue) taken.add(token.index + 1);
  }
  return {
    values: values as unknown as Values<T>,
    rest: args.filter((_, index) => !taken.has(index)),
  };
}
