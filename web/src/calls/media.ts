import { words } from './text.ts';

/** The browser gives no camera, microphone or screen; the message is for the user. */
export class NoMedia extends Error {}

/** Opens microphone, and camera where it is wanted. @throws NoMedia */
export async function openMedia(kinds: { audio: boolean; video: boolean }): Promise<MediaStream> {
  const audio = kinds.audio && { echoCancellation: true, noiseSuppression: true };
  const video = kinds.video && { width: { ideal: 1280 }, height: { ideal: 720 } };
  return await asked(() => navigator.mediaDevices.getUserMedia({ audio, video }), kinds.video);
}

/** Whether the browser gives the devices without asking the user first. */
export async function isAllowed(video: boolean): Promise<boolean> {
  const names = video ? ['microphone', 'camera'] : ['microphone'];
  const states = names.map((name) =>
    // Not every browser can be asked.
    navigator.permissions.query({ name: name as PermissionName }).then(
      ({ state }) => state,
      () => 'prompt',
    ),
  );
  return (await Promise.all(states)).every((state) => state === 'granted');
}

/** Lets the user choose a screen, a window or a tab. @throws NoMedia */
export async function openScreen(): Promise<MediaStream> {
  return await asked(() => navigator.mediaDevices.getDisplayMedia({ video: true }), true);
}

/** Whether this browser, at this address, can call at all. */
export function canCall(): boolean {
  return 'RTCPeerConnection' in window && navigator.mediaDevices?.getUserMedia !== undefined;
}

export function canShareScreen(): boolean {
  return navigator.mediaDevices?.getDisplayMedia !== undefined;
}

async function asked(open: () => Promise<MediaStream>, hasVideo: boolean): Promise<MediaStream> {
  try {
    return await open();
  } catch (error) {
    throw new NoMedia(explain((error as DOMException).name, hasVideo));
  }
}

function explain(name: string, hasVideo: boolean): string {
  if (name === 'NotAllowedError') return hasVideo ? words.cameraRefused : words.microphoneRefused;
  if (name === 'NotFoundError' || name === 'OverconstrainedError') {
    return hasVideo ? words.noCamera : words.noMicrophone;
  }
  return name === 'NotReadableError' ? words.deviceBusy : words.deviceFailed;
}
