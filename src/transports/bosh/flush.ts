/** What has something to write at the end of this turn of the event loop. */
export interface Flushed {
  flush(): void;
}

let waiting: Flushed[] = [];

/** Lets `flush` be called when all that is to be done in this turn is done. */
export function flushSoon(flushed: Flushed): void {
  if (waiting.length === 0) setImmediate(flushAll);
  waiting.push(flushed);
}

function flushAll(): void {
  const due = waiting;
  waiting = [];
  for (const flushed of due) flushed.flush();
}
