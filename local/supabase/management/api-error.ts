import type * as z from 'zod';

/** An answer that is not a success: `{ message }`, as the Management API writes it. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** 400 that names the first wrong field. */
export function invalidRequest(error: z.ZodError): ManagementError {
  const [issue] = error.issues;
  const place = issue?.path.join('.') ?? '';
  return new ManagementError(
    400,
    `${place === '' ? '' : `${place}: `}${issue?.message ?? 'Invalid request'}`,
  );
}
