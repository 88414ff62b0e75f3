import { buildChild } from '../../../xml/element.ts';
import { parseFrame } from '../../../xml/parse.ts';

/** What of a message is searched, in characters. */
const MAX_TEXT = 20_000;
/** Words of a search; more are left out. */
const MAX_WORDS = 32;

/** Scripts that are written without spaces between words: each character is one word. */
const UNSPACED =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu;
/** Where none of these is, no such script is either, and it is faster looked for. */
const MAY_BE_UNSPACED = /[\u0e00-\uffff]/;
/** A tag up to its last sign, in text that is well-formed. */
const TAG = String.raw`<[^\s/>!]+(?:\s+[^\s=]+\s*=\s*(?:'[^']*'|"[^"]*"))*\s*`;
/** A message with a body in front of whatever else has content: nearly all that people say. */
const PLAIN = new RegExp(
  `^(?=<message[\\s>])${TAG}>(?:(?!<(?:body|subject)\\b)${TAG}/>)*<body>([^<&]*)</body>`,
);
/** What could be one more body, or a subject. */
const MORE_TEXT = /[<:](?:body|subject)[\s/>]/;
/** What SQLite's tokenizer takes for words is made of these. */
const WORD = /[\p{L}\p{N}\p{M}\p{Co}]/u;
/** `"a phrase"`, or what stands between spaces. */
const TERM = /"([^"]*)"?|([^\s"]+)/gu;

/** The text that people read of a message, as it is indexed; '' for none. */
export function textOf(stanza: string): string {
  return spaced((plainBodyOf(stanza) ?? textsOf(stanza)).slice(0, MAX_TEXT));
}

/** Null where parsing has to tell; that costs ten times as much. */
function plainBodyOf(stanza: string): string | null {
  const [start, body] = PLAIN.exec(stanza) ?? [];
  if (start === undefined || MORE_TEXT.test(stanza.slice(start.length))) return null;
  return body!;
}

function textsOf(stanza: string): string {
  const frame = parseFrame(stanza);
  return frame.children
    .filter(({ name, xmlns }) => xmlns === frame.xmlns && (name === 'body' || name === 'subject'))
    .map((child) => buildChild(frame, child).getText())
    .join('\n');
}

/**
 * What somebody looks for, in the language of FTS5: all of the words, each as it stands, and
 * what is in quotation marks as a phrase; `word*` is whatever begins so. Null where there is
 * no word in it.
 */
export function matchOf(search: string): string | null {
  const terms: string[] = [];
  for (const [, phrase, word] of search.slice(0, MAX_TEXT).matchAll(TERM)) {
    const text = (phrase ?? word ?? '').replaceAll('\0', ' ');
    if (!WORD.test(text) || terms.length === MAX_WORDS) continue;
    const isBeginning = word?.endsWith('*') === true;
    terms.push(`"${spaced(text).replaceAll('"', '""')}"${isBeginning ? ' *' : ''}`);
  }
  return terms.length === 0 ? null : terms.join(' AND ');
}

function spaced(text: string): string {
  return MAY_BE_UNSPACED.test(text) ? text.replace(UNSPACED, ' $& ') : text;
}
