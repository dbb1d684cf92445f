import * as z from 'zod';
import { type Dependencies, requireEnv } from '../_shared/dependencies.ts';

/** Odoo refused our key: nothing will work until somebody gives the function a new one. */
export class OdooRefused extends Error {
  override readonly name = 'OdooRefused';

  constructor(status: number) {
    super(`Odoo answered ${status}: the API key in ODOO_API_KEY is not accepted`);
  }
}

/** A file as Odoo lists it. Odoo writes `false` where a value is missing. */
const Listed = z.array(
  z.object({
    id: z.int().positive(),
    name: z.union([z.string(), z.literal(false)]),
    mimetype: z.union([z.string(), z.literal(false)]).optional(),
    file_size: z.number().nonnegative().optional(),
    checksum: z.union([z.string(), z.literal(false)]).optional(),
  }),
);
export type ListedFile = z.infer<typeof Listed>[number];

const Count = z.int().nonnegative();
const Content = z.array(z.object({ id: z.int(), datas: z.union([z.string(), z.literal(false)]) })).max(1);

/** The part of Odoo's JSON-2 API (Odoo 19: POST /json/2/<model>/<method>, bearer API key) a move needs. */
export interface Odoo {
  /** Binary attachments with an id above `after`, in order of id. */
  list(after: number, limit: number, signal: AbortSignal): Promise<readonly ListedFile[]>;
  /** How many there are above `after`. */
  count(after: number, signal: AbortSignal): Promise<number>;
  /** The bytes of one attachment; `undefined` when it is gone or empty. */
  read(id: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** @throws Misconfigured without ODOO_URL or ODOO_API_KEY */
export function connectOdoo({ env, fetch }: Dependencies): Odoo {
  const base = requireEnv(env, 'ODOO_URL').replace(/\/+$/, '');
  const key = requireEnv(env, 'ODOO_API_KEY');
  const database = env('ODOO_DATABASE');
  const call = async (method: string, body: unknown, signal: AbortSignal): Promise<unknown> => {
    const response = await fetch(`${base}/json/2/ir.attachment/${method}`, {
      method: 'POST',
      redirect: 'error',
      headers: {
        authorization: `bearer ${key}`,
        'content-type': 'application/json',
        ...(database === undefined ? {} : { 'x-odoo-database': database }),
      },
      body: JSON.stringify(body),
      signal,
    });
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      throw new OdooRefused(response.status);
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`Odoo answered ${response.status} to ${method}`);
    }
    return response.json();
  };
  return {
    async list(after, limit, signal) {
      const fields = ['name', 'mimetype', 'file_size', 'checksum'];
      const found = { domain: above(after), fields, order: 'id asc', limit };
      return Listed.parse(await call('search_read', found, signal));
    },
    async count(after, signal) {
      return Count.parse(await call('search_count', { domain: above(after) }, signal));
    },
    async read(id, signal) {
      const [file] = Content.parse(await call('read', { ids: [id], fields: ['datas'] }, signal));
      if (file === undefined || file.datas === false || file.datas === '') return undefined;
      return Uint8Array.from(atob(file.datas), (character) => character.charCodeAt(0));
    },
  };
}

/** Odoo's way of saying: files kept as files, with a higher id. */
function above(id: number) {
  return [
    ['id', '>', id],
    ['type', '=', 'binary'],
  ];
}
