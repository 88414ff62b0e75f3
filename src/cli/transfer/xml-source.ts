import { realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import sax from 'sax';
import { broken } from './entry.ts';
import { fileText } from './file-text.ts';

const NS_XINCLUDE = 'http://www.w3.org/2001/XInclude';
/** Elements within elements. */
const MAX_DEPTH = 120;
const MAX_ATTRIBUTES = 100;
/** Files that include files: the server's, a host's, a user's. */
const MAX_FILES = 4;
/** An include stands for a host or a user; below a user it is somebody's data (XEP-0227 §5). */
const MAX_INCLUDE_DEPTH = 3;

export interface XmlTag {
  readonly name: string;
  readonly xmlns: string;
  /** With the prefixes that they have, and declarations of those. */
  readonly attrs: Readonly<Record<string, string>>;
}

/** Hears of a document's parts in their order. */
export interface XmlListener {
  open(tag: XmlTag, place: string): void;
  text(text: string): void;
  close(): void;
}

type XmlEvent = { readonly open: XmlTag; readonly line: number } | { readonly text: string } | null;

/**
 * Reads a document and the files that it includes (XInclude, as far as XEP-0227 §5
 * asks for it), in bounded memory. Yields whenever the listener may have something.
 */
export class XmlSource {
  readonly #listener: XmlListener;
  readonly #main: string;
  readonly #included = new Set<string>();
  #depth = 0;

  constructor(path: string, listener: XmlListener) {
    this.#main = resolve(path);
    this.#listener = listener;
  }

  /** @throws {CliError} for what is not well-formed, too deep, or has a document type. */
  read(): AsyncGenerator<void> {
    return this.#read(this.#main, 1);
  }

  async *#read(path: string, files: number): AsyncGenerator<void> {
    const events: XmlEvent[] = [];
    const tokens = new Tokens(events, (line) => this.#placeOf(path, line));
    for await (const text of fileText(path)) {
      const fault = faultOf(() => tokens.push(text));
      yield* this.#tell(events.splice(0), path, files);
      if (fault) throw fault;
    }
    tokens.end();
  }

  async *#tell(events: readonly XmlEvent[], path: string, files: number): AsyncGenerator<void> {
    for (const event of events) {
      if (event && 'open' in event && this.#isInclude(event.open)) {
        yield* this.#include(event.open, this.#placeOf(path, event.line), path, files);
      } else {
        this.#tellOne(event, path);
      }
    }
    yield;
  }

  #tellOne(event: XmlEvent, path: string): void {
    if (event === null) {
      this.#depth--;
      this.#listener.close();
    } else if ('text' in event) {
      this.#listener.text(event.text);
    } else {
      const place = this.#placeOf(path, event.line);
      if (++this.#depth > MAX_DEPTH) throw broken(place, 'elements are nested too deeply');
      this.#listener.open(event.open, place);
    }
  }

  #isInclude({ name, xmlns }: XmlTag): boolean {
    return name === 'include' && xmlns === NS_XINCLUDE && this.#depth <= MAX_INCLUDE_DEPTH;
  }

  /** The end tag of the include itself reaches the listener as that of an empty element. */
  async *#include(tag: XmlTag, place: string, from: string, files: number): AsyncGenerator<void> {
    const path = resolve(dirname(from), this.#hrefOf(tag, place));
    if (!isBelow(path, dirname(this.#main))) {
      throw broken(place, 'a file from outside of the directory is included');
    }
    if (files >= MAX_FILES) throw broken(place, 'files include files too deeply');
    const isAgain = path === this.#main || this.#included.has(path);
    if (isAgain) throw broken(place, 'a file is included twice');
    this.#included.add(path);
    yield* this.#read(path, files + 1);
    this.#tellOne({ open: tag, line: 0 }, from);
  }

  #hrefOf({ attrs }: XmlTag, place: string): string {
    const { href = '', parse, xpointer } = attrs;
    const isRelative = href !== '' && !/^([a-z][a-z0-9+.-]*:|\/|#)/i.test(href);
    if (isRelative && parse === undefined && xpointer === undefined) return decodeHref(href, place);
    throw broken(place, 'only whole files with a relative path can be included');
  }

  #placeOf(path: string, line: number): string {
    if (path === this.#main) return `line ${line}`;
    return `${relative(dirname(this.#main), path)}, line ${line}`;
  }
}

/** Whether a regular file is in the directory or below, also where links lead elsewhere. */
function isBelow(path: string, directory: string): boolean {
  if (!path.startsWith(directory + sep)) return false;
  try {
    const isInside = realpathSync(path).startsWith(realpathSync(directory) + sep);
    return isInside && statSync(path).isFile();
  } catch {
    // Reading it will tell what is wrong.
    return true;
  }
}

/** Kept until what came before it has been told. */
function faultOf(task: () => void): unknown {
  try {
    task();
    return null;
  } catch (error) {
    return error;
  }
}

function decodeHref(href: string, place: string): string {
  const malformed = broken(place, 'the path of an included file is malformed');
  try {
    const path = decodeURIComponent(href);
    if (!path.includes('\0')) return path;
  } catch {
    throw malformed;
  }
  throw malformed;
}

/** What sax knows besides what its types say. */
interface Innards {
  readonly attribList: readonly unknown[];
}

/** One file's text as events; sax knows only the entities of XML itself. */
class Tokens {
  readonly #parser: sax.SAXParser & Partial<Innards>;
  readonly #placeOf: (line: number) => string;
  #hasRoot = false;

  constructor(events: XmlEvent[], placeOf: (line: number) => string) {
    this.#placeOf = placeOf;
    const options = { xmlns: true, strictEntities: true };
    const parser = sax.parser(true, options as sax.SAXOptions);
    this.#parser = parser;
    parser.onerror = (error) => this.#refuse(`this is no XML: ${error.message.split('\n')[0]}`);
    parser.ondoctype = () => this.#refuse('document types are not read');
    parser.onprocessinginstruction = (node) => this.#checkEncoding(node);
    parser.onopentag = (tag) => {
      this.#hasRoot = true;
      events.push({ open: readTag(tag as sax.QualifiedTag), line: parser.line + 1 });
    };
    parser.ontext = (text) => void events.push({ text });
    parser.oncdata = (text) => void events.push({ text });
    parser.onclosetag = () => void events.push(null);
  }

  push(text: string): void {
    this.#parser.write(text);
    // Each attribute is compared with all before it.
    const attributes = this.#parser.attribList?.length ?? 0;
    if (attributes > MAX_ATTRIBUTES) this.#refuse('a tag has too many attributes');
  }

  end(): void {
    this.#parser.close();
    if (!this.#hasRoot) this.#refuse('this is no XML: there is no element');
  }

  #checkEncoding({ name, body }: { name: string; body: string }): void {
    const encoding = /encoding\s*=\s*["']([^"']*)/.exec(body)?.[1] ?? 'UTF-8';
    const isKnown = /^(utf-8|us-ascii)$/i.test(encoding);
    if (name === 'xml' && !isKnown) this.#refuse(`the encoding ${encoding} is not read, UTF-8 is`);
  }

  #refuse(what: string): never {
    throw broken(this.#placeOf(this.#parser.line + 1), what);
  }
}

/** Prefixes of elements are gone; those of attributes are declared where they stand. */
function readTag({ local, uri, attributes }: sax.QualifiedTag): XmlTag {
  const attrs: Record<string, string> = {};
  for (const { name, prefix, uri: xmlns, value } of Object.values(attributes)) {
    if (name === 'xmlns' || prefix === 'xmlns') continue;
    if (prefix !== '' && prefix !== 'xml') attrs[`xmlns:${prefix}`] = xmlns;
    attrs[name] = value;
  }
  return { name: local, xmlns: uri, attrs };
}
