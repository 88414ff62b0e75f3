// In the walk of a message: bytes become one frame here.

import { isUtf8 } from 'node:buffer';
import { BYTE, STOPS_CDATA, STOPS_TEXT, skipUntil } from './byte-class.ts';
import { endsCdata, skipCdataStart, skipInCdata, skipInText } from './character-data.ts';
import { type Frame, XmlError, type XmlLimits } from './frame.ts';
import { FrameBuilder } from './frame-builder.ts';
import type { StreamScope } from './namespaces.ts';
import { StartTag, skipSpace } from './start-tag.ts';
import { type OpenStream, openStream } from './stream-header.ts';

/**
 * Reads one frame, or one stream header, from bytes that come in pieces. All
 * offsets are relative to the base, which is where its '<' stands in `bytes`, so
 * that the bytes may move between calls. A scanner is a large object: parsers
 * borrow one for as long as they are within a frame.
 */
export class FrameScanner {
  /** Bytes that are not read again; those of the whole frame once `scan` said true. */
  position = 0;
  private readonly tag = new StartTag();
  private readonly builder = new FrameBuilder();
  private isInCdata = false;
  private isInStartTag = false;
  /** Within an unfinished tag: up to where no '>' was seen. Else -1. */
  private searched = -1;

  /** Forgets everything, for the next frame. */
  clear(): void {
    this.position = 0;
    this.builder.clear();
    this.isInCdata = false;
    this.isInStartTag = false;
    this.searched = -1;
  }

  /**
   * Goes on to read a frame; false when bytes run out before its end. Throws
   * `XmlError`; invalid UTF-8 is left to `finish`.
   */
  scan(bytes: Buffer, base: number, end: number, limits: XmlLimits, stream: StreamScope): boolean {
    if (this.isWithinTag(bytes, base, end)) return this.waits(base, end, limits);
    let at = base + this.position;
    do {
      at = this.isInCdata
        ? this.scanCdata(bytes, base, at, end)
        : this.scanText(bytes, base, at, end);
      if (at === -1) return this.waits(base, end, limits);
      at = this.scanMarkup(bytes, base, at, end, limits, stream);
      if (at === -1) return this.waits(base, end, limits);
    } while (this.builder.depth > 0);
    this.position = at - base;
    if (this.position > limits.bytes) throw tooManyBytes();
    return true;
  }

  /** The frame that has been scanned. Throws `XmlError` when its bytes are not UTF-8. */
  finish(raw: Buffer): Frame {
    return this.builder.finish(raw);
  }

  /**
   * Goes on to read the root's start tag; null when bytes run out before its
   * end. Throws `XmlError`.
   */
  scanHeader(bytes: Buffer, base: number, end: number, limits: XmlLimits): OpenStream | null {
    let at = -1;
    if (!this.isWithinTag(bytes, base, end)) {
      at = this.scanStartTag(bytes, base, base, end, limits);
    }
    if (at === -1) {
      this.waits(base, end, limits);
      return null;
    }
    this.position = at - base;
    if (!isUtf8(bytes.subarray(base, at))) {
      throw new XmlError('not-well-formed', 'The bytes are not UTF-8');
    }
    return openStream(this.tag, bytes, base);
  }

  /** Whether an unfinished tag still lacks its '>', so that reading on is in vain. */
  private isWithinTag(bytes: Buffer, base: number, end: number): boolean {
    if (this.searched === -1) return false;
    let at = base + this.searched;
    while (at < end && bytes[at] !== BYTE.greater) at++;
    this.searched = at === end ? end - base : -1;
    return at === end;
  }

  /** Always false; throws when what is there exceeds the limits already. */
  private waits(base: number, end: number, limits: XmlLimits): false {
    const length = end - base;
    if (length > limits.bytes) throw tooManyBytes();
    if (this.searched !== -1 && length - this.position > limits.tagBytes) throw tooLongTag();
    return false;
  }

