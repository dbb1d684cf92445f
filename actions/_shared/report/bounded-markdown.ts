/** A titled list; items are whole blocks of Markdown and are never cut in the middle. */
export interface MarkdownSection {
  readonly title: string;
  readonly items: readonly string[];
  /** Put behind a disclosure triangle. */
  readonly collapsed?: boolean;
}

/** A document that must stay under a size: head and foot always stand, sections give way item by item. */
export interface BoundedDocument {
  readonly head: string;
  readonly sections: readonly MarkdownSection[];
  readonly foot: string;
  /** The result measures less than this. */
  readonly limit: number;
  /** How size counts: characters for comments and issues, bytes for job summaries. */
  readonly measure: (text: string) => number;
  /** Says what was left out. */
  readonly more: (count: number) => string;
}

/** GitHub refuses comment and issue bodies over 65,536 characters with 422. */
export const COMMENT_LIMIT = 65_536;

/** A job summary over 1 MiB is not shown at all. */
export const SUMMARY_LIMIT = 1_048_576;

export function inCharacters(text: string): number {
  return text.length;
}

export function inBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

// Every section may use this much before an earlier, longer one takes the rest.
const FAIR_SHARE = 2_000;

/** Lays the document out, cutting only between items and saying how many are missing. */
export function boundedMarkdown(document: BoundedDocument): string {
  const { measure } = document;
  const sections = document.sections.filter((section) => section.items.length > 0);
  let room = document.limit - 1 - measure(document.head) - measure(document.foot) - 4;
  const parts: string[] = [];
  for (const [index, section] of sections.entries()) {
    const reserved = sections
      .slice(index + 1)
      .reduce((sum, later) => sum + Math.min(FAIR_SHARE, measure(wholeSection(later)) + 2), 0);
    const text = fitSection(section, { ...document, room: room - reserved });
    if (text === '') continue;
    parts.push(text);
    room -= measure(text) + 2;
  }
  return [document.head, ...parts, document.foot].filter((part) => part !== '').join('\n\n');
}

function fitSection(
  section: MarkdownSection,
  { room, measure, more }: Pick<BoundedDocument, 'measure' | 'more'> & { readonly room: number },
): string {
  const whole = wholeSection(section);
  if (measure(whole) <= room) return whole;
  const items: string[] = [];
  let left = room - measure(wrap(section, more(section.items.length))) - 1;
  for (const item of section.items) {
    const size = measure(item) + 1;
    if (size > left) break;
    items.push(item);
    left -= size;
  }
  const cut = wrap(section, [...items, more(section.items.length - items.length)].join('\n'));
  return measure(cut) <= room ? cut : '';
}

function wholeSection(section: MarkdownSection): string {
  return wrap(section, section.items.join('\n'));
}

function wrap(section: MarkdownSection, content: string): string {
  return section.collapsed === true
    ? `<details><summary>${section.title}</summary>\n\n${content}\n\n</details>`
    : `**${section.title}**\n\n${content}`;
}
