import { Element } from '../../xml/element.ts';
import type { XmlTag } from './xml-source.ts';

/** Characters of one piece, with what its tags take up. */
const MAX_PIECE = 1_048_576;

/** An element that has been read to its end. */
export interface Piece {
  readonly element: Element;
  /** In characters. */
  readonly size: number;
  /** Whether it is not all there, since that would be too much. */
  readonly isTooLarge: boolean;
}

/** Makes elements of their tags and text, one at a time. */
export class PieceBuilder {
  /** The innermost open element of the piece that is being read. */
  #element: Element | null = null;
  #size = 0;

  get isOpen(): boolean {
    return this.#element !== null;
  }

  open({ name, xmlns, attrs }: XmlTag): void {
    this.#size += name.length * 2 + 5 + lengthOf(attrs);
    const isNew = this.#element?.getNS() !== xmlns;
    const element = new Element(name, { ...(isNew && { xmlns }), ...attrs });
    // What is too large is followed to its end, but no longer kept.
    if (this.#element && this.#size <= MAX_PIECE) this.#element.cnode(element);
    else element.parent = this.#element;
    this.#element = element;
  }

  text(text: string): void {
    if (!this.#element) return;
    this.#size += text.length;
    if (this.#size <= MAX_PIECE) this.#element.t(text);
  }

  /** Closes the innermost element; returns the piece where that was it. */
  close(): Piece | null {
    const element = this.#element!;
    const size = this.#size;
    this.#element = element.parent;
    if (this.#element) return null;
    this.#size = 0;
    return { element, size, isTooLarge: size > MAX_PIECE };
  }
}

function lengthOf(attrs: Readonly<Record<string, string>>): number {
  return Object.entries(attrs).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}
