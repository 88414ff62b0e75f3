import { Dino } from '../../interop/support/dino.ts';
import { Display } from '../../interop/support/display.ts';
import { type Account, freshAccount } from '../../interop/support/target.ts';
import type { Stage } from '../scenarios/scenario.ts';
import type { PersonOptions } from './person.ts';
import { moveIn, type Resident } from './walk.ts';

/** Romeo at Dino and Juliet at the page, who see each other's presence: Dino calls only then. */
export async function meetDino(
  stage: Stage,
  options: PersonOptions,
): Promise<{ dino: Dino; romeo: Account; juliet: Resident }> {
  const { site, folder } = stage;
  const display = await Display.open();
  const romeo = await freshAccount(site, 'romeo');
  const juliet = await moveIn(stage, 'juliet', options);
  const dino = await Dino.signIn(folder, site, romeo, display, true);
  const { page, account } = juliet;
  await page.getByRole('button', { name: 'Add contact' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add contact' });
  await dialog.getByLabel('Address').fill(romeo.address);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dino.approve(account.address);
  return { dino, romeo, juliet };
}
