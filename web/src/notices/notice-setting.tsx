import { useSignal } from '@preact/signals';
import { canNotify, isOn, setShowsText, showsText, turnOff, turnOn } from './notices.ts';
import { words } from './text.ts';

/** Nothing is asked before somebody presses the button. */
export function NoticeSetting() {
  const isRefused = useSignal(!canNotify());
  const turn = async (): Promise<void> => {
    if (isOn.value) turnOff();
    else isRefused.value = !(await turnOn());
  };
  return (
    <div class="field">
      <button type="button" disabled={isRefused.value} onClick={() => void turn()}>
        {isOn.value ? words.turnOff : words.turnOn}
      </button>
      {isRefused.value && (
        <p class="hint" role="status">
          {words.refused}
        </p>
      )}
      {isOn.value && (
        <label class="check">
          <input
            type="checkbox"
            checked={showsText.value}
            onChange={({ currentTarget }) => setShowsText(currentTarget.checked)}
          />
          {words.showText}
        </label>
      )}
    </div>
  );
}
