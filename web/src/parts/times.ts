import { text } from '../text.ts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const fullDay = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});

const DAY = 86_400_000;

export function timeOfDay(time: number): string {
  return clock.format(time);
}

/** As short as it can be, for lists: the hour today, the weekday this week. */
export function shortTime(time: number, now = Date.now()): string {
  const age = daysBetween(time, now);
  if (age === 0) return clock.format(time);
  return age > 0 && age < 7 ? weekday.format(time) : day.format(time);
}

/** For the line above the messages of a day. */
export function dayName(time: number, now = Date.now()): string {
  const age = daysBetween(time, now);
  if (age === 0) return text.today;
  return age === 1 ? text.yesterday : fullDay.format(time);
}

export function isSameDay(one: number, other: number): boolean {
  return daysBetween(one, other) === 0;
}

/** By the calendar of whoever looks. */
function daysBetween(earlier: number, later: number): number {
  return Math.round((startOfDay(later) - startOfDay(earlier)) / DAY);
}

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
