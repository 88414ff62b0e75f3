/** How long a ring and the pause after it last, in seconds. */
const TONE_S = 0.9;
const PERIOD_S = 3;
const VOLUME = 0.12;

/** Rings until the function that it returns is called. A page that may not sound rings silently. */
export function ring(): () => void {
  const context = new AudioContext();
  const volume = new GainNode(context, { gain: 0 });
  volume.connect(context.destination);
  const tones = [523.25, 659.25].map((frequency) => new OscillatorNode(context, { frequency }));
  for (const tone of tones) {
    tone.connect(volume);
    tone.start();
  }
  const sound = (): void => {
    const now = context.currentTime;
    volume.gain.setTargetAtTime(VOLUME, now, 0.02);
    volume.gain.setTargetAtTime(0, now + TONE_S, 0.05);
  };
  sound();
  const timer = window.setInterval(sound, PERIOD_S * 1000);
  return () => {
    window.clearInterval(timer);
    context.close().catch(() => {});
  };
}
