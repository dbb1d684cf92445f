import type { PlayedActivity } from './game-platform.ts';

const kinds = ['solve', 'hint', 'join'];
const everySeconds = 900;
const days = 2;

/**
 * What a made-up competitor has done until now: something every quarter of an hour for two days, a little apart from the
 * others. The same moment always gives the same list, so pulls add up.
 */
export function sampleActivities(competitor: string, now: Date): readonly PlayedActivity[] {
  const offset = [...competitor].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % everySeconds, 7);
  const last = Math.floor(now.getTime() / 1000);
  const first = last - days * 86_400;
  const played: PlayedActivity[] = [];
  for (
    let slot = Math.ceil((first - offset) / everySeconds);
    slot * everySeconds + offset <= last;
    slot += 1
  ) {
    const kind = kinds[slot % kinds.length] ?? 'solve';
    played.push({
      id: `${competitor}-${slot}`,
      kind,
      points: kind === 'solve' ? 10 + (slot % 5) * 5 : 0,
      occurred_at_unix: slot * everySeconds + offset,
    });
  }
  return played;
}
