import type { CallFrame } from './cpu-profile.ts';

/** Where time goes that is spent in no function of the server's. */
const BY_V8: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collection',
  // libuv, the kernel, callbacks in C++ and the compiler on this thread.
  '(program)': 'outside JavaScript',
  '(idle)': 'idle',
  '(root)': 'root',
  '(V8 API)': 'outside JavaScript',
};

/** The path of a source from the project's directory: `src/xml/frame.ts`, `node:net`; '' for none. */
export function fileOf({ url }: CallFrame): string {
  const dependency = /\/node_modules\/(.*)$/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  return /\/((?:src|bench|bin|dist)\/.*)$/.exec(url)?.[1] ?? url;
}

/** A layer of the sources, a package, Node.js, what is native, or the collector. */
export function areaOf(frame: CallFrame): string {
  const { url, functionName } = frame;
  if (url === '') return BY_V8[functionName] ?? 'native functions';
  if (url.startsWith('node:')) return 'Node.js';
  const dependency = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  return /^src\/[^/]+/.exec(fileOf(frame))?.[0] ?? 'other';
}

/** A module of the server's, a package, or a part of Node.js; null for what is no module. */
export function moduleOf(frame: CallFrame): string | null {
  if (frame.url === '') return null;
  const file = fileOf(frame);
  const feature = /^src\/modules\/([^/.]+)/.exec(file)?.[1];
  if (feature !== undefined) return `module ${feature}`;
  return file.startsWith('src/') || file.startsWith('node:') ? file : areaOf(frame);
}

/** `name (src/xml/frame.ts:12)`, lines from 1; the name alone for what is native. */
export function titleOf(frame: CallFrame): string {
  const name = frame.functionName || '(anonymous)';
  return frame.url === '' ? name : `${name} (${fileOf(frame)}:${frame.lineNumber + 1})`;
}
