import * as z from 'zod';
import { type Dependencies, requireEnv } from '../_shared/dependencies.ts';

const Activity = z.object({
  id: z.string().min(1).max(200),
  kind: z.string().max(100),
  points: z.int().default(0),
  occurred_at_unix: z.int().nonnegative(),
});
export type Activity = z.infer<typeof Activity>;

const ActivityPage = z.object({
  activities: z.array(Activity).max(1000),
  has_more: z.boolean().default(false),
});
const Totals = z.record(z.string(), z.unknown());

/** The game platform asks us to slow down: what is left waits for the next call. */
export class SlowDown extends Error {
  override readonly name = 'SlowDown';
}

/** The part of the game platform's API we read. */
export interface GamePlatform {
  /** Everything a competitor did after a second, oldest first. */
  activities(externalId: string, afterTimeUnix: number, signal: AbortSignal): Promise<readonly Activity[]>;
  totals(externalId: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>>;
}

const mostPages = 50;

/** @throws Misconfigured without GAME_PLATFORM_URL or GAME_PLATFORM_TOKEN */
export function connectGamePlatform({ env, fetch }: Dependencies): GamePlatform {
  const base = requireEnv(env, 'GAME_PLATFORM_URL').replace(/\/+$/, '');
  const token = requireEnv(env, 'GAME_PLATFORM_TOKEN');
  const get = async (path: string, signal: AbortSignal): Promise<unknown> => {
    const response = await fetch(`${base}${path}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      redirect: 'error',
      signal,
    });
    if (response.ok) return response.json();
    await response.body?.cancel();
    if (response.status === 429) throw new SlowDown('the game platform asked for fewer requests');
    throw new Error(`the game platform answered ${response.status}`);
  };
  return {
    async activities(externalId, afterTimeUnix, signal) {
      const found: Activity[] = [];
      let after = afterTimeUnix;
      for (let page = 0; page < mostPages; page += 1) {
        const path = `/competitors/${encodeURIComponent(externalId)}/activities?after_time_unix=${after}`;
        const { activities, has_more } = ActivityPage.parse(await get(path, signal));
        found.push(...activities);
        const latest = activities.at(-1)?.occurred_at_unix;
        if (!has_more || latest === undefined || latest <= after) break;
        after = latest;
      }
      return found;
    },
    async totals(externalId, signal) {
      return Totals.parse(await get(`/competitors/${encodeURIComponent(externalId)}/totals`, signal));
    },
  };
}
