/**
 * What to do about a run that failed, by the cause our own runs name.
 *
 * @param code `error_code` of ops.cron_runs
 */
export function runRemedy(code: string, job = 'JOB'): string {
  switch (code) {
    case 'secret_missing':
    case 'secret_invalid':
      return 'Set the secret: give its variable of secrets.yaml to the reconcile workflow and run it. The check of the Vault names what is wrong with it.';
    case 'url_invalid':
      return 'The URL needs its scheme: set the secret to a value that begins with https://.';
    case 'extension_missing':
      return 'Install the extension the message names (Supabase: Database, Extensions).';
    case 'sql_error':
      return `The SQL of the job fails by itself: mend what it reads, or its file, and merge. \`opsroom fire ${job}\` tries it at once.`;
    case 'timeout':
      return 'Raise the timeout of the job, or let long work go through the queue (`call: enqueue`).';
    case 'http_4xx':
      return 'The function refused the call: look at its logs, at its token, and whether it is deployed.';
    case 'http_5xx':
    case 'network':
      return `Look at the logs of what is called; what was fixed can be tried with \`opsroom fire ${job}\`.`;
    case 'lost':
      return 'No answer ever came: is the worker of pg_net well? See the check of pg_net.';
    case 'scheduler_failed':
      return 'pg_cron could not start it: too many jobs at once, or no connection left. Spread them (H).';
    default:
      return `Look at the last runs and their messages: \`opsroom runs ${job} --failed\`.`;
  }
}
