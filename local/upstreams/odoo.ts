/**
 * A stand-in for an Odoo server, as far as its JSON-2 API (Odoo 19, /json/2/<model>/<method>) is asked for attachments:
 * `search_read` and `search_count` above an id, and `read` of the content.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { serveJson, type Upstream } from './serve-json.ts';

const Search = z.object({ domain: z.array(z.unknown()).min(1) });
const Limit = z.object({ limit: z.int().positive() });
const IdAbove = z.tuple([z.literal('id'), z.literal('>'), z.number()]);
const Read = z.object({ ids: z.array(z.number()).length(1) });

export interface OdooStandIn extends Upstream {
  /** How often the content of each file was read. */
  readonly reads: ReadonlyMap<number, number>;
  /** Turns the key away from now on. */
  readonly refuse: () => void;
}

/**
 * @param options.files how many attachments there are, with ids from 1
 * @param options.missing ids that are listed and can't be read
 * @param options.content what the files hold; a line of text each when left out
 */
export async function startOdoo(options: {
  readonly files: number;
  readonly key: string;
  readonly missing?: readonly number[];
  readonly content?: (id: number) => Buffer;
  readonly port?: number;
}): Promise<OdooStandIn> {
  const content = options.content ?? ((id: number) => Buffer.from(contentOf(id)));
  const reads = new Map<number, number>();
  let refusing = false;
  const upstream = await serveJson((request, body) => {
    if (refusing || request.headers.authorization !== `bearer ${options.key}`)
      return { status: 401, body: { name: 'werkzeug.exceptions.Unauthorized', message: 'Invalid apikey' } };
    switch (request.url) {
      case '/json/2/ir.attachment/search_read':
        return list(body, options.files, content);
      case '/json/2/ir.attachment/search_count':
        return count(body, options.files);
      case '/json/2/ir.attachment/read': {
        const asked = Read.safeParse(body);
        const id = asked.data?.ids[0];
        if (id === undefined) return unprocessable();
        reads.set(id, (reads.get(id) ?? 0) + 1);
        const gone = id > options.files || options.missing?.includes(id) === true;
        return {
          status: 200,
          body: gone ? [] : [{ id, datas: content(id).toString('base64') }],
        };
      }
      default:
        return { status: 404, body: { name: 'werkzeug.exceptions.NotFound' } };
    }
  }, options.port);
  return {
    ...upstream,
    reads,
    refuse: () => {
      refusing = true;
    },
  };
}

/** What file `id` holds. */
export function contentOf(id: number): string {
  return `content of file ${id}`;
}

function list(body: unknown, files: number, content: (id: number) => Buffer) {
  const first = firstAsked(body);
  const limit = Limit.safeParse(body).data?.limit;
  if (first === undefined || limit === undefined) return unprocessable();
  const length = Math.max(0, Math.min(limit, files - first + 1));
  return { status: 200, body: Array.from({ length }, (_, index) => listed(first + index, content)) };
}

function count(body: unknown, files: number) {
  const first = firstAsked(body);
  return first === undefined ? unprocessable() : { status: 200, body: Math.max(0, files - first + 1) };
}

/** The smallest id the domain asks for. */
function firstAsked(body: unknown): number | undefined {
  const above = IdAbove.safeParse(Search.safeParse(body).data?.domain[0]);
  return above.success ? above.data[2] + 1 : undefined;
}

function listed(id: number, content: (id: number) => Buffer) {
  const bytes = content(id);
  return {
    id,
    name: `file ${id}.txt`,
    mimetype: 'text/plain',
    file_size: bytes.length,
    checksum: createHash('sha1').update(bytes).digest('hex'),
  };
}

function unprocessable() {
  return { status: 422, body: { name: 'werkzeug.exceptions.UnprocessableEntity' } };
}
