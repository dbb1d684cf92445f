/**
 * The secret values of this process, kept to be hidden: masked in the log by the runner, and cut out of every text
 * we send elsewhere (the runner masks logs only, never comments, summaries or outputs).
 */
export interface Redaction {
  /** Every value, longest first. */
  readonly values: () => readonly string[];
  readonly add: (value: string | undefined) => void;
  readonly redact: (text: string) => string;
}

// A mask shorter than this hides half the log and protects nothing.
const SHORTEST = 4;

/** An empty set of secrets. */
export function createRedaction(): Redaction {
  const known = new Set<string>();
  const values = (): string[] => [...known].sort((a, b) => b.length - a.length);
  return {
    values,
    add: (value) => {
      for (const form of value === undefined ? [] : formsOf(value)) {
        if (form.length >= SHORTEST) known.add(form);
      }
    },
    redact: (text) => values().reduce((cut, value) => cut.replaceAll(value, '***'), text),
  };
}

/** The forms in which a secret could turn up: whole, by line, trimmed, and the password of a connection string. */
function formsOf(value: string): string[] {
  const lines = value.split(/\r?\n/);
  const forms = [value, value.trim(), ...lines, ...lines.map((line) => line.trim())];
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^:@/]*:([^@]*)@/i.exec(value)?.[1];
  if (password !== undefined) forms.push(password, decoded(password));
  return forms;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded: the raw form is the only one.
    return text;
  }
}
