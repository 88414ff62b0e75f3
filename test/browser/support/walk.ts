import type { Page } from 'playwright-core';
import { type Account, freshAccount } from '../../interop/support/target.ts';
import type { Stage } from '../scenarios/scenario.ts';
import type { Person, PersonOptions } from './person.ts';

/** Somebody with an account, signed in to the web client. */
export type Resident = Person & { readonly account: Account };

const SECRET = 'a rose by any other name';

/** Makes an account, and signs in with a browser profile of its own. */
export async function moveIn(
  { site, browser }: Stage,
  name: string,
  options: PersonOptions = {},
): Promise<Resident> {
  const account = await freshAccount(site, name);
  const person = await browser.person(account.user, site.url, options);
  await signIn(person.page, account);
  return Object.assign(person, { account });
}

/** Makes an account by the page itself, as a newcomer does. */
export async function signUp(
  { site, browser }: Stage,
  name: string,
  options: PersonOptions = {},
): Promise<Resident> {
  const user = `${name}-new`;
  const account = {
    user,
    domain: site.domain,
    address: `${user}@${site.domain}`,
    password: SECRET,
  };
  const person = await browser.person(user, site.url, options);
  const { page } = person;
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByLabel('Address').fill(user);
  await page.getByLabel('Password', { exact: true }).fill(SECRET);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('button', { name: 'Add contact' }).waitFor();
  return Object.assign(person, { account });
}

/** Signs in once more, from another browser. */
export async function anotherDevice(
  { site, browser }: Stage,
  { account }: Resident,
  options: PersonOptions = {},
): Promise<Resident> {
  const person = await browser.person(`${account.user}-2`, site.url, options);
  await signIn(person.page, account);
  return Object.assign(person, { account });
}

export async function signIn(page: Page, { address, password }: Account): Promise<void> {
  await page.getByLabel('Address').fill(address);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Add contact' }).waitFor();
}

/** RFC 6121 §3.1, by hand: one asks, the other accepts. Both then have the chat before them. */
export async function befriend(one: Resident, other: Resident): Promise<void> {
  await one.page.getByRole('button', { name: 'Add contact' }).click();
  const dialog = one.page.getByRole('dialog', { name: 'Add contact' });
  await dialog.getByLabel('Address').fill(other.account.address);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await other.page.getByRole('button', { name: `Accept ${one.account.user}` }).click();
  await openChat(other, one);
  await one.page.getByRole('heading', { name: other.account.user }).waitFor();
}

export async function openChat(person: Resident, { account }: Resident): Promise<void> {
  await person.page.getByRole('navigation').getByRole('button', { name: account.user }).click();
}

/** What was said, newest last, with the edited and deleted ones as the page shows them. */
export function said({ page }: Resident, text: string) {
  return page.getByRole('log').getByText(text);
}

export async function say({ page }: Resident, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message' });
  await field.fill(text);
  await field.press('Enter');
}
