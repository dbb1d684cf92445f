import { escapeMarkdown, inlineCode } from './markdown-text.ts';

/**
 * Foreign text inside a line: as `escapeMarkdown`, and without the references and addresses that GitHub links on its own
 * (GH-12, www.example.com, somebody@example.com is an `@` already).
 */
export function plainText(text: string, limit = 300): string {
  return escapeMarkdown(text, limit)
    .replaceAll(/\b(gh-)(?=\d)/gi, '$1\u200b')
    .replaceAll(/\b(www)\./gi, '$1\u200b.');
}

/** Foreign sentences in which what stands between backticks stays code; everything else as {@link plainText}. */
export function prose(text: string, limit = 300): string {
  return text
    .slice(0, limit)
    .split(/(?<!`)(`(?!`)[^`\n]{1,200}`)(?!`)/)
    .map((part, index) => (index % 2 === 1 ? inlineCode(part.slice(1, -1)) : escapedProse(part)))
    .join('');
}

/** The blanks at both ends belong to the sentence around. */
function escapedProse(part: string): string {
  const [, before = '', after = ''] = /^(\s*)(?:[\s\S]*?)(\s*)$/.exec(part) ?? [];
  const inner = plainText(part, part.length + 1).trim();
  return inner === ''
    ? part.replaceAll(/\s+/g, ' ')
    : `${before === '' ? '' : ' '}${inner}${after === '' ? '' : ' '}`;
}

/** Foreign text as inline code inside a cell of a table, where a bar would end the cell even in code. */
export function cellCode(text: string, limit = 200): string {
  return inlineCode(text, limit).replaceAll('|', '\\|');
}

/** Foreign text of several lines, as it is, in a fence nothing inside can end. */
export function fenced(text: string, limit = 4000): string {
  const cut =
    text.length <= limit ? text : `${text.slice(0, limit).toWellFormed()}\n… (${text.length} characters)`;
  const clean = cut
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd')
    .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '');
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${clean}\n${fence}`;
}

// A login or organisation/team, as GitHub allows them; anything else must not become a mention.
const OWNER = /^@?(?<name>[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?)$/;

/** The owner as a mention; as text when it is no login and no team. */
export function mention(owner: string): string {
  const name = OWNER.exec(owner.trim())?.groups?.name;
  return name === undefined || !owner.trim().startsWith('@') ? plainText(owner, 100) : `@${name}`;
}

/** The login that can be assigned to an issue; null for a team, an address or nobody. */
export function assignableLogin(owner: string | undefined): string | null {
  const name = OWNER.exec(owner?.trim() ?? '')?.groups?.name;
  if (owner === undefined || name === undefined || !owner.trim().startsWith('@')) return null;
  return name.includes('/') ? null : name;
}

/** `2026-11-21 08:30 UTC`. */
export function moment(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A number of milliseconds in the one unit that says most. */
export function roughDuration(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const [name, size] = units.find(([, length]) => ms >= length) ?? ['second', 1000];
  const count = Math.max(0, Math.floor(ms / size));
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