  /** Returns the index of the next '<', or -1 when bytes run out. */
  private scanText(bytes: Buffer, base: number, start: number, end: number): number {
    const { builder } = this;
    let at = start;
    if (builder.depth === 1 && !builder.hasText) {
      at = skipSpace(bytes, at, end);
      builder.hasText = at < end && bytes[at] !== BYTE.less;
    }
    for (;;) {
      at = skipUntil(STOPS_TEXT, bytes, at, end);
      if (at < end && bytes[at] === BYTE.less) return at;
      const next = at === end ? -1 : skipInText(bytes, at, end);
      if (next === -1) return this.stopAt(at - base);
      at = next;
    }
  }

  /** Returns the index of the next '<' behind the section, or -1 when bytes run out. */
  private scanCdata(bytes: Buffer, base: number, start: number, end: number): number {
    let at = start;
    for (;;) {
      at = skipUntil(STOPS_CDATA, bytes, at, end);
      if (at < end && bytes[at] === BYTE.greater && endsCdata(bytes, at)) {
        this.isInCdata = false;
        return this.scanText(bytes, base, at + 1, end);
      }
      const next = at === end ? -1 : skipInCdata(bytes, at, end);
      if (next === -1) return this.stopAt(at - base);
      at = next;
    }
  }

  /** Reads what begins with the '<' at `start`; returns the index behind it, or -1. */
  private scanMarkup(
    bytes: Buffer,
    base: number,
    start: number,
    end: number,
    limits: XmlLimits,
    stream: StreamScope,
  ): number {
    if (start + 1 === end) return this.stopAt(start - base);
    switch (bytes[start + 1]) {
      case BYTE.slash:
        return this.scanEndTag(bytes, base, start, end, limits);
      case BYTE.exclamation:
        return this.enterCdata(bytes, base, start, end);
      case BYTE.question:
        throw new XmlError('restricted-xml', 'Processing instructions are not allowed');
      default: {
        const at = this.scanStartTag(bytes, base, start, end, limits);
        if (at !== -1) {
          this.builder.open(this.tag, bytes, base, start - base, at - base, limits, stream);
        }
        return at;
      }
    }
  }

  private scanStartTag(
    bytes: Buffer,
    base: number,
    start: number,
    end: number,
    limits: XmlLimits,
  ): number {
    if (!this.isInStartTag) this.tag.begin(start - base);
    const at = this.tag.scan(bytes, base, end, limits);
    this.isInStartTag = at === -1;
    if (at === -1) return this.stopInTag(start - base, end - base);
    if (at - start > limits.tagBytes) throw tooLongTag();
    return at;
  }

  private scanEndTag(
    bytes: Buffer,
    base: number,
    start: number,
    end: number,
    limits: XmlLimits,
  ): number {
    let at = this.builder.matchName(bytes, base, start + 2, end);
    if (at !== -1) at = skipSpace(bytes, at, end);
    if (at === -1 || at === end) return this.stopInTag(start - base, end - base);
    if (bytes[at] !== BYTE.greater) {
      throw new XmlError('not-well-formed', 'An end tag matches no start tag');
    }
    if (at - start >= limits.tagBytes) throw tooLongTag();
    this.builder.close(start - base, at + 1 - base);
    return at + 1;
  }

  private enterCdata(bytes: Buffer, base: number, start: number, end: number): number {
    const at = skipCdataStart(bytes, start, end);
    if (at === -1) return this.stopAt(start - base);
    if (this.builder.depth === 0) throw new XmlError('bad-format', 'Text stands between stanzas');
    if (this.builder.depth === 1) this.builder.hasText = true;
    this.isInCdata = true;
    return at;
  }

  private stopAt(position: number): -1 {
    this.position = position;
    return -1;
  }

  private stopInTag(position: number, searched: number): -1 {
    this.position = position;
    this.searched = searched;
    return -1;
  }
}

function tooManyBytes(): XmlError {
  return new XmlError('policy-violation', 'A stanza is too large');
}

function tooLongTag(): XmlError {
  return new XmlError('policy-violation', 'A tag is too long');
}
