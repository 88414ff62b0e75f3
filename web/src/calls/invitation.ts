import type { Reason } from './jingle.ts';

export type Medium = 'audio' | 'video';

/** The elements of Jingle Message Initiation; `accept` is of the versions before 0.4. */
export type Step = 'propose' | 'ringing' | 'proceed' | 'accept' | 'reject' | 'retract' | 'finish';

export type InvitationMessage = {
  readonly step: Step;
  readonly id: string;
  /** Of a proposal. */
  readonly media?: readonly Medium[];
  readonly reason?: Reason;
  readonly tieBreak?: boolean;
};

/** Why nothing came of an invitation, or what ended the call. */
export type InvitationEnd =
  | 'declined'
  | 'busy'
  | 'cancelled'
  | 'tie'
  | 'answered-elsewhere'
  | 'declined-elsewhere';

export type Invitation = {
  readonly id: string;
  /** Bare JID. */
  readonly peer: string;
  /** Whether we have proposed. */
  readonly isOurs: boolean;
  readonly media: readonly Medium[];
  readonly phase: 'proposed' | 'ringing' | 'proceeded' | 'over';
  /** Full JID of the peer's device, once it is known. */
  readonly device?: string;
  readonly end?: InvitationEnd;
};

export type Sender = {
  /** Full JID. */
  readonly from: string;
  /** Whether it is another device of our own account. */
  readonly isOwn: boolean;
};

/** What becomes of an invitation by a message about it: XEP-0353 §3. */
export function received(
  invitation: Invitation,
  { step, reason, tieBreak }: InvitationMessage,
  { from, isOwn }: Sender,
): Invitation {
  const over = (end: InvitationEnd): Invitation => ({ ...invitation, phase: 'over', end });
  if (invitation.phase === 'over') return invitation;
  if (isOwn) return invitation.isOurs ? invitation : ofOwnDevice(invitation, step, over);
  if (bareOf(from) !== invitation.peer) return invitation;
  if (step === 'retract' && !invitation.isOurs) return over('cancelled');
  if (invitation.phase === 'proceeded') return invitation;
  if (step === 'finish') return over('cancelled');
  if (!invitation.isOurs) return invitation;
  if (step === 'ringing') return { ...invitation, phase: 'ringing' };
  if (step === 'proceed') return { ...invitation, phase: 'proceeded', device: from };
  if (step !== 'reject') return invitation;
  if (tieBreak) return over('tie');
  return over(reason === 'busy' ? 'busy' : 'declined');
}

/** One device of ours answers, the others stop ringing. */
function ofOwnDevice(
  invitation: Invitation,
  step: Step,
  over: (end: InvitationEnd) => Invitation,
): Invitation {
  if (invitation.phase === 'proceeded') return invitation;
  if (step === 'accept' || step === 'proceed') return over('answered-elsewhere');
  return step === 'reject' ? over('declined-elsewhere') : invitation;
}

/**
 * Whether the invitation `ours` goes before `theirs`, where both have called each other at the
 * same time: XEP-0353 §4.1, by bytes.
 */
export function goesFirst(
  ours: { readonly id: string; readonly from: string },
  theirs: { readonly id: string; readonly from: string },
): boolean {
  const key = ({ id, from }: typeof ours) => (ours.id === theirs.id ? from : id);
  return compareBytes(key(ours), key(theirs)) < 0;
}

function compareBytes(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => new TextEncoder().encode(text));
  for (let at = 0; at < Math.min(a!.length, b!.length); at += 1) {
    if (a![at] !== b![at]) return a![at]! - b![at]!;
  }
  return a!.length - b!.length;
}

function bareOf(jid: string): string {
  return jid.split('/', 1)[0]!;
}
