import * as z from 'zod';
import { freePort } from './free-port.ts';
import type { StateFolder } from './state-folder.ts';

const Kept = z.record(z.string(), z.int().positive());

/**
 * Ports of 127.0.0.1 that are the same at the next start, as long as nobody else took one meanwhile: addresses are values
 * of secrets, and a restart should plan no change.
 */
export async function stablePorts<Name extends string>(
  state: StateFolder,
  names: readonly Name[],
): Promise<Readonly<Record<Name, number>>> {
  const kept = Kept.safeParse(state.readJson('ports.json')).data ?? {};
  const ports: Record<string, number> = {};
  for (const name of names) {
    let port = await freePort(kept[name]);
    // Two free ports asked for one after the other may be the same one.
    while (Object.values(ports).includes(port)) port = await freePort(undefined);
    ports[name] = port;
  }
  state.writeJson('ports.json', { ...kept, ...ports });
  return ports as Record<Name, number>;
}
