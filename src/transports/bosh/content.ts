import type { IncomingMessage } from 'node:http';

/**
 * Reads the content of a request, of which `allows` says at every piece whether so many
 * bytes may be; it is asked with what is there. `done` gets null for too many: the rest
 * is not read. A request that breaks off is forgotten.
 */
export function readContent(
  request: IncomingMessage,
  allows: (length: number, begin: () => Buffer) => boolean,
  done: (content: Buffer | null) => void,
): void {
  const chunks: Buffer[] = [];
  const joined = () => (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  let length = 0;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    length += chunk.length;
    if (allows(length, joined)) return;
    request.removeListener('data', onData).removeListener('end', onEnd).pause();
    done(null);
  };
  const onEnd = (): void => done(joined());
  request.on('data', onData).once('end', onEnd);
}
