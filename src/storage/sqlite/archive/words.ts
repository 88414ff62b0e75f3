import { buildChild } from '../../../xml/element.ts';
import { parseFrame } from '../../../xml/parse.ts';

/** What of a message is searched, in characters. */
const MAX_TEXT = 20_000;
/** Words of a search; more are left out. */
const MAX_WORDS = 32;

/** Scripts that are written without spaces between words: each character is one word. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu;
/** What SQLite's tokenizer takes for words is made of these. */
const WORD = /[\p{L}\p{N}\p{M}\p{Co}]/u;
/** `"a phrase"`, or what stands between spaces. */
const TERM = /"([^"]*)"?|([^\s"]+)/gu;

/** The text that people read of a message, as it is indexed; '' for none. */
export function textOf(stanza: string): string {
  const frame = parseFrame(stanza);
  const texts = frame.children
    .filter(({ name, xmlns }) => xmlns === frame.xmlns && (name === 'body' || name === 'subject'))
    .map((child) => buildChild(frame, child).getText());
  return spaced(texts.join('\n').slice(0, MAX_TEXT));
}

/**
 * What somebody looks for, in the language of FTS5: all of the words, each as it stands, and
 * what is in quotation marks as a phrase; `word*` is whatever begins so. Null where there is
 * no word in it.
 */
export function matchOf(search: string): string | null {
  const terms: string[] = [];
  for (const [, phrase, word] of search.slice(0, MAX_TEXT).matchAll(TERM)) {
    const text = phrase ?? word ?? '';
    if (!WORD.test(text) || terms.length === MAX_WORDS) continue;
    const isBeginning = word?.endsWith('*') === true;
    terms.push(`"${spaced(text).replaceAll('"', '""')}"${isBeginning ? ' *' : ''}`);
  }
  return terms.length === 0 ? null : terms.join(' AND ');
}

function spaced(text: string): string {
  return text.replaceAll('\0', ' ').replace(UNSPACED, ' $& ');
}
