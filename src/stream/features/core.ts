import type { StreamFeature } from '../feature.ts';
import type { Hashing } from '../sasl/hashing.ts';
import { SignIns } from '../sasl/sign-in.ts';
import { bind } from './bind.ts';
import { channelBinding } from './channel-binding.ts';
import { limits } from './limits.ts';
import { sasl } from './sasl.ts';
import { session } from './session.ts';
import { starttls } from './starttls.ts';

/** The features of every client stream, in the order of XEP-0170 §2. */
export function coreFeatures(hashing: Hashing): readonly StreamFeature[] {
  const signIns = new SignIns(hashing);
  return [starttls, sasl(signIns), channelBinding(signIns), bind, session, limits];
}
