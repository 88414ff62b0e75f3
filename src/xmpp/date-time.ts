const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Longer texts have only more digits behind the milliseconds. */
const MAX_LENGTH = 64;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const MAX_OFFSET = 14 * 60 * MINUTE;

/** From year 1 to 9999, in ms since 1970: what four digits can write. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * Reads a DateTime (XEP-0082 §3.2) as milliseconds since 1970, or null when it
 * is none. What is finer than milliseconds is cut off; a leap second counts as
 * the second after it.
 */
export function parseDateTime(text: string): number | null {
  const match = text.length <= MAX_LENGTH ? DATE_TIME.exec(text) : null;
  if (!match) return null;
  const day = startOfDay(Number(match[1]), Number(match[2]), Number(match[3]));
  const time = timeOfDay(Number(match[4]), Number(match[5]), Number(match[6]));
  const offset = zoneOffset(match[8], Number(match[9]), Number(match[10]));
  if (day === null || time === null || offset === null) return null;
  const utc = day + time - offset;
  const isLeapSecond = match[6] === '60';
  if (isLeapSecond && utc % DAY !== 0) return null;
  const moment = utc + Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  return moment >= EARLIEST && moment <= LATEST ? moment : null;
}

/**
 * Writes milliseconds since 1970 as a DateTime in UTC, with milliseconds where
 * there are any. Throws `RangeError` for years that four digits cannot write.
 */
export function formatDateTime(moment: number): string {
  if (!(moment >= EARLIEST && moment <= LATEST)) throw new RangeError(`no date: ${moment}`);
  return new Date(moment).toISOString().replace('.000Z', 'Z');
}

function startOfDay(year: number, month: number, day: number): number | null {
  // Not Date.UTC, which takes years below 100 for those of the twentieth century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : null;
}

function timeOfDay(hour: number, minute: number, second: number): number | null {
  if (hour > 23 || minute > 59 || second > 60) return null;
  return (hour * 60 + minute) * MINUTE + second * 1000;
}

/** 0 for `Z`, which has no sign. */
function zoneOffset(sign: string | undefined, hours: number, minutes: number): number | null {
  if (sign === undefined) return 0;
  const offset = (hours * 60 + minutes) * MINUTE;
  if (minutes > 59 || offset > MAX_OFFSET) return null;
  return sign === '-' ? -offset : offset;
}
