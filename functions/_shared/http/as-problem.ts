import { DatabaseRefused } from '../database/rpc.ts';
import { Misconfigured } from '../dependencies.ts';
import { HttpProblem } from './problem.ts';

/** What the caller is told about whatever was thrown; the cause stays in the log. */
export function asProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof Misconfigured) {
    const message = 'The function is not set up completely; its log says what is missing.';
    return new HttpProblem(500, 'misconfigured', message, { cause: error });
  }
  if (error instanceof DatabaseRefused) return refusedByDatabase(error);
  return internal(error);
}

/** What the database says about data is the caller's to mend; everything else is ours. */
function refusedByDatabase(error: DatabaseRefused): HttpProblem {
  const { code } = error;
  if (code === '42501') return told(403, 'forbidden', 'This needs rights you do not have.', error);
  if (code === 'P0002' || code === '23503' || code === 'PT404')
    return told(404, 'not_found', 'Something named in the request does not exist.', error);
  if (code === '23505') return told(409, 'conflict', 'It is already there.', error);
  if (code === 'PT409') return told(409, 'conflict', 'Its present state does not allow that.', error);
  if (/^2[23]/.test(code))
    return told(422, 'invalid_value', 'The database does not accept a value of the request.', error);
  return internal(error);
}

function internal(cause: unknown): HttpProblem {
  return told(500, 'internal', 'Something went wrong; the log has the details under this request_id.', cause);
}

function told(status: number, code: string, message: string, cause: unknown): HttpProblem {
  return new HttpProblem(status, code, message, { cause });
}
