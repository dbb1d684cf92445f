/** Questions to GitHub that it may refuse to answer: a refusal is an answer. */

import * as z from 'zod';
import { failureStatus } from '../../github/request-failure.ts';
import { errorMessage } from '../../io/errors.ts';
import { redactSecrets } from '../../reconcile/redact.ts';

/** An answer, that there is no such thing, or why nobody told. */
export type Answer<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly why: string };

/** Asks, and tells a refusal from an answer. @throws when it is neither */
export async function ask<T>(question: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: 'seen', value: await question() };
  } catch (error) {
    const status = failureStatus(error);
    if (status === 404) return { kind: 'none' };
    if (status !== null || error instanceof z.ZodError || isNetworkFailure(error)) {
      const words = error instanceof z.ZodError ? 'GitHub answered in an unknown form' : errorMessage(error);
      return { kind: 'refused', why: redactSecrets(words.replace(DOCUMENT, '')).slice(0, 200) };
    }
    throw error;
  }
}

/** GitHub's client puts the address of a document behind every refusal. */
const DOCUMENT = / - https:\/\/docs\.github\.com\S*$/;

function isNetworkFailure(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === 'HttpError');
}

/** Why nobody told, in words. */
export function refusal(
  found: { readonly kind: 'none' } | { readonly kind: 'refused'; readonly why: string },
): string {
  return found.kind === 'none' ? 'GitHub does not show it to this token.' : `GitHub refused: ${found.why}.`;
}
