import { XmlError } from './frame.ts';

export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

/**
 * Prefixes in scope at one place of a frame. A look-up goes through them, so
 * their number is what keeps the time linear; nobody needs so many.
 */
const MAX_PREFIXES = 64;

export interface PrefixDeclaration {
  readonly prefix: string;
  readonly xmlns: string;
}

/** What a stream header declares, in scope for all its children. */
export interface StreamScope {
  readonly defaultXmlns: string;
  readonly prefixes: readonly PrefixDeclaration[];
  /** The root's name as written, which no child of it has; '' for no root. */
  readonly rootName: string;
}

export const EMPTY_SCOPE: StreamScope = { defaultXmlns: '', prefixes: [], rootName: '' };

/** The prefixes in scope while a frame is read: its own, then those of the stream header. */
export class PrefixScope {
  private declared: PrefixDeclaration[] = [];
  /** Those of the stream header that were looked up. */
  private used: PrefixDeclaration[] = [];

  /** How many are declared; to be handed to `leave` when their element ends. */
  get size(): number {
    return this.declared.length;
  }

  /** Throws `XmlError` for what Namespaces in XML 1.0 §3 forbids to bind. */
  declare(prefix: string, xmlns: string): void {
    checkDeclaration(prefix, xmlns);
    if (this.declared.length === MAX_PREFIXES) {
      throw new XmlError('policy-violation', 'Too many namespace prefixes');
    }
    this.declared.push({ prefix, xmlns });
  }

  /** Forgets what was declared since `size` had that value. */
  leave(size: number): void {
    if (this.declared.length > size) this.declared.length = size;
  }

  /** The namespace of a prefix. Throws `XmlError` when it is not declared. */
  resolve(prefix: string, stream: StreamScope): string {
    for (let i = this.declared.length - 1; i >= 0; i--) {
      const declaration = this.declared[i]!;
      if (declaration.prefix === prefix) return declaration.xmlns;
    }
    if (prefix === 'xml') return XML_NAMESPACE;
    const inherited = stream.prefixes.find((declaration) => declaration.prefix === prefix);
    // RFC 6120 §4.9.3.13 names this very case.
    if (!inherited) throw new XmlError('not-well-formed', 'A namespace prefix is not declared');
    if (!this.used.includes(inherited)) this.used.push(inherited);
    return inherited.xmlns;
  }

  /** The declarations so far, oldest first. */
  all(): PrefixDeclaration[] {
    return [...this.declared];
  }

  /** The stream header's prefixes that were used since the last call. */
  takeUsed(): readonly PrefixDeclaration[] {
    if (this.used.length === 0) return EMPTY_SCOPE.prefixes;
    const used = this.used;
    this.used = [];
    return used;
  }

  clear(): void {
    if (this.declared.length > 0) this.declared.length = 0;
    if (this.used.length > 0) this.used.length = 0;
  }
}

/** Throws `XmlError` for a default namespace that may not be one. */
export function checkDefault(xmlns: string): void {
  if (xmlns === XML_NAMESPACE || xmlns === XMLNS_NAMESPACE) {
    throw new XmlError('not-well-formed', 'A reserved namespace is declared as the default');
  }
}

function checkDeclaration(prefix: string, xmlns: string): void {
  const isXml = prefix === 'xml';
  if (isXml !== (xmlns === XML_NAMESPACE) || prefix === 'xmlns' || xmlns === XMLNS_NAMESPACE) {
    throw new XmlError('not-well-formed', 'A reserved prefix or namespace is bound anew');
  }
  if (xmlns === '') throw new XmlError('not-well-formed', 'A prefix is bound to no namespace');
}
