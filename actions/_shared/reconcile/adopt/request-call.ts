import { durationText } from '../job-fields.ts';
import { holdsSecret } from '../redact.ts';
import { type FoundSecrets, secretName } from './found-secrets.ts';
import type { NetRequest } from './read-request.ts';
import type { TextPart } from './text-parts.ts';

/** `call:` of a job file, in the order people write it. */
export type CallText = Readonly<Record<string, unknown>>;

export interface ReadCall {
  readonly call: CallText;
  readonly notes: readonly string[];
  /** Vault names the call refers to. */
  readonly references: readonly string[];
}

/** Collects what writing a call finds out on the way. */
interface Notebook {
  readonly secrets: FoundSecrets;
  readonly notes: string[];
  readonly references: Set<string>;
}

const FUNCTION_PATH = /^\/functions\/v1\/([A-Za-z][A-Za-z0-9_-]*)$/;
const FUNCTION_URL = /^https:\/\/([a-z]{20})\.supabase\.co\/functions\/v1\/([A-Za-z][A-Za-z0-9_-]*)$/;

/** A request in the words of `runbooks/cron/`; `undefined` when its URL can't be said there. */
export function requestCall(request: NetRequest, secrets: FoundSecrets): ReadCall | undefined {
  const book: Notebook = { secrets, notes: [], references: new Set() };
  const target = targetOf(request, book);
  if (target === undefined) return undefined;
  const { auth, headers } = readHeaders(request, book);
  if (request.variable.length > 0) {
    book.notes.push(
      `Left out of the body: ${request.variable.join(', ')} (the time of the call; every call carries the headers idempotency-key and x-ops-run-id)`,
    );
  }
  const details = {
    ...(request.method === 'post' ? {} : { method: request.method }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(request.body === undefined || isEmptyObject(request.body) ? {} : { body: request.body }),
  };
  const call = 'function' in target ? { ...target, ...details } : { http: { ...target.http, ...details } };
  return {
    call: {
      ...call,
      auth: auth.length === 0 ? 'none' : auth.length === 1 ? auth[0] : auth,
      timeout: durationText(request.timeoutMs),
    },
    notes: book.notes,
    references: [...book.references],
  };
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

type Target = { readonly function: string } | { readonly http: Readonly<Record<string, string>> };

function targetOf(request: NetRequest, book: Notebook): Target | undefined {
  const [first, second, ...more] = request.url;
  if (first === undefined || more.length > 0) return undefined;
  if (first.kind === 'text') return second === undefined ? fixedTarget(first.text, book) : undefined;
  if (second !== undefined && second.kind !== 'text') return undefined;
  const name = vaultName(first, book);
  const path = second?.text ?? '';
  const slug = FUNCTION_PATH.exec(path)?.[1];
  book.references.add(name);
  if (name === 'project_url' && slug !== undefined) return { function: slug };
  return { http: { url_secret: name, ...(path === '' ? {} : { path }) } };
}

function fixedTarget(url: string, book: Notebook): Target {
  const [, ref, slug] = FUNCTION_URL.exec(url) ?? [];
  if (ref === undefined || slug === undefined) return { http: { url } };
  book.references.add('project_url');
  book.notes.push(
    `The URL of project ${ref} was fixed; the call now goes to the project of the secret project_url`,
  );
  return { function: slug };
}

/** Vault name of a lookup; a setting becomes a secret of the same name, because hosted has no such settings. */
function vaultName(part: Exclude<TextPart, { kind: 'text' }>, book: Notebook): string {
  if (part.kind === 'secret') return part.name;
  const name = secretName(part.name.split('.').at(-1) ?? part.name);
  book.notes.push(
    `current_setting('${part.name}') is replaced by the Vault secret ${name}: declare it in runbooks/secrets.yaml`,
  );
  return name;
}

function readHeaders(
  request: NetRequest,
  book: Notebook,
): { readonly auth: readonly unknown[]; readonly headers: Readonly<Record<string, string>> } {
  const auth: unknown[] = [];
  const headers: Record<string, string> = {};
  for (const { name, value } of request.headers) {
    const lower = name.toLowerCase();
    if (lower === 'content-type' && textOf(value)?.startsWith('application/json') === true) continue;
    const proof = proofOf(lower, value, book);
    if (proof !== undefined) auth.push(proof);
    else headers[name] = textOf(value) ?? '';
  }
  return { auth, headers };
}

function textOf(parts: readonly TextPart[]): string | undefined {
  const [only, ...more] = parts;
  return only?.kind === 'text' && more.length === 0 ? only.text : undefined;
}

function proofOf(header: string, value: readonly TextPart[], book: Notebook): unknown {
  const [first, second] = value;
  if (header === 'authorization' && first?.kind === 'text' && /^bearer\s/i.test(first.text)) {
    const token = first.text.replace(/^bearer\s+/i, '');
    if (second === undefined) return token === '' ? undefined : { bearer: keep(token, 'bearer', book) };
    return second.kind === 'text' ? undefined : { bearer: refer(second, book) };
  }
  const text = textOf(value);
  if (text !== undefined) {
    if (!isSensitive(header, text)) return undefined;
    const secret = keep(text, header, book);
    return header === 'apikey' ? { apikey: secret } : { header, secret };
  }
  if (first === undefined || first.kind === 'text' || second !== undefined) return undefined;
  const secret = refer(first, book);
  return header === 'apikey' ? { apikey: secret } : { header, secret };
}

function isSensitive(header: string, text: string): boolean {
  return holdsSecret(text) || /^(authorization|apikey|cookie)$|token|secret|password|api-?key/.test(header);
}

function keep(value: string, purpose: string, book: Notebook): string {
  const name = book.secrets.add(value, purpose);
  book.references.add(name);
  return name;
}

function refer(part: Exclude<TextPart, { kind: 'text' }>, book: Notebook): string {
  const name = vaultName(part, book);
  book.references.add(name);
  return name;
}
