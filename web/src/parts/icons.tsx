/** Line drawings of 24 by 24; whoever shows one says in words what it means. */

const PATHS = {
  add: 'M12 5v14M5 12h14',
  attach:
    'm20 11-8.6 8.6a5.4 5.4 0 0 1-7.6-7.6l8.9-8.9a3.6 3.6 0 0 1 5.1 5.1l-8.9 8.9a1.8 1.8 0 0 1-2.5-2.5L14.5 6.5',
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6 6 18',
  down: 'M6 9l6 6 6-6',
  edit: 'M4 20h4L19 9l-4-4L4 16v4ZM13 7l4 4',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  file: 'M6 3h8l4 4v14H6V3Zm8 0v4h4',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  remove: 'M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm5-2 5 5',
  send: 'M4 12 20 4l-5 16-4-7-7-1Zm7 1 4-4',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 8c1-4 4-6 8-6s7 2 8 6',
  leave: 'M14 4H5v16h9M10 12h11m-4-4 4 4-4 4',
  sending: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-13v4l3 2',
  sent: 'm5 12.5 4.5 4.5L19 7.5',
  received: 'm2 12.5 4.5 4.5L16 7.5M12 17l.5.5L22 7.5',
  failed: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-13v5m0 3.5v.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The sign of the product: an e that is open to one side. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <rect class="mark-ground" width="64" height="64" rx="16" />
      <path
        class="mark-line"
        d="M46 22.5C42.6 18.9 37.8 17 32.6 17 23.4 17 16 23.7 16 32s7.4 15 16.6 15c5.200 0 10-1.9 13.4-5.5M16.6 32H42"
      />
    </svg>
  );
}

export function Wordmark() {
  return (
    <span class="wordmark">
      <Mark />
      <span>Epode</span>
    </span>
  );
}
