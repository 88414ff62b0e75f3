import type { Calls } from './calls.ts';
import { words } from './text.ts';

/** Whether those who are called, or call, may learn where this browser is. */
export function RelaySetting({ calls }: { calls: Calls }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={calls.relayOnly.value}
        onChange={({ currentTarget }) => calls.setRelayOnly(currentTarget.checked)}
      />
      {words.relayOnly}
    </label>
  );
}
