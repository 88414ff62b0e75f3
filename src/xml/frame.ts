/** An attribute of a frame's start tag, as offsets into `Frame.raw`. */
export interface FrameAttribute {
  /** As written, prefix included: `to`, `xml:lang`, `xmlns:c`. */
  readonly name: string;
  /** From the first byte of the name to behind the closing quote. */
  readonly start: number;
  readonly end: number;
  /** The value between its quotes, still escaped. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** A direct child element of a frame, as offsets into `Frame.raw`. */
export interface FrameChild {
  /** Local name. */
  readonly name: string;
  /** The namespace that the name resolves to; '' for none. */
  readonly xmlns: string;
  /** From '<' of the start tag to behind '>' of the end tag. */
  readonly start: number;
  readonly end: number;
  /** Between start tag and end tag; equal when the tag closes itself. */
  readonly contentStart: number;
  readonly contentEnd: number;
  /** Whether the child's own start tag carries an `xmlns` or `xmlns:*` declaration. */
  readonly hasDeclarations: boolean;
}

/**
 * One complete, validated child of the stream's root element, as bytes.
 * `raw` belongs to the parser and is valid until the handler returns: whoever
 * keeps it for longer copies it first.
 */
export interface Frame {
  /** Local name. */
  readonly name: string;
  readonly xmlns: string;
  /** The whole element. */
  readonly raw: Buffer;
  readonly attributes: readonly FrameAttribute[];
  readonly children: readonly FrameChild[];
  /** Between start tag and end tag; equal when the tag closes itself. */
  readonly contentStart: number;
  readonly contentEnd: number;
  /** The default namespace in scope for the content. */
  readonly defaultXmlns: string;
  /** Prefixes declared on the stream header (never `xml`) that the frame uses; usually empty. */
  readonly streamPrefixes: readonly { readonly prefix: string; readonly xmlns: string }[];
  /** Whether there is text other than white space between the direct children. */
  readonly hasText: boolean;
}

/** What stands between a frame's start and end tag; offsets are into `raw`. */
export type FrameContent = Pick<Frame, 'raw' | 'contentStart' | 'contentEnd' | 'children'>;

/** The root's start tag. Attributes are decoded: `to`, `from`, `version`, `xml:lang`. */
export interface StreamHeader {
  /** Local name: `stream` where all is well. */
  readonly name: string;
  readonly xmlns: string;
  /** '' when unprefixed. */
  readonly prefix: string;
  readonly defaultXmlns: string;
  /** By name as written; namespace declarations excluded. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Prefixes that it declares. */
  readonly prefixes: readonly { readonly prefix: string; readonly xmlns: string }[];
}

/**
 * Why the stream cannot be read on; the values are stream error conditions
 * (RFC 6120 §4.9.3).
 */
export type XmlErrorCondition =
  | 'bad-format'
  | 'not-well-formed'
  | 'restricted-xml'
  | 'unsupported-encoding'
  | 'policy-violation';

export class XmlError extends Error {
  readonly condition: XmlErrorCondition;

  constructor(condition: XmlErrorCondition, text: string) {
    super(text);
    this.condition = condition;
  }
}

/** Bounds of what one stream may send. */
export interface XmlLimits {
  /** Bytes of one child of the root, its tags included. */
  readonly bytes: number;
  /** Bytes of one tag. */
  readonly tagBytes: number;
  /** Nesting below the root; a stanza is at depth 1. */
  readonly depth: number;
  /** Elements within one child of the root, at any depth. */
  readonly elements: number;
  /** Attributes of one tag, namespace declarations included. */
  readonly attributes: number;
}

/** Receives what the parser finds, in document order. */
export interface XmlStreamHandler {
  /** White space between frames. */
  onWhiteSpace?(): void;
  onHeader(header: StreamHeader): void;
  onFrame(frame: Frame): void;
  /** The root's end tag. */
  onFooter(): void;
  /** Called once; the parser is dead until `reset` or `restart`. */
  onError(error: XmlError): void;
}
