import type { StreamFeature } from '../feature.ts';
import { type SignInDeps, SignIns } from '../sasl/sign-in.ts';
import { bind } from './bind.ts';
import { bind2 } from './bind2.ts';
import { channelBinding } from './channel-binding.ts';
import { fast, requestToken } from './fast.ts';
import { limits } from './limits.ts';
import { sasl } from './sasl.ts';
import { sasl2 } from './sasl2.ts';
import { session } from './session.ts';
import { starttls } from './starttls.ts';

/** The features of every client stream, in the order of XEP-0170 §2. */
export function coreFeatures(deps: SignInDeps): readonly StreamFeature[] {
  const signIns = new SignIns(deps);
  return [
    starttls,
    sasl(signIns),
    sasl2(signIns, [fast, requestToken, bind2]),
    channelBinding(signIns),
    bind,
    session,
    limits,
  ];
}
