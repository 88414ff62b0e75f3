import { type BidiClass, bidiClass } from './precis-properties.ts';

const IN_RIGHT_TO_LEFT = new Set<BidiClass>(['R', 'A', 'E', 'N', 'M']);
const IN_LEFT_TO_RIGHT = new Set<BidiClass>(['L', 'E', 'N', 'M']);
const ENDS_RIGHT_TO_LEFT = new Set<BidiClass | undefined>(['R', 'A', 'E']);
const ENDS_LEFT_TO_RIGHT = new Set<BidiClass | undefined>(['L', 'E']);

/**
 * Whether a text with characters that run from right to left obeys the Bidi
 * Rule (RFC 5893 §2); texts without them always do (RFC 8265 §3.3.2).
 */
export function obeysBidiRule(text: string): boolean {
  const classes = Array.from(text, bidiClass);
  if (!classes.some((found) => found === 'R' || found === 'A')) return true;
  const last = classes.findLast((found) => found !== 'M');
  if (classes[0] === 'R') {
    const mixesDigits = classes.includes('E') && classes.includes('A');
    return (
      !mixesDigits &&
      ENDS_RIGHT_TO_LEFT.has(last) &&
      classes.every((found) => IN_RIGHT_TO_LEFT.has(found))
    );
  }
  return (
    classes[0] === 'L' &&
    ENDS_LEFT_TO_RIGHT.has(last) &&
    classes.every((found) => IN_LEFT_TO_RIGHT.has(found))
  );
}
