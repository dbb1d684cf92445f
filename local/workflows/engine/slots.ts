/** Machines: at most so many jobs run at once, the others wait in order. */
export interface Slots {
  /** A free one. @returns gives it back */
  readonly take: () => Promise<() => void>;
}

/** So many machines. */
export function createSlots(count: number): Slots {
  let free = count;
  const queue: (() => void)[] = [];
  const giveBack = (): void => {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const once = (act: () => void): (() => void) => {
    let done = false;
    return () => {
      if (!done) act();
      done = true;
    };
  };
  return {
    take: async () => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => queue.push(resolve));
      return once(giveBack);
    },
  };
}
