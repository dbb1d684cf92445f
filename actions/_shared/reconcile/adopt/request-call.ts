import { durationText } from '../job-fields.ts';
import { holdsSecret } from '../redact.ts';
import { holdsRandomWord } from '../secret-spans.ts';
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

/**
 * A request in the words of `runbooks/cron/`; `undefined` when it can't be said there: a URL or header put together of several
 * parts, a secret in the body or in the path.
 */
export function requestCall(request: NetRequest, secrets: FoundSecrets): ReadCall | undefined {
  if (request.body !== undefined && holdsCredential(JSON.stringify(request.body))) return undefined;
  const book: Notebook = { secrets, notes: [], references: new Set() };
  const target = targetOf(request, book);
  const proofs = target === undefined ? undefined : readHeaders(request, book);
  if (target === undefined || proofs === undefined) return undefined;
  const { auth, headers } = proofs;
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
  if (second !== undefined && (second.kind !== 'text' || holdsCredential(second.text))) return undefined;
  const name = vaultName(first, book);
  const path = second?.text ?? '';
  const slug = FUNCTION_PATH.exec(path)?.[1];
  book.references.add(name);
  if (name === 'project_url' && slug !== undefined) return { function: slug };
  return { http: { url_secret: name, ...(path === '' ? {} : { path }) } };
}

function fixedTarget(url: string, book: Notebook): Target | undefined {
  if (holdsCredential(url) || hasUserInfo(url)) {
    // Who knows the address of a webhook may call it: then the address is the secret, and only ever sent encrypted.
    return /^https:/i.test(url) ? { http: { url_secret: keep(url, 'url', book) } } : undefined;
  }
  const [, ref, slug] = FUNCTION_URL.exec(url) ?? [];
  if (ref === undefined || slug === undefined) return { http: { url } };
  book.references.add('project_url');
  book.notes.push(
    `The URL of project ${ref} was fixed; the call now goes to the project of the secret project_url`,
  );
  return { function: slug };
}

function holdsCredential(text: string): boolean {
  return holdsSecret(text) || holdsRandomWord(text);
}

function hasUserInfo(url: string): boolean {
  return !URL.canParse(url) || new URL(url).username !== '';
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
): { readonly auth: readonly unknown[]; readonly headers: Readonly<Record<string, string>> } | undefined {
  const auth: unknown[] = [];
  const headers: Record<string, string> = {};
  for (const { name, value } of request.headers) {
    const lower = name.toLowerCase();
    if (lower === 'content-type' && textOf(value)?.startsWith('application/json') === true) continue;
    const proof = proofOf(lower, value, book);
    const text = textOf(value);
    if (proof !== undefined) auth.push(proof);
    else if (text !== undefined) headers[name] = text;
    else return undefined;
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

/** Headers that say what a request is about, never who sends it. */
const PLAIN_HEADER =
  /^(?:accept(?:-.*)?|content-.*|cache-control|prefer|user-agent|origin|referer|host|date|range|idempotency-key|x-client-info|x-region|x-request-id|x-(?:source|mode|trigger|event|job|env(?:ironment)?|version|tenant|triggered-by))$/;

/** A value of another header stays in git only when it is a number or a plain word or two. */
function isSensitive(header: string, text: string): boolean {
  if (holdsCredential(text)) return true;
  if (/^(?:authorization|apikey|cookie)$|token|secret|passw|key$|auth|signature|credential/.test(header))
    return !PLAIN_HEADER.test(header);
  return !PLAIN_HEADER.test(header) && !/^(?:\d{1,8}|[A-Za-z]{1,12}(?:[ _-][A-Za-z]{1,12}){0,2})$/.test(text);
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
