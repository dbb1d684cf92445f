/** Rules about secrets of the Vault. Their values are judged inside the database and never seen here. */
import type { SecretDeclaration } from '../../../declare/model.ts';
import { type AdviceContext, type AdviceRule, rule } from '../rule.ts';

/** Who uses a secret, by its name. */
function usersOf(context: Pick<AdviceContext, 'desired'>): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const job of context.desired.jobs) {
    if (!job.cron.active) continue;
    for (const secret of job.secrets) users.set(secret, [...(users.get(secret) ?? []), job.name]);
  }
  return users;
}

/** Secrets whose value is used as an address. */
function addresses({ desired }: Pick<AdviceContext, 'desired'>): ReadonlySet<string> {
  return new Set(
    desired.jobs.flatMap(({ definition: { call } }) =>
      call.kind === 'http' && call.url_secret !== undefined ? [call.url_secret] : [],
    ),
  );
}

function namesInWords(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/** A shape that demands plain http is about this machine, as on a laptop. */
function wantsHttp(declared: SecretDeclaration | undefined): boolean {
  return /^\^?http:/.test(declared?.shape ?? '');
}

export const vaultRules: readonly AdviceRule[] = [
  // F28
  rule({
    name: 'vault_missing',
    level: 'ERROR',
    title: 'Jobs read secrets and there is no Vault',
    remediation: 'create extension supabase_vault (Supabase: Database, Extensions).',
    needs: ['target'],
    find: ({ target }, context) => {
      const users = usersOf(context);
      if (target.relations['vault.secrets'] !== undefined || users.size === 0) return [];
      return [
        {
          object: target.database,
          detail: `Active jobs read ${users.size} secrets, and database ${target.database} has no Vault: every run fails.`,
          evidence: { secrets: [...users.keys()] },
        },
      ];
    },
  }),
  // F12
  rule({
    name: 'vault_closed',
    level: 'ERROR',
    title: 'The role that applies may not write secrets',
    remediation:
      'As its owner: grant usage on schema vault; grant select, delete on vault.secrets, vault.decrypted_secrets; grant execute on vault.create_secret, vault.update_secret. Never insert into vault.secrets: the value would stay plain.',
    needs: ['target'],
    find: ({ target }) => {
      if (target.relations['vault.secrets'] === undefined) return [];
      const closed = [
        ...['vault.secrets', 'vault.decrypted_secrets'].filter(
          (name) => target.relations[name]?.readable !== true,
        ),
        ...['vault.create_secret', 'vault.update_secret'].filter((name) => target.functions[name] !== true),
      ];
      return closed.length === 0 || target.reader !== null
        ? []
        : [
            {
              object: target.user,
              detail: `Role ${target.user} may not use ${closed.join(', ')}.`,
              evidence: { closed },
            },
          ];
    },
  }),
  // F11
  rule({
    name: 'secret_missing',
    level: 'ERROR',
    title: 'A job reads a secret the Vault has not',
    remediation:
      'Give the apply its value (the variable secrets.yaml names), or correct the name. By itself pg_net leaves the header out and sends the request all the same; ops.fire fails the run.',
    needs: ['secrets', 'jobs'],
    find: ({ secrets, jobs }, context) => {
      const there = new Set(secrets.map(({ name }) => name));
      const users = new Map(usersOf(context));
      for (const job of jobs) {
        for (const secret of job.reading?.secrets ?? [])
          users.set(secret, [...(users.get(secret) ?? []), job.label]);
      }
      return [...users]
        .filter(([name]) => !there.has(name))
        .map(([name, by]) => ({
          object: name,
          detail: `The secret ${name} is not in the Vault; ${namesInWords(by)} ${by.length === 1 ? 'reads' : 'read'} it.`,
          evidence: { read_by: by.slice(0, 20) },
        }));
    },
  }),
  // F13
  rule({
    name: 'secret_unreadable',
    level: 'ERROR',
    title: 'A secret cannot be decrypted',
    remediation:
      'Delete it and apply with its value: after a restore, a branch or a copy the root key is another one, and nothing brings the old value back.',
    needs: ['secrets'],
    find: ({ secrets }) =>
      secrets
        .filter(({ verdict }) => verdict === null)
        .map(({ name }) => ({ object: name, detail: `The Vault cannot decrypt the secret ${name}.` })),
  }),
  // F9
  rule({
    name: 'secret_white_space',
    level: 'ERROR',
    title: 'A secret holds white space or nothing',
    remediation: 'Set it again without the line break at its end: it becomes part of a header or an address.',
    needs: ['secrets'],
    find: ({ secrets }) =>
      secrets
        .filter(({ verdict }) => verdict !== null && (verdict.hasWhiteSpace || verdict.isEmpty))
        .map(({ name, verdict }) => ({
          object: name,
          detail: `The secret ${name} ${verdict?.isEmpty === true ? 'is empty' : 'begins or ends with white space, or holds a line break'}.`,
        })),
  }),
  // F9
  rule({
    name: 'secret_url_scheme',
    level: 'ERROR',
    title: 'An address without https://',
    remediation:
      'Write it whole, with https:// in front: pg_net calls an address without scheme "Out of memory" before 0.20.1, and an invalid URL since.',
    needs: ['secrets'],
    find: ({ secrets }, context) => {
      const used = addresses(context);
      const declared = new Map(context.desired.secrets.map((secret) => [secret.name, secret]));
      return secrets
        .filter(({ name, verdict }) => {
          const isAddress = used.has(name) || /(?:^|_)(?:url|endpoint)$/i.test(name);
          if (!isAddress || verdict === null || verdict.isEmpty || verdict.isHttps) return false;
          return !(verdict.isLoopback && wantsHttp(declared.get(name)));
        })
        .map(({ name }) => ({
          object: name,
          detail: `The secret ${name} is used as an address and does not begin with https://.`,
        }));
    },
  }),
  // F33
  rule({
    name: 'secret_foreign_project',
    level: 'ERROR',
    title: 'An address of the Supabase project of another environment',
    remediation:
      'Set it to the address of this project: jobs of this database call another one, as after a copy or a restore.',
    needs: ['secrets'],
    find: ({ secrets }, { environment }) =>
      secrets
        .filter(({ verdict }) => {
          const ref = verdict?.projectRef ?? null;
          return ref !== null && environment.projectRef !== undefined && ref !== environment.projectRef;
        })
        .map(({ name, verdict }) => ({
          object: name,
          detail: `The secret ${name} points to the project ${verdict?.projectRef}; the one of ${environment.name} is ${environment.projectRef}.`,
          evidence: { points_to: verdict?.projectRef, own: environment.projectRef },
        })),
  }),
  rule({
    name: 'secret_old',
    level: 'WARN',
    title: 'A secret is older than it may grow',
    remediation: 'Rotate it: give it a new value where it comes from, then apply.',
    needs: ['secrets'],
    find: ({ secrets }, { desired }) => {
      const limits = new Map(desired.secrets.map(({ name, maxAgeMs }) => [name, maxAgeMs]));
      return secrets.flatMap(({ name, ageMs }) => {
        const limit = limits.get(name);
        if (limit === undefined || ageMs <= limit) return [];
        const days = Math.floor(ageMs / 86_400_000);
        return [
          {
            object: name,
            detail: `The secret ${name} has been the same for ${days} days; it may grow ${Math.floor(limit / 86_400_000)} days old.`,
            evidence: { age_days: days },
          },
        ];
      });
    },
  }),
  rule({
    name: 'secret_undeclared',
    level: 'INFO',
    title: 'A secret nobody declared',
    remediation:
      'Declare it in runbooks/secrets.yaml, so that it can be rotated and brought back; or delete it.',
    needs: ['secrets'],
    find: ({ secrets }, { desired }) => {
      const declared = new Set(desired.secrets.map(({ name }) => name));
      return secrets
        .filter(({ name }) => !declared.has(name))
        .map(({ name }) => ({ object: name, detail: `The secret ${name} of the Vault stands in no file.` }));
    },
  }),
];
