import * as z from 'zod';

const Yes = z.array(z.object({ yes: z.boolean() })).length(1);

/** What a statement answers that asks for one thing only: `select ... as yes`. */
export function isYes(rows: Iterable<unknown>): boolean {
  return Yes.parse([...rows])[0]?.yes ?? false;
}
