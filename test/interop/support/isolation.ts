/** Where programs look for the authorities that the machine trusts. */
export const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

export type Isolation = {
  /** A file, whose authorities take the place of the machine's. */
  readonly authority: string;
  /** Runs as this user; undefined: as the one who starts it. */
  readonly uid: number | undefined;
  /** Has a network of its own. */
  readonly isAlone?: boolean;
};

/** The words before a command that give it namespaces of its own. */
export function isolated({ authority, uid, isAlone = false }: Isolation): readonly string[] {
  const network = isAlone ? 'ip link set lo up' : 'true';
  const script = `${network} && mount --bind "$0" ${SYSTEM_AUTHORITIES} && exec "$@"`;
  const isRoot = uid !== undefined;
  return [
    ...['unshare', '--mount', ...(isAlone ? ['--net'] : [])],
    ...(isRoot ? [] : ['--map-root-user']),
    ...['sh', '-c', script, authority],
    ...(isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'] : []),
  ];
}
