import { setTimeout as sleep } from 'node:timers/promises';

/** Looks every 30 ms until there is something to see. @throws Error that says what was waited for. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  patienceMs = 15_000,
): Promise<T> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(30);
  }
  throw new Error(`Waited ${patienceMs} ms in vain for ${what}.`);
}
