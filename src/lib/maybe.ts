/**
 * A value that is there now, or later. In-process implementations of the
 * server's ports answer synchronously, so that the hot path pays for no
 * promise; a cluster's implementations answer later. Callers use `then`.
 */
export type Maybe<T> = T | Promise<T>;

// The second test run forces every port to answer later, so that no caller
// comes to depend on the synchronous case (design: single process first).
const isForcedAsync = process.env.EPODE_FORCE_ASYNC === '1';

/** What a port returns for a value it has at hand. */
export function now<T>(value: T): Maybe<T> {
  return isForcedAsync ? Promise.resolve(value) : value;
}

export function isLater<T>(value: Maybe<T>): value is Promise<T> {
  return value instanceof Promise;
}

/** Runs `next` on the value, at once when it is there. */
export function then<T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> {
  return isLater(value) ? value.then(next) : next(value);
}
