import type { Show } from '../chat/contacts.ts';
import type { Session } from '../chat/session.ts';

const HUES = 8;

interface Props {
  readonly session: Session;
  readonly jid: string;
  readonly show?: Show;
  readonly isLarge?: boolean;
}

/** Somebody's picture, or the first letter of the name; the name itself stands beside it. */
export function Avatar({ session, jid, show, isLarge = false }: Props) {
  const { picture } = session.cards.of(jid);
  const letter = [...session.nameOf(jid)][0]?.toUpperCase() ?? '?';
  return (
    <span class={`avatar hue-${hueOf(jid)}${isLarge ? ' avatar-large' : ''}`} aria-hidden="true">
      {picture ? <img src={picture} alt="" /> : letter}
      {show && show !== 'offline' && <span class={`presence presence-${show}`} />}
    </span>
  );
}

/** The same for one address everywhere. */
function hueOf(jid: string): number {
  let sum = 0;
  for (const sign of jid) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}
