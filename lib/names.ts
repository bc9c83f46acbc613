/** Tasks and Lambdas that have a role of their own. */
export type RoleOf =
  | 'backup'
  | 'verify'
  | 'drill'
  | 'restore'
  | 'drill-reader'
  | 'restore-reader'
  | 'check'
  | 'prune'
  | 'break-glass'
  | 'replication'
  | 'trail';

/** Names that are the same on every synth, so that stacks, policies and people can name a thing before it is there. */
export class Names {
  readonly #project: string;
  readonly #bucket: string;

  constructor({ project, bucket }: { project: string; bucket: string }) {
    this.#project = project;
    this.#bucket = bucket;
  }

  /** `ClinicVault` */
  stack(part: 'Keys' | 'Replica' | 'Vault' | 'Runner'): string {
    const words = this.#project.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
    return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('') + part;
  }

  /** `holdfast-clinic-prune`: of roles, of the trail, of what else has one name an account. */
  resource(part: RoleOf): string {
    return `${this.#stem}-${part}`;
  }

  /** `holdfast-clinic-start-run`: of functions, state machines, topics and alarms. */
  of(thing: string): string {
    return `${this.#stem}-${thing}`;
  }

  /** `alias/holdfast-clinic`; the same in both regions, since it is one key. */
  get envelopeAlias(): string {
    return `alias/${this.#stem}`;
  }

  get sseAlias(): string {
    return `alias/${this.#stem}-sse`;
  }

  get replicaAlias(): string {
    return `alias/${this.#stem}-replica`;
  }

  get ledgerAlias(): string {
    return `alias/${this.#stem}-ledger`;
  }

  get evidenceAlias(): string {
    return `alias/${this.#stem}-evidence`;
  }

  get vaultBucket(): string {
    return this.#bucket;
  }

  get replicaBucket(): string {
    return `${this.#bucket}-replica`;
  }

  /** Where the access logs of a bucket go. */
  logsOf(bucket: string): string {
    return `${bucket}-logs`;
  }

  /** Where the trail about a bucket goes. */
  trailOf(bucket: string): string {
    return `${bucket}-trail`;
  }

  /** Prefix of every log group. */
  get logGroups(): string {
    return `/holdfast/${this.#project.toLowerCase()}`;
  }

  get #stem(): string {
    return `holdfast-${this.#project.toLowerCase()}`;
  }
}
