/** Fields of a log line; values that are not plain are shown as JSON, cut at 1,000 characters. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with fields on every line. */
  with(fields: LogFields): Log;
}

const secretName = /token|secret|password|authorization|api_?key|cookie/i;
/** JWTs, Supabase's API keys and access tokens, and our one-time run tokens. */
const secretText = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*|\b(?:sb_secret|sbp|ort)_[\w-]{8,}/g;
const longest = 1000;

/**
 * Structured lines, one JSON object each: `level`, `message`, the fields. The platform cuts a line at 10,000 characters,
 * so values are bounded; what is named or looks like a credential is replaced by `[redacted]`.
 */
export function createLog(write: (line: string) => void, fields: LogFields = {}): Log {
  const line = (level: string, message: string, more: LogFields = {}): void => {
    write(JSON.stringify(clean({ level, message, ...fields, ...more })).slice(0, 9000));
  };
  return {
    info: (message, more) => line('info', message, more),
    warn: (message, more) => line('warn', message, more),
    error: (message, more) => line('error', message, more),
    with: (more) => createLog(write, { ...fields, ...more }),
  };
}

/** Text without anything that looks like a credential. */
export function redactText(text: string): string {
  return text.replaceAll(secretText, '[redacted]');
}

function clean(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      secretName.test(name) ? '[redacted]' : cleanValue(value),
    ]),
  );
}

function cleanValue(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (value === undefined) return undefined;
  const text = value instanceof Error ? describe(value) : typeof value === 'string' ? value : safeJson(value);
  return redactText(text).slice(0, longest);
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `; because: ${error.cause.message}` : '';
  return `${error.name}: ${error.message}${cause}`;
}

function safeJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (name, inner) => (secretName.test(name) ? '[redacted]' : inner)) ?? String(value)
    );
  } catch {
    return '[not printable]';
  }
}
