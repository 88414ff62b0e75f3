import { Element } from '../xml/element.ts';
import type { ValueCodec } from './codec-values.ts';
import { StanzaError } from './errors.ts';

/** Where a value of an element is; `key` is its name in the decoded object. */
export interface Field<T, IsOptional extends boolean = boolean> {
  readonly isOptional: IsOptional;
  /** Undefined when it is absent. Throws `StanzaError` when it is no such value. */
  read(element: Element, key: string): T | undefined;
  write(element: Element, key: string, value: T): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the fields of one element differ in their types.
type Fields = Record<string, Field<any>>;
type ValueIn<F> = F extends Field<infer T> ? T : never;
type OptionalKey<F extends Fields> = {
  [K in keyof F]: F[K]['isOptional'] extends true ? K : never;
}[keyof F];

/** The object that an element with these fields stands for. */
type Shape<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKey<F>>]: ValueIn<F[K]>;
} & { readonly [K in OptionalKey<F>]?: ValueIn<F[K]> | undefined };

export interface ElementCodec<T> {
  readonly xmlns: string;
  readonly name: string;
  encode(value: T): Element;
  /** Throws `StanzaError` bad-request when the element is another, or lacks something. */
  decode(element: Element): T;
}

/** What a codec decodes to: `type Delay = ValueOf<typeof delay>`. */
export type ValueOf<C> = C extends ElementCodec<infer T> ? T : never;

/**
 * The codec of an element, from where its values are:
 * `element(NS.delay, 'delay', { stamp: attr(dateTime), reason: text(string) })`.
 */
export function element<F extends Fields>(
  xmlns: string,
  name: string,
  fields: F,
): ElementCodec<Shape<F>> {
  const entries = Object.entries(fields);
  return {
    xmlns,
    name,
    encode(value) {
      const result = new Element(name, { xmlns });
      for (const [key, field] of entries) {
        const part = value[key as keyof Shape<F>];
        if (part !== undefined) field.write(result, key, part);
      }
      return result;
    },
    decode(source) {
      if (!source.is(name, xmlns)) throw badRequest(`<${name} xmlns='${xmlns}'/> is missing`);
      const parts = entries.map(([key, field]) => [key, readField(source, key, field)] as const);
      return Object.fromEntries(parts.filter(([, part]) => part !== undefined)) as Shape<F>;
    },
  };
}

function readField(source: Element, key: string, field: Field<unknown>): unknown {
  const value = field.read(source, key);
  if (value === undefined && !field.isOptional) {
    throw badRequest(`${key} is missing in <${source.getName()}/>`);
  }
  return value;
}

/** An attribute, named like its key unless `name` says otherwise. */
export function attr<T>(codec: ValueCodec<T>, name?: string): Field<T, false> {
  return {
    isOptional: false,
    read: (source, key) => parseWith(codec, source.attrs[name ?? key], name ?? key),
    write(target, key, value) {
      target.attrs[name ?? key] = codec.format(value);
    },
  };
}

/** The element's own text; '' when there is none. */
export function text<T>(codec: ValueCodec<T>): Field<T, false> {
  return {
    isOptional: false,
    read: (source) => parseWith(codec, source.getText(), 'text'),
    write(target, _key, value) {
      target.t(codec.format(value));
    },
  };
}

/** The text of a child element in the same namespace. */
export function childText<T>(codec: ValueCodec<T>, name?: string): Field<T, false> {
  return {
    isOptional: false,
    read(source, key) {
      const child = source.getChild(name ?? key, source.getNS());
      return parseWith(codec, child?.getText(), name ?? key);
    },
    write(target, key, value) {
      target.c(name ?? key).t(codec.format(value));
    },
  };
}

/** Whether there is such a child element in the same namespace. */
export function flag(name?: string): Field<boolean, false> {
  return {
    isOptional: false,
    read: (source, key) => source.getChild(name ?? key, source.getNS()) !== undefined,
    write(target, key, value) {
      if (value) target.c(name ?? key);
    },
  };
}

/** One child element. */
export function child<T>(codec: ElementCodec<T>): Field<T, false> {
  return {
    isOptional: false,
    read(source) {
      const found = source.getChild(codec.name, codec.xmlns);
      return found && codec.decode(found);
    },
    write(target, _key, value) {
      target.cnode(codec.encode(value));
    },
  };
}

/** All children of a kind, in their order; may be none. */
export function repeated<T>(codec: ElementCodec<T>): Field<readonly T[], false> {
  return {
    isOptional: false,
    read: (source) => source.getChildren(codec.name, codec.xmlns).map(codec.decode),
    write(target, _key, values) {
      for (const value of values) target.cnode(codec.encode(value));
    },
  };
}

/** The same field where it may be absent. */
export function optional<T>(field: Field<T>): Field<T, true> {
  return { ...field, isOptional: true };
}

function parseWith<T>(codec: ValueCodec<T>, written: unknown, name: string): T | undefined {
  if (typeof written !== 'string') return undefined;
  const value = codec.parse(written);
  if (value === undefined) throw badRequest(`${name} has no valid value`);
  return value;
}

function badRequest(reason: string): StanzaError {
  return new StanzaError('bad-request', reason);
}
