/**
 * What a browser may do for the page (Content Security Policy Level 3): run and show what the
 * server has, show what the page itself has made, and talk to nobody else. Text that is taken
 * for markup is refused, wherever in the page that would happen.
 */
export function contentPolicy(webUrl: string | null): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob: mediastream:",
    `connect-src ${["'self'", ...ownOrigins(webUrl)].join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** The page may be reached by another name than the files that are sent with it. */
function ownOrigins(webUrl: string | null): string[] {
  return webUrl === null ? [] : [webUrl, webUrl.replace(/^http/, 'ws')];
}

/** What the page asks its user for, and what else no page of this origin may ask for. */
export const PERMISSIONS = [
  'camera=(self)',
  'microphone=(self)',
  'display-capture=(self)',
  'geolocation=()',
  'payment=()',
  'usb=()',
].join(', ');
