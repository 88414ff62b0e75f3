import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { SaslError, type SaslMechanism, type SaslOutcome } from './mechanism.ts';

/** Characters of trace information (RFC 4505 §2). */
const MAX_TRACE = 255;

/** ANONYMOUS (RFC 4505): as somebody whom nobody was before, and nobody will be again. */
export const anonymous: SaslMechanism = {
  name: 'ANONYMOUS',
  isPlaintext: false,
  isBound: false,
  begin: () => ({ next: admit }),
};

/** What the client says of itself is not used for anything (XEP-0175 §3). */
function admit(trace: Buffer): SaslOutcome {
  const text = isUtf8(trace) ? trace.toString() : '\0';
  if (text.includes('\0') || [...text].length > MAX_TRACE) throw new SaslError('malformed-request');
  return { kind: 'success', username: randomUUID(), data: Buffer.alloc(0) };
}
