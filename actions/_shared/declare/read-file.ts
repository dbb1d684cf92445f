/** One file from text to objects and located diagnostics. Imported only when a file is not in the cache. */
import type { Finding } from './finding.ts';
import { KINDS, type Kind } from './kinds/registry.ts';
import { type KindName, PLACES, type Specs } from './kinds/specs.ts';
import { MAX_NAME_BYTES, ObjectName } from './kinds/vocabulary.ts';
import { findLiteralSecrets } from './lint/literal-secrets.ts';
import type { Diagnostic } from './model.ts';
import { lineOfTopKey, locateOffsets } from './source-text.ts';
import { tool, withTools } from './tool.ts';
import type { YamlDocument } from './yaml-document.ts';
import { readPlainYaml } from './yaml-plain.ts';

/** The full parser is large: it is loaded for the first file that needs it. */
const documents = tool(() => import('./yaml-document.ts'));

/** One object of a file. `spec` is null when the object is there but wrong. */
export interface ReadEntry<Spec> {
  readonly name: string;
  readonly spec: Spec | null;
  readonly line: number;
}

/** What one file yields. Plain JSON: this is what the cache keeps. */
export interface FileReading<Name extends KindName = KindName> {
  readonly entries: readonly ReadEntry<Specs[Name]>[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface FileText {
  readonly path: string;
  readonly text: string;
}

/** Reads and lints a file. `name` is the object's name for kinds with one object a file. */
export function readFile<Name extends KindName>(
  kind: Name,
  name: string,
  file: FileText,
): Promise<FileReading<Name>> {
  return withTools(() => readNow(kind, name, file));
}

/** @throws ToolNeeded */
function readNow<Name extends KindName>(kind: Name, name: string, file: FileText): FileReading<Name> {
  const findings: Finding[] = [...findLiteralSecrets(file.text)];
  const report = (finding: Finding): void => {
    findings.push(finding);
  };
  const plain = readPlainYaml(file.text);
  const document = plain === null ? documents().readYamlDocument(file.text, report) : undefined;
  const contents = plain === null ? document?.value : plain.value;
  const place = PLACES[kind];
  const entries: ReadEntry<Specs[Name]>[] = [];
  if (contents !== undefined) {
    const objects = 'file' in place ? objectsOf(contents, report) : [[name, contents] as const];
    for (const [object, value] of objects) {
      const line = lineOfTopKey(file.text, 'file' in place ? object : place.landmark);
      entries.push({ name: object, spec: readObject(KINDS[kind], object, value, report), line });
    }
  }
  return { entries, diagnostics: locateNow(file, findings, document) };
}

function readObject<Spec>(
  kind: Kind<Spec>,
  name: string,
  value: unknown,
  report: (finding: Finding) => void,
): Spec | null {
  const spec = kind.read(name, value, report);
  return spec === null || kind.lint === undefined ? spec : kind.lint(spec, report);
}

function objectsOf(
  value: unknown,
  report: (finding: Finding) => void,
): readonly (readonly [string, unknown])[] {
  if (value === null) return [];
  if (typeof value === 'object' && !Array.isArray(value)) {
    const objects = Object.entries(value);
    for (const [name] of objects) checkName(name, report);
    return objects;
  }
  report({
    severity: 'error',
    code: 'wrong-type',
    message: 'the file must be a map of names',
    hint: 'Write `name:` and indent what belongs to it.',
    at: { path: [] },
  });
  return [];
}

/** Names of objects that share a file; those that have one of their own are checked where files are listed. */
function checkName(name: string, report: (finding: Finding) => void): void {
  const isGood = (text: string): boolean => ObjectName.accepts(text);
  if (isGood(name)) return;
  report({
    severity: 'error',
    code: 'invalid-name',
    message: `\`${name.length > 60 ? `${name.slice(0, 57)}...` : name}\` is not a good name`,
    hint: `Use lower-case letters, digits, \`_\` and \`-\`, ${MAX_NAME_BYTES} at most.`,
    at: { path: [name], part: 'key' },
  });
}

/** A file with more faults than this has one cause; the rest is counted, not listed. */
const MAX_FINDINGS = 100;

/** Puts findings on their lines, in the order of the file. */
export function locateFindings(file: FileText, findings: readonly Finding[]): Promise<readonly Diagnostic[]> {
  return withTools(() => locateNow(file, findings, undefined));
}

/** Reads the file with positions when it was not yet. @throws ToolNeeded */
function locateNow(
  file: FileText,
  findings: readonly Finding[],
  document: YamlDocument | undefined,
): readonly Diagnostic[] {
  if (findings.length === 0) return [];
  const located = document ?? documents().readYamlDocument(file.text, () => undefined);
  const shown = findings
    .slice(0, MAX_FINDINGS)
    .map(
      ({ at, ...finding }): Diagnostic => ({
        ...finding,
        location: locateOffsets(file.path, file.text, located.locate(at)),
      }),
    )
    .sort((a, b) => a.location.line - b.location.line || a.location.column - b.location.column);
  const rest = findings.slice(MAX_FINDINGS);
  const last = shown.at(-1);
  if (last === undefined || rest.length === 0) return shown;
  const severity = rest.some((finding) => finding.severity === 'error') ? 'error' : last.severity;
  const message = `and ${rest.length} more like these in this file`;
  return [
    ...shown,
    {
      severity,
      code: 'too-many-findings',
      message,
      hint: 'Fix the first ones and look again.',
      location: last.location,
    },
  ];
}
