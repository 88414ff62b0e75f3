/** What the page says about files that go from browser to browser. */
export const words = {
  sendDirectly: (name: string) => `Send a file directly to ${name}`,
  tooLarge: (name: string) => `${name} is too large to go directly.`,
  transfers: 'Direct file transfers',
  offers: (name: string, size: string) => `${name} (${size}) is offered to you.`,
  waiting: (name: string) => `${name}: waiting until it is accepted …`,
  connecting: (name: string) => `${name}: connecting …`,
  sending: (name: string) => `${name}: sending`,
  receiving: (name: string) => `${name}: receiving`,
  sent: (name: string) => `${name} was sent; its checksum is right.`,
  received: (name: string) => `${name} has arrived; its checksum is right.`,
  declined: (name: string) => `${name} was declined.`,
  cancelled: (name: string) => `${name} was cancelled.`,
  corrupt: (name: string) => `${name} has not arrived as it was sent, and was thrown away.`,
  failed: (name: string) => `${name} could not be transferred.`,
  accept: 'Accept',
  decline: 'Decline',
  cancel: 'Cancel',
  save: 'Save',
  close: 'Close',
} as const;

/** A size in bytes, for people. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}
