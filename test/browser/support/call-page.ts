import type { Resident } from './walk.ts';

/** What somebody does with calls, by hand. */
export async function call(
  caller: Resident,
  callee: Resident,
  how: 'Call' | 'Video call' = 'Call',
): Promise<void> {
  await press(caller, `${how} ${callee.account.user}`);
  await shows(caller, 'Ringing …');
}

export async function hangsUp(who: Resident, other: Resident): Promise<void> {
  await press(who, 'Hang up');
  await shows(other, `The call with ${who.account.user} has ended.`);
  for (const each of [who, other]) await press(each, 'Close');
}

export async function press({ page }: Resident, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

export async function shows({ page }: Resident, text: string): Promise<void> {
  await page.getByText(text).first().waitFor();
}
