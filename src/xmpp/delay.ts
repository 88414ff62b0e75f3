import { attr, element, optional } from './codec.ts';
import { dateTime, string } from './codec-values.ts';
import { NS } from './ns.ts';

/** When a stanza was first sent, in milliseconds since 1970, and who says so (XEP-0203 §3). */
export const delay = element(NS.delay, 'delay', {
  from: optional(attr(string)),
  stamp: attr(dateTime),
});
