import { attr, child, childText, element, optional, text, type ValueOf } from './codec.ts';
import { string, type ValueCodec } from './codec-values.ts';

/** Results in pages, of which each is asked for (XEP-0059). */
export const NS_RSM = 'http://jabber.org/protocol/rsm';

/** Non-negative; what no number can hold is as good as the largest. */
const count: ValueCodec<number> = {
  parse: (written) =>
    /^\d+$/.test(written) ? Math.min(Number(written), Number.MAX_SAFE_INTEGER) : undefined,
  format: String,
};

/**
 * Which page is wanted (§2). An empty `before` asks for the last one (§2.5). Decoding
 * throws `StanzaError` bad-request for numbers that are none.
 */
export const pageRequest = element(NS_RSM, 'set', {
  max: optional(childText(count)),
  after: optional(childText(string)),
  before: optional(childText(string)),
  index: optional(childText(count)),
});
export type PageRequest = ValueOf<typeof pageRequest>;

const first = element(NS_RSM, 'first', { index: optional(attr(count)), id: text(string) });

/** What page it is that one has got; without `first` and `last` an empty one (§2.2). */
export const pageInfo = element(NS_RSM, 'set', {
  first: optional(child(first)),
  last: optional(childText(string)),
  count: optional(childText(count)),
});
export type PageInfo = ValueOf<typeof pageInfo>;
