import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { JobStore, LeasedJob, Settlement, Turn } from '../../../actions/_shared/queue/job-store.ts';
import { Lane, type LaneHost } from '../../../actions/_shared/queue/lane.ts';
import { Prefetch, type PrefetchChoice } from '../../../actions/_shared/queue/prefetch.ts';
import { handlerOf } from '../../../functions/_shared/jobs/handler.ts';

/** A queue of so many jobs in memory, which writes down every turn. */
class FakeStore implements JobStore {
  readonly turns: { claim: number; settled: number; giveBackUnknown: boolean }[] = [];
  readonly settled: Settlement[] = [];
  failures: unknown[] = [];
  most = 0;
  #left: number;
  #next = 1;
  #underway = 0;

  constructor(jobs: number) {
    this.#left = jobs;
  }

  async turn({ settlements, claim, giveBackUnknown }: Turn) {
    this.turns.push({ claim, settled: settlements.length, giveBackUnknown });
    this.#underway += 1;
    this.most = Math.max(this.most, this.#underway);
    await sleep(2);
    this.#underway -= 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.settled.push(...settlements);
    const count = Math.min(claim, this.#left);
    this.#left -= count;
    const jobs = Array.from({ length: count }, () => this.#job());
    return { jobs, stale: [], failed: [] };
  }

  async close() {}

  #job(): LeasedJob {
    const id = this.#next;
    this.#next += 1;
    return {
      id,
      taskType: 'test',
      payload: {},
      attempt: 1,
      maxAttempts: 1,
      leaseToken: 1,
      dueAt: 0,
      heldSince: 0,
    };
  }
}

function openLane(
  store: JobStore,
  options: { slots: number; prefetch: PrefetchChoice; run?: () => unknown; leaseMs?: number },
) {
  const counts = { running: 0, most: 0 };
  const happened: string[] = [];
  let fatal: unknown;
  const payload = { safeParse: (data: unknown) => ({ success: true, data }) };
  const run = options.run ?? (() => sleep(1));
  const handler = handlerOf('test', { payload, timeout: '10s', run } as never);
  const host: LaneHost = {
    handlers: new Map([['test', handler]]),
    surroundings: {
      callFunction: () => Promise.reject(new Error('not here')),
      log: () => ({ info() {}, warn() {}, error() {} }),
      secrets: [],
    },
    leaseMs: options.leaseMs ?? 60_000,
    mayClaim: () => true,
    claimsAgain: () => false,
    onStart: () => {
      counts.running += 1;
      counts.most = Math.max(counts.most, counts.running);
    },
    onEnd: () => {
      counts.running -= 1;
    },
    onTurn: () => undefined,
    onStale: () => undefined,
    onFailed: () => undefined,
    onExpired: () => happened.push('expired'),
    onTrouble: () => happened.push('trouble'),
    onRecovered: () => happened.push('recovered'),
    onFatal: (error) => {
      fatal = error;
    },
    onQuiet: () => undefined,
  };
  const lane = new Lane(host, store, {
    slots: options.slots,
    prefetch: new Prefetch(options.prefetch, options.slots),
  });
  const drained = async (): Promise<void> => {
    lane.wake();
    for (let round = 0; round < 2000 && !(lane.isDry && lane.isQuiet); round += 1) await sleep(5);
    expect(lane.isQuiet).toBe(true);
  };
  return { lane, counts, happened, drained, fatal: () => fatal };
}

function eachOnce(store: FakeStore, jobs: number): void {
  const ids = store.settled.map(({ job }) => job.id).sort((a, b) => a - b);
  expect(ids).toEqual(Array.from({ length: jobs }, (_, index) => index + 1));
}

describe('a lane', () => {
  it.each<[number, PrefetchChoice]>([
    [1, 0],
    [4, 0],
    [24, 0],
    [1, 3],
    [4, 500],
    [4, 'auto'],
  ])(
    'with %i slots and prefetch %s runs every job once and never more than its slots',
    async (slots, prefetch) => {
      const store = new FakeStore(300);
      const { counts, drained } = openLane(store, { slots, prefetch });
      await drained();
      eachOnce(store, 300);
      expect(counts.most).toBeLessThanOrEqual(slots);
      expect(store.most).toBeLessThanOrEqual(prefetch === 0 ? 1 : 2);
    },
  );

  it('with one slot settles the last job and claims the next in one turn', async () => {
    const store = new FakeStore(20);
    const { drained } = openLane(store, { slots: 1, prefetch: 0 });
    await drained();
    expect(store.turns).toHaveLength(21);
    expect(store.turns.slice(1, 20).every(({ claim, settled }) => claim === 1 && settled === 1)).toBe(true);
  });

  it('settles jobs that end together together', async () => {
    const store = new FakeStore(240);
    const { drained } = openLane(store, { slots: 24, prefetch: 0, run: async () => undefined });
    await drained();
    expect(store.turns.length).toBeLessThanOrEqual(12);
  });

  it('claims nothing ahead of slow jobs when it may choose', async () => {
    const store = new FakeStore(40);
    const { lane } = openLane(store, { slots: 4, prefetch: 'auto', run: () => sleep(400) });
    lane.wake();
    await sleep(900);
    expect(lane.waiting).toBe(0);
  });

  it('sends again what it does not know to be recorded, after a pause', async () => {
    const store = new FakeStore(10);
    const { lane, drained, happened } = openLane(store, { slots: 2, prefetch: 0 });
    lane.wake();
    await sleep(1);
    store.failures = [Object.assign(new Error('gone'), { code: 'CONNECTION_CLOSED' })];
    await drained();
    expect(happened).toEqual(['trouble', 'recovered']);
    expect(store.settled.length).toBe(10);
  });

  it('gives up on an error that trying again cannot mend', async () => {
    const store = new FakeStore(1);
    store.failures = [Object.assign(new Error('no such function'), { code: '42883' })];
    const { lane, fatal } = openLane(store, { slots: 1, prefetch: 0 });
    lane.wake();
    await sleep(30);
    expect(fatal()).toMatchObject({ code: '42883' });
    lane.wake();
    await sleep(30);
    expect(store.turns).toHaveLength(1);
  });

  it('does not start a job whose lease is over, and has it given back when nothing else is on its way', async () => {
    const store = new FakeStore(3);
    const { lane, happened } = openLane(store, { slots: 1, prefetch: 5, leaseMs: 40, run: () => sleep(60) });
    lane.wake();
    await sleep(250);
    expect(happened.filter((what) => what === 'expired')).toHaveLength(2);
    expect(store.settled.map(({ job }) => job.id)).toEqual([1]);
    expect(store.turns.some(({ giveBackUnknown }) => giveBackUnknown)).toBe(true);
  });

  it('returns what it has not begun', async () => {
    const store = new FakeStore(6);
    const { lane } = openLane(store, { slots: 1, prefetch: 5, run: () => sleep(1_000) });
    lane.wake();
    await sleep(50);
    lane.returnWaiting();
    await sleep(50);
    expect(store.settled.map(({ outcome }) => outcome.kind)).toEqual(
      Array.from({ length: 5 }, () => 'released'),
    );
  });
});

describe('the choice of how much to prefetch', () => {
  it.each([
    [1, 500],
    [10, 96],
    [100, 6],
    [1000, 0],
  ])('for jobs of %i ms and 4 slots ends at %i', (ms, target) => {
    const prefetch = new Prefetch('auto', 4);
    expect(prefetch.target).toBe(0);
    for (let round = 0; round < 300; round += 1) {
      prefetch.observe(ms);
      prefetch.adjust();
    }
    expect(prefetch.target).toBe(target);
  });

  it('shrinks again when jobs get slow', () => {
    const prefetch = new Prefetch('auto', 4);
    for (let round = 0; round < 300; round += 1) {
      prefetch.observe(1);
      prefetch.adjust();
    }
    for (let round = 0; round < 100; round += 1) prefetch.observe(2000);
    prefetch.adjust();
    expect(prefetch.target).toBe(0);
  });
});
