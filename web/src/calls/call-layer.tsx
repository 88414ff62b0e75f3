import { useEffect, useRef, useState } from 'preact/hooks';
import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import './calls.css';
import {
  AudioIcon,
  HangUpIcon,
  MicrophoneIcon,
  ScreenIcon,
  SizeIcon,
  VideoIcon,
} from './icons.tsx';
import { canShareScreen } from './media.ts';
import { ring } from './ring.ts';
import { words } from './text.ts';

export type NameOf = (bareJid: string) => string;

/** The call there is, on top of the page: its ring, its pictures, and how it ended. */
export function CallLayer({ calls, nameOf }: { calls: Calls; nameOf: NameOf }) {
  const call = calls.current.value;
  if (call === null) return null;
  const name = nameOf(call.peer);
  const { value: phase } = call.phase;
  if (phase === 'over') return <Ended call={call} name={name} onClose={() => calls.dismiss()} />;
  if (phase === 'incoming') return <Incoming key={call.id} call={call} name={name} />;
  return <Running key={call.id} call={call} name={name} />;
}

function Incoming({ call, name }: { call: Call; name: string }) {
  const answer = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    answer.current?.focus();
    return ring();
  }, []);
  const title = call.isVideo ? words.callsWithVideo(name) : words.calls(name);
  return (
    <section class="call-incoming" role="alertdialog" aria-label={title}>
      <p class="call-title">{title}</p>
      <Trouble call={call} />
      <div class="call-actions">
        <button ref={answer} type="button" class="call-yes" onClick={() => void call.answer(false)}>
          <AudioIcon />
          {words.answer}
        </button>
        {call.isVideo && (
          <button type="button" class="call-yes" onClick={() => void call.answer(true)}>
            <VideoIcon />
            {words.answerWithVideo}
          </button>
        )}
        <button type="button" class="call-no" onClick={() => call.hangUp()}>
          <HangUpIcon />
          {words.decline}
        </button>
      </div>
    </section>
  );
}

function Running({ call, name }: { call: Call; name: string }) {
  const hasVideo = call.hasRemoteVideo.value;
  const [isSmall, setSmall] = useState(false);
  return (
    <section
      class={isSmall ? 'call-view call-small' : 'call-view'}
      role="dialog"
      aria-label={words.inCallWith(name)}
    >
      <span class="call-size">
        <Toggle label={isSmall ? words.larger : words.smaller} onClick={() => setSmall(!isSmall)}>
          <SizeIcon isSmall={isSmall} />
        </Toggle>
      </span>
      <RemoteMedia call={call} isShown={hasVideo} />
      {!hasVideo && (
        <p class="call-name" aria-hidden="true">
          {name}
        </p>
      )}
      <SelfView call={call} />
      <div class="call-foot">
        <p class="call-state" role="status">
          <State call={call} />
          {call.isPeerMuted.value && ` · ${words.peerIsMuted(name)}`}
        </p>
        <Trouble call={call} />
        <Controls call={call} />
      </div>
    </section>
  );
}

function Controls({ call }: { call: Call }) {
  const { media } = call;
  const [isMicrophoneOn, isCameraOn] = [media.isMicrophoneOn.value, media.isCameraOn.value];
  const isSharing = media.isSharing.value;
  const isActive = call.phase.value === 'active';
  const hangUp = useRef<HTMLButtonElement>(null);
  useEffect(() => hangUp.current?.focus(), []);
  return (
    <div class="call-actions">
      <Toggle
        label={isMicrophoneOn ? words.mute : words.unmute}
        onClick={() => media.setMicrophone(!isMicrophoneOn)}
      >
        <MicrophoneIcon isOff={!isMicrophoneOn} />
      </Toggle>
      <Toggle
        label={isCameraOn ? words.cameraOff : words.cameraOn}
        isDisabled={!isActive}
        onClick={() => void media.setCamera(!isCameraOn)}
      >
        <VideoIcon isOff={!isCameraOn} />
      </Toggle>
      {canShareScreen() && (
        <Toggle
          label={isSharing ? words.stopSharing : words.share}
          isDisabled={!isActive}
          isOn={isSharing}
          onClick={() => void media.setSharing(!isSharing)}
        >
          <ScreenIcon />
        </Toggle>
      )}
      <button
        ref={hangUp}
        type="button"
        class="call-no"
        aria-label={words.hangUp}
        title={words.hangUp}
        onClick={() => call.hangUp()}
      >
        <HangUpIcon />
      </button>
    </div>
  );
}

type ToggleProps = {
  label: string;
  isDisabled?: boolean;
  isOn?: boolean;
  onClick: () => void;
  children: preact.ComponentChildren;
};

function Toggle({ label, isDisabled = false, isOn = false, onClick, children }: ToggleProps) {
  return (
    <button
      type="button"
      class={isOn ? 'call-button call-on' : 'call-button'}
      aria-label={label}
      title={label}
      disabled={isDisabled}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** Sound always, the picture where there is one. */
function RemoteMedia({ call, isShown }: { call: Call; isShown: boolean }) {
  return (
    // biome-ignore lint/a11y/useMediaCaption: somebody speaks here and now.
    <video
      class="call-remote"
      hidden={!isShown}
      autoplay
      playsInline
      ref={(element) => play(element, call.remote)}
    />
  );
}

function SelfView({ call }: { call: Call }) {
  const stream = call.media.selfView.value;
  if (stream === null) return null;
  return (
    <video
      class={call.media.isSharing.value ? 'call-self' : 'call-self call-mirrored'}
      aria-label={words.you}
      muted
      autoplay
      playsInline
      ref={(element) => play(element, stream)}
    />
  );
}

function play(element: HTMLVideoElement | null, stream: MediaStream): void {
  if (element && element.srcObject !== stream) element.srcObject = stream;
}

function State({ call }: { call: Call }) {
  const { value: phase } = call.phase;
  if (phase === 'active') return <Duration since={call.startedAt.value} />;
  if (phase === 'asking') return <>{words.asking}</>;
  if (phase === 'calling') return <>{words.calling}</>;
  return <>{phase === 'ringing' ? words.ringing : words.connecting}</>;
}

function Duration({ since }: { since: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    <span role="timer" aria-live="off">
      {text}
    </span>
  );
}

function Trouble({ call }: { call: Call }) {
  const { value: trouble } = call.media.trouble;
  return trouble === '' ? null : (
    <p class="call-trouble" role="alert">
      {trouble}
    </p>
  );
}

function Ended({ call, name, onClose }: { call: Call; name: string; onClose: () => void }) {
  const end = call.end.value ?? 'hung-up';
  const text = call.media.trouble.value || words.ends[end](name);
  if (text === '') return null;
  return (
    <section class="call-ended" role="status">
      <p>{text}</p>
      <button type="button" class="call-button" onClick={onClose}>
        {words.close}
      </button>
    </section>
  );
}
