/** Which statements a connection has prepared, the longest unused given up first. */
export interface StatementNames {
  readonly find: (key: string) => string | undefined;
  /** A free name, and the prepared statement that must make room for it. */
  readonly next: () => { readonly name: string; readonly evicted: string | null };
  readonly keep: (key: string, name: string) => void;
  /** Forgets all and returns their names. */
  readonly forgetAll: () => readonly string[];
}

/** Holds at most `most` names. */
export function createStatementNames(most = 200): StatementNames {
  const kept = new Map<string, string>();
  let counter = 0;
  return {
    find: (key) => {
      const name = kept.get(key);
      if (name === undefined) return undefined;
      kept.delete(key);
      kept.set(key, name);
      return name;
    },
    next: () => {
      counter += 1;
      const name = `s${counter}`;
      if (kept.size < most) return { name, evicted: null };
      const [oldest] = kept;
      if (oldest === undefined) return { name, evicted: null };
      kept.delete(oldest[0]);
      return { name, evicted: oldest[1] };
    },
    keep: (key, name) => {
      kept.set(key, name);
    },
    forgetAll: () => {
      const names = [...kept.values()];
      kept.clear();
      return names;
    },
  };
}
