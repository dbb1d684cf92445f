import type * as z from 'zod';
import { type Fault, HttpProblem } from './problem.ts';

/** Deeper than any body of ours; a parser that recurses meets its end there and not in the stack. */
const deepest = 32;
const mostFaults = 20;

/**
 * Read a request body as JSON of the given shape.
 *
 * @param limits.maxBytes bytes accepted, counted while reading: a false content-length wins nothing
 * @returns the parsed body; an empty body counts as `{}`
 * @throws HttpProblem 413, 415, or 400 with the place of each fault
 */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  limits: { readonly maxBytes: number },
): Promise<z.output<Schema>> {
  const text = await readText(request, limits.maxBytes);
  return checkShape(text === '' ? {} : parse(text), schema);
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const announced = Number(request.headers.get('content-length') ?? '0');
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const bytes = await readBytes(request, maxBytes);
  if (bytes.length === 0) return '';
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new HttpProblem(415, 'unsupported_media_type', 'Send the body as application/json.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HttpProblem(400, 'invalid_utf8', 'The body is not valid UTF-8.', { cause });
  }
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(413, 'body_too_large', `The body may have ${maxBytes} bytes at most.`);
}

function parse(text: string): unknown {
  refuseDepth(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HttpProblem(400, 'invalid_json', 'The body is not valid JSON.', {
      details: [{ path: '', message: placeOf(cause) }],
    });
  }
}

/** Brackets outside strings, counted in one pass before anything recurses. */
function refuseDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 92) at += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > deepest) {
        throw new HttpProblem(400, 'too_deep', `The body may be nested ${deepest} levels deep at most.`);
      }
    } else if (code === 125 || code === 93) depth -= 1;
  }
}

/** Only the position: the engine's message quotes the body, which may hold a secret. */
function placeOf(cause: unknown): string {
  const position = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
  return position === undefined ? 'it ends too early' : `at character ${Number(position) + 1}`;
}

function checkShape<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new HttpProblem(400, 'invalid_body', 'The body does not have the expected shape.', {
    details: faultsOf(result.error.issues),
  });
}

/** The first twenty faults, each with its path in the body. */
export function faultsOf(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.slice(0, mostFaults).map(({ path, message }) => ({ path: pathOf(path), message }));
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}
