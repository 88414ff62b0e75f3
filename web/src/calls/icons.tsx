import type { ComponentChildren } from 'preact';

function Icon({ children, isOff = false }: { children: ComponentChildren; isOff?: boolean }) {
  return (
    <svg class="call-icon" viewBox="0 0 24 24" aria-hidden="true">
      {children}
      {isOff && <path d="M4 4l16 16" />}
    </svg>
  );
}

export function AudioIcon() {
  return (
    <Icon>
      <path d="M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A15 15 0 0 1 4 5a1 1 0 0 1 1-1z" />
    </Icon>
  );
}

export function VideoIcon({ isOff = false }: { isOff?: boolean }) {
  return (
    <Icon isOff={isOff}>
      <path d="M3 7h11v10H3zM14 11l7-4v10l-7-4z" />
    </Icon>
  );
}

export function MicrophoneIcon({ isOff = false }: { isOff?: boolean }) {
  return (
    <Icon isOff={isOff}>
      <path d="M9 4h6v9H9zM5 11a7 7 0 0 0 14 0M12 18v3" />
    </Icon>
  );
}

export function ScreenIcon() {
  return (
    <Icon>
      <path d="M3 5h18v11H3zM8 20h8M12 16v4M12 13V8M9.5 10.5L12 8l2.5 2.5" />
    </Icon>
  );
}

export function SizeIcon({ isSmall }: { isSmall: boolean }) {
  const path = isSmall
    ? 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7'
    : 'M20 10h-6V4M14 10l6-6M4 14h6v6M10 14l-6 6';
  return (
    <Icon>
      <path d={path} />
    </Icon>
  );
}

export function HangUpIcon() {
  return (
    <Icon>
      <path d="M3 14c5-5 13-5 18 0l-3 3-3-2v-3a12 12 0 0 0-6 0v3l-3 2z" />
    </Icon>
  );
}
