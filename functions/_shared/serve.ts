import type { Dependencies } from './dependencies.ts';
import { createLog } from './log/log.ts';

/** Serve a handler with the platform's own environment, clock, network and log. */
export function serve(create: (dependencies: Dependencies) => (request: Request) => Promise<Response>): void {
  Deno.serve(
    create({
      env: (name) => Deno.env.get(name) || undefined,
      fetch: globalThis.fetch,
      now: Date.now,
      log: createLog((line) => console.log(line)),
    }),
  );
}
