/** Diagnostics for a terminal (with the offending line), for programs, and as GitHub annotations. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { diskReader, type FileReader } from './file-reader.ts';
import { maskSecrets } from './lint/literal-secrets.ts';
import type { Diagnostic, Severity } from './model.ts';
import { readableFiles } from './readable.ts';
import { decodeText, lineOf } from './source-text.ts';

export interface FormatOptions {
  readonly format: 'terminal' | 'json' | 'github';
  /** Where the files are, to show the offending line. */
  readonly root: string;
  readonly color: boolean;
  /** Where lines are read from; the disk under `root` by default. */
  readonly read?: FileReader;
}

/** Lines shown around long content: a terminal row, not a wall. */
const WIDTH = 110;
/** What stands where a finding of these kinds points may be a secret, whatever it looks like. */
const SENSITIVE = new Set(['literal-secret', 'environment-variable']);

/** One text without a newline at its end; empty when there is nothing to say. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions): string {
  switch (options.format) {
    case 'terminal': {
      const lines = sourceLines(options.read ?? regularFiles(options.root));
      return diagnostics.map((diagnostic) => terminalText(diagnostic, lines, options.color)).join('\n\n');
    }
    case 'json':
      return JSON.stringify({ schema_version: 1, diagnostics: diagnostics.map(plainDiagnostic) }, null, 2);
    case 'github':
      return diagnostics.map(annotation).join('\n');
  }
}

function plainDiagnostic(diagnostic: Diagnostic): Diagnostic {
  const { hint } = diagnostic;
  return {
    ...diagnostic,
    message: printable(diagnostic.message),
    ...(hint === undefined ? {} : { hint: printable(hint) }),
  };
}

/** A workflow command: `::error file=..,line=..,col=..,title=..::message`. */
function annotation(diagnostic: Diagnostic): string {
  const { file, line, column, endColumn } = diagnostic.location;
  const properties = [
    ['file', file],
    ['line', `${line}`],
    ['endLine', `${line}`],
    ['col', `${column}`],
    ...(endColumn === undefined ? [] : [['endColumn', `${endColumn}`]]),
    ['title', diagnostic.code],
  ].map(([key, value]) => `${key}=${escapeProperty(value ?? '')}`);
  const hint = diagnostic.hint === undefined ? '' : `\n${diagnostic.hint}`;
  return `::${diagnostic.severity} ${properties.join(',')}::${escapeData(printable(`${diagnostic.message}${hint}`))}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function terminalText(
  diagnostic: Diagnostic,
  lines: (file: string, line: number) => string | undefined,
  color: boolean,
): string {
  const paint = painter(color);
  const { file, line, column } = diagnostic.location;
  const head = `${paint('bold', `${oneLine(file)}:${line}:${column}`)} ${paint(diagnostic.severity, diagnostic.severity)} ${oneLine(diagnostic.message)} ${paint('dim', `[${diagnostic.code}]`)}`;
  const source = lines(file, line);
  const excerpt = source === undefined ? [] : excerptOf(source, diagnostic, paint);
  const hint =
    diagnostic.hint === undefined ? [] : [`  ${paint('dim', 'fix:')} ${printable(diagnostic.hint)}`];
  return [head, ...excerpt, ...hint].join('\n');
}

/** The offending line, cut around the place when it is long, with a caret under it. */
function excerptOf(source: string, diagnostic: Diagnostic, paint: Painter): readonly string[] {
  const { line, column } = diagnostic.location;
  const start = Math.min(column - 1, source.length);
  const end = Math.max(start + 1, Math.min((diagnostic.location.endColumn ?? column + 1) - 1, source.length));
  const hidden = SENSITIVE.has(diagnostic.code)
    ? source.slice(0, start) + '•'.repeat(Math.max(0, source.length - start))
    : source;
  const from = start > WIDTH - 20 ? start - 40 : 0;
  const shown = printable(hidden).slice(from, from + WIDTH);
  const gutter = `${line}`;
  const carets = '^'.repeat(Math.max(1, Math.min(end - start, WIDTH - (start - from))));
  const pad = shown.slice(0, start - from).replace(/[^\t]/g, ' ');
  return [
    `  ${paint('dim', `${gutter} |`)} ${shown}`,
    `  ${paint('dim', `${' '.repeat(gutter.length)} |`)} ${pad}${paint(diagnostic.severity, carets)}`,
  ];
}

/** Text that can do nothing to a terminal, and shows no secret. Lengths stay, so carets stay in place. */
function printable(text: string): string {
  const masked = maskSecrets(text);
  return [...masked].some(isUnprintable)
    ? Array.from(masked, (char) => (isUnprintable(char) ? '·' : char)).join('')
    : masked;
}

/** The same without line breaks, which the name of a file may hold: a line of ours is never begun by somebody else. */
function oneLine(text: string): string {
  return printable(text).replaceAll('\n', '·');
}

/** Control characters except tab and newline, and the marks that turn the direction of text. */
function isUnprintable(char: string): boolean {
  const code = char.charCodeAt(0);
  if (code < 0x20) return code !== 0x09 && code !== 0x0a;
  return (
    (code >= 0x7f && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
  );
}

/** Lines are shown of regular files only: a link may lead to what is not ours to show, and a pipe never ends. */
function regularFiles(root: string): Pick<FileReader, 'read'> {
  const { read } = readableFiles(diskReader(root));
  return {
    read: (path) =>
      lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() ? read(path) : undefined,
  };
}

type Painter = (style: Severity | 'bold' | 'dim', text: string) => string;

function painter(color: boolean): Painter {
  const codes = { bold: '1', dim: '2', error: '31', warning: '33', notice: '36' } as const;
  return (style, text) => (color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text);
}

function sourceLines(reader: Pick<FileReader, 'read'>): (file: string, line: number) => string | undefined {
  const texts = new Map<string, string>();
  return (file, line) => {
    if (!texts.has(file)) {
      const bytes = reader.read(file);
      const decoded = bytes === undefined ? undefined : decodeText(bytes);
      texts.set(file, decoded !== undefined && 'text' in decoded ? decoded.text : '');
    }
    const text = texts.get(file);
    return text === undefined || text === '' ? undefined : lineOf(text, line);
  };
}
