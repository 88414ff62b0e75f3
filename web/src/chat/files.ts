import { safeUrl } from './links.ts';

export type FileKind = 'image' | 'video' | 'audio' | 'other';

/** What a browser shows without running any of it; SVG is a document and stays a link. */
const KINDS: ReadonlyMap<string, FileKind> = new Map([
  ...['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif'].map((end) => [end, 'image'] as const),
  ...['mp4', 'webm'].map((end) => [end, 'video'] as const),
  ...['mp3', 'ogg', 'oga', 'opus', 'm4a', 'flac', 'wav'].map((end) => [end, 'audio'] as const),
]);

export interface SharedFile {
  readonly url: string;
  readonly name: string;
  /** What may be shown in place: pictures, film and sound of one's own server. */
  readonly kind: FileKind;
}

/**
 * The file that an address names. Those that lie elsewhere are links: showing them would
 * tell strangers who reads, and the page's policy forbids it.
 */
export function fileOf(address: string, ownOrigin: string): SharedFile | null {
  const safe = safeUrl(address);
  if (!safe) return null;
  const url = new URL(safe);
  const name = nameOf(url);
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const kind = url.origin === ownOrigin ? (KINDS.get(ending) ?? 'other') : 'other';
  return { url: safe, name, kind };
}

/** The last part of its path, as people read it. */
function nameOf({ pathname, hostname }: URL): string {
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || hostname;
  } catch {
    return last || hostname;
  }
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** `1.4 MB` */
export function formatSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}
