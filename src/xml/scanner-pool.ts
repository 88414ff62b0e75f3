import { FrameScanner } from './frame-scanner.ts';

/** More are not kept: they only pile up when as many peers stop within a frame at once. */
const MAX_IDLE = 32;

const idle: FrameScanner[] = [];

/** A scanner at its beginning. */
export function borrowScanner(): FrameScanner {
  return idle.pop() ?? new FrameScanner();
}

export function returnScanner(scanner: FrameScanner): void {
  if (idle.length === MAX_IDLE) return;
  scanner.clear();
  idle.push(scanner);
}
