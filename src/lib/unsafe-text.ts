/**
 * Control characters, and those that part lines or turn the direction of text: what
 * they do to a terminal or a log, the sender of a name shall not decide.
 */
export const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** The text on one line, with such characters spelt out: `\u001b`. */
export function spelledOut(text: string): string {
  return text.replace(UNSAFE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
