/** A secret value found written out in a command: where it goes, and where in the command it stands. */
export interface FoundSecret {
  /** Name it gets in secrets.yaml. */
  readonly name: string;
  readonly description: string;
  /** The value; kept in memory only, to find its place. */
  readonly value: string;
}

/** Names for the secrets of one job, the same value always under the same name. */
export class FoundSecrets {
  readonly #job: string;
  readonly #found: FoundSecret[] = [];

  constructor(job: string) {
    this.#job = job;
  }

  /** Name for a value used as `purpose` (a header, for example). */
  add(value: string, purpose: string): string {
    const same = this.#found.find((secret) => secret.value === value);
    if (same !== undefined) return same.name;
    const wanted = secretName(`${this.#job}_${purpose}`);
    const taken = this.#found.filter((secret) => secret.name.startsWith(wanted)).length;
    const name = taken === 0 ? wanted : `${wanted}_${taken + 1}`;
    this.#found.push({ name, description: `Was written out in the command of job ${this.#job}`, value });
    return name;
  }

  get all(): readonly FoundSecret[] {
    return this.#found;
  }
}

/** A good name for a Vault secret out of any text. */
export function secretName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 63);
}

/** Environment variable a secret's value comes from. */
export function variableName(secret: string): string {
  return `OPS_${secret.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}
