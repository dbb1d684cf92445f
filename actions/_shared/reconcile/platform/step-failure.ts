import type { PlatformKind } from '../../declare/model.ts';
import { ConfigurationError } from '../../io/errors.ts';
import { redactSecrets } from '../redact.ts';

/** One object of the platform that is not what it should be after an apply, and why. */
export interface PlatformFailure {
  readonly kind: PlatformKind;
  readonly name: string;
  readonly message: string;
}

/** Deployed, and not seen to refuse strangers. */
export class NotProven extends Error {
  override readonly name = 'NotProven';
}

/** Why a step failed, in words that hold no secret. */
export function reasonOf(error: unknown, values: readonly string[]): string {
  const text =
    error instanceof ConfigurationError
      ? [error.message, error.hint].filter((part) => part !== undefined).join(' ')
      : error instanceof Error
        ? error.message
        : String(error);
  const cut = values.reduce((left, value) => left.replaceAll(value, '***'), text);
  return redactSecrets(cut).replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
}

const NOUN: Readonly<Record<PlatformKind, string>> = {
  function: 'function',
  edge_secret: 'Edge secret',
  api_schemas: 'exposed schemas of the',
};

/** `function sync: Supabase could not …`; what failed for the same reason is one part. */
export function failuresInWords(failures: readonly PlatformFailure[]): string {
  const groups = Map.groupBy(failures, ({ kind, message }) => `${kind}\n${message}`);
  return [...groups.values()]
    .flatMap(([first, ...others]) => {
      if (first === undefined) return [];
      const names = [first, ...others].map(({ name }) => name);
      const noun = NOUN[first.kind];
      return [
        `${names.length === 1 ? noun : `${names.length} ${noun}s`} ${names.join(', ')}: ${first.message}`,
      ];
    })
    .join('; ');
}
