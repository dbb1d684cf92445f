/** A secret value found written out in a command: where it goes, and where in the command it stands. */
export interface FoundSecret {
  /** Name it gets in secrets.yaml. */
  readonly name: string;
  readonly description: string;
  /** The value; kept in memory only, to find its place. */
  readonly value: string;
  /** False when it stands in the command in another spelling (escapes, put together of parts): it can't be copied from there. */
  readonly verbatim: boolean;
}

const LONGEST_NAME = 63;

/** Names for the secrets of one job, the same value always under the same name. */
export class FoundSecrets {
  readonly #job: string;
  readonly #command: string;
  readonly #found: FoundSecret[];

  constructor(job: string, command: string, found: readonly FoundSecret[] = []) {
    this.#job = job;
    this.#command = command;
    this.#found = [...found];
  }

  /** The same for trying something out: what is added there is not added here. */
  draft(): FoundSecrets {
    return new FoundSecrets(this.#job, this.#command, this.#found);
  }

  /** Name for a value used as `purpose` (a header, for example). */
  add(value: string, purpose: string): string {
    const same = this.#found.find((secret) => secret.value === value);
    if (same !== undefined) return same.name;
    const name = this.#freeName(purpose);
    this.#found.push({
      name,
      description: `Was written out in the command of job ${this.#job}`,
      value,
      verbatim: this.#command.includes(value),
    });
    return name;
  }

  get all(): readonly FoundSecret[] {
    return this.#found;
  }

  /** The purpose stays whole: it is what tells the secrets of a job with a long name apart. */
  #freeName(purpose: string): string {
    const end = secretName(purpose).slice(0, 30);
    for (let count = 1; ; count += 1) {
      const suffix = count === 1 ? `_${end}` : `_${end}_${count}`;
      const name = secretName(`${secretName(this.#job).slice(0, LONGEST_NAME - suffix.length)}${suffix}`);
      if (!this.#found.some((secret) => secret.name === name)) return name;
    }
  }
}

/** A good name for a Vault secret out of any text. */
export function secretName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, LONGEST_NAME);
}

/** Environment variable a secret's value comes from. */
export function variableName(secret: string): string {
  return `OPS_${secret.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}
