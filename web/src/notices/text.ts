/** What notices, and their settings, say. */
export const words = {
  message: 'New message',
  call: 'Calls you',
  turnOn: 'Notify me of messages and calls',
  turnOff: 'No notifications',
  showText: 'Show what messages say',
  refused: 'The browser does not allow notifications.',
} as const;
