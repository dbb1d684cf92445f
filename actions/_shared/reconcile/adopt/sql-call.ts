import { parse } from 'libpg-query';
import { lintSql } from '../../declare/lint/lint-sql.ts';
import { withTools } from '../../declare/tool.ts';
import { type SecretSpan, secretSpansOfCommand, withoutSpans } from '../secret-spans.ts';
import type { FoundSecrets } from './found-secrets.ts';
import type { ReadCall } from './request-call.ts';
import { type SqlPiece, sqlPieces } from './sql-literals.ts';

const MARK = '[redacted]';

/**
 * A command as an SQL call. What looks like a secret in a plain string literal becomes a lookup in the Vault; where a lookup
 * can't stand (a comment, a password in DDL, an escape string) it is cut out, because the file goes into git.
 */
export async function sqlCall(command: string, secrets: FoundSecrets): Promise<ReadCall> {
  const spans = secretSpansOfCommand(command);
  if (spans.length === 0) return callOf(command, [], []);
  const pieces = placedPieces(command);
  const withLookups = rewrite(command, spans, pieces, secrets.draft());
  const valid = (await parses(withLookups.text)) || !(await parses(command));
  if (valid) rewrite(command, spans, pieces, secrets);
  const { text, references, cut } = valid
    ? withLookups
    : { text: withoutSpans(command, spans), references: [], cut: true };
  const notes: string[] = [];
  if (references.length > 0)
    notes.push('Secrets in the statement became lookups in the Vault: read it once more before it is merged');
  if (cut)
    notes.push(
      'A secret that could not be moved into the Vault was cut out ([redacted]): complete the statement by hand',
    );
  return callOf(text, references, notes);
}

/** With every lookup of the statement among its references, those somebody wrote before too: they have to be declared. */
async function callOf(text: string, made: readonly string[], notes: readonly string[]): Promise<ReadCall> {
  const read = await withTools(() => lintSql(text, [], () => undefined));
  const references = [...new Set([...made, ...read.map(({ secret }) => secret)])];
  return { call: { sql: `${withoutTrailingBlanks(text.trim())}\n` }, notes, references };
}

/** For a block of YAML that reads well; what stands inside a literal stays as it is. */
function withoutTrailingBlanks(sql: string): string {
  const holds = ({ kind, start, end }: SqlPiece): boolean =>
    kind !== 'comment' && /[ \t]\n/.test(sql.slice(start, end));
  return sqlPieces(sql).some(holds) ? sql : sql.replace(/[ \t]+$/gm, '');
}

async function parses(sql: string): Promise<boolean> {
  try {
    await parse(sql);
    return true;
  } catch {
    return false;
  }
}

interface Rewritten {
  readonly text: string;
  readonly references: readonly string[];
  readonly cut: boolean;
}

/** Literals of the command, those of a block in another language (`do $$ ... $$`) too, each with where it starts. */
function placedPieces(command: string): readonly SqlPiece[] {
  return sqlPieces(command).flatMap((piece) => {
    if (piece.kind !== 'dollar' || !isCode(command, piece)) return [piece];
    const body = command.slice(piece.innerStart, piece.innerEnd);
    return sqlPieces(body).map((inner) => ({
      kind: inner.kind,
      start: inner.start + piece.innerStart,
      end: inner.end + piece.innerStart,
      innerStart: inner.innerStart + piece.innerStart,
      innerEnd: inner.innerEnd + piece.innerStart,
    }));
  });
}

function isCode(command: string, { start }: SqlPiece): boolean {
  return /\b(?:do|as)\s*$/i.test(command.slice(0, start));
}

function rewrite(
  command: string,
  spans: readonly SecretSpan[],
  pieces: readonly SqlPiece[],
  secrets: Pick<FoundSecrets, 'add'>,
): Rewritten {
  const replaced: Replacement[] = [];
  const references: string[] = [];
  const taken = new Set<SecretSpan>();
  for (const piece of pieces) {
    const inside = spans.filter(({ start, end }) => start >= piece.innerStart && end <= piece.innerEnd);
    if (inside.length === 0 || !canHoldLookup(command, piece)) continue;
    for (const span of inside) taken.add(span);
    const { expression, names } = asExpression(command, piece, inside, secrets);
    replaced.push({ start: piece.start, end: piece.end, by: expression });
    references.push(...names);
  }
  // Outside of literals, in comments, across a border: nothing can take their place.
  const cut = spans.filter((span) => !taken.has(span));
  for (const span of cut) replaced.push({ ...span, by: MARK });
  return { text: replaceAll(command, replaced), references, cut: cut.length > 0 };
}

interface Replacement extends SecretSpan {
  readonly by: string;
}

function replaceAll(text: string, replacements: readonly Replacement[]): string {
  let at = 0;
  let result = '';
  for (const { start, end, by } of [...replacements].sort((a, b) => a.start - b.start)) {
    result += text.slice(at, Math.max(at, start)) + by;
    at = Math.max(at, end);
  }
  return result + text.slice(at);
}

function canHoldLookup(command: string, piece: SqlPiece): boolean {
  if (piece.kind !== 'string' && piece.kind !== 'dollar') return false;
  // alter role ... password '...' takes a constant only.
  return !/\bpassword\s*$/i.test(command.slice(Math.max(0, piece.start - 40), piece.start));
}

/** A literal as its parts, with a lookup for each secret of it. */
function asExpression(
  command: string,
  piece: SqlPiece,
  spans: readonly SecretSpan[],
  secrets: Pick<FoundSecrets, 'add'>,
): { readonly expression: string; readonly names: readonly string[] } {
  const [open, close] = [
    command.slice(piece.start, piece.innerStart),
    command.slice(piece.innerEnd, piece.end),
  ];
  const parts: string[] = [];
  const names: string[] = [];
  let at = piece.innerStart;
  const constant = (end: number): void => {
    if (end > at) parts.push(`${open}${command.slice(at, end)}${close}`);
  };
  for (const { start, end } of spans) {
    constant(start);
    const written = command.slice(start, end);
    const name = secrets.add(piece.kind === 'string' ? written.replaceAll("''", "'") : written, 'token');
    names.push(name);
    parts.push(`(select decrypted_secret from vault.decrypted_secrets where name = '${name}')`);
    at = end;
  }
  constant(piece.innerEnd);
  return { expression: parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' || ')})`, names };
}
