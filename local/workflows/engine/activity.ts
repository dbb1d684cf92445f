/** Knows whether anything is going on that will go on by itself. */
export interface Activity {
  /** Does something; it counts until it is done. */
  readonly during: <Value>(act: () => Promise<Value>) => Promise<Value>;
  /** Waits inside of that for somebody or something else: the waiting does not count. */
  readonly waiting: <Value>(until: Promise<Value>) => Promise<Value>;
  /** Resolves when nothing counts, and nothing that was just told is still on its way. */
  readonly idle: () => Promise<void>;
}

/** Nothing goes on yet. */
export function createActivity(): Activity {
  let count = 0;
  let rest: (() => void)[] = [];
  const leave = (): void => {
    count -= 1;
    if (count > 0) return;
    for (const each of rest) each();
    rest = [];
  };
  return {
    during: async (act) => {
      count += 1;
      try {
        return await act();
      } finally {
        leave();
      }
    },
    waiting: async (until) => {
      leave();
      try {
        return await until;
      } finally {
        count += 1;
      }
    },
    idle: async () => {
      do {
        // Events are told after what caused them is done: each turn lets one of them arrive.
        for (let turn = 0; turn < 5; turn += 1) await immediate();
        if (count > 0) await new Promise<void>((resolve) => rest.push(resolve));
        for (let turn = 0; turn < 5; turn += 1) await immediate();
      } while (count > 0);
    },
  };
}

function immediate(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
