import { secretSpans, secretSpansOfCommand, withoutSpans } from './secret-spans.ts';

/** Text somebody else wrote (error messages of the server, for example) with what looks like a secret cut out. */
export function redactSecrets(text: string): string {
  return withoutSpans(text, secretSpans(text));
}

/** The command of a hand-made job with what looks like a secret cut out, words nobody can explain among it. */
export function redactCommand(command: string): string {
  return OURS.test(command) ? command : withoutSpans(command, secretSpansOfCommand(command));
}

/** True when `redactSecrets` would cut something out. */
export function holdsSecret(text: string): boolean {
  return redactSecrets(text) !== text;
}

/** What an apply of ours writes into `cron.job`: a name, which may look like anything. */
const OURS = /^(?:set local statement_timeout = \d+; )?select ops\.fire\('(?:[^']|'')+'\)$/;
