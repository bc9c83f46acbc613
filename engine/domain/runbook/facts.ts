import type { Measured } from './measured.ts';

/** What the recovery plan knows of an installation. Nothing in it is secret. */
export interface RunbookFacts {
  madeAt: Date;
  holdfastVersion: string;
  /** The machine and the user that made the plan. */
  host: string;
  user: string;
  project: string;
  config: ConfigFacts;
  objectives: { rto: number; rpo: number } | null;
  contacts: readonly ContactFacts[];
  review: ReviewFacts;
  databases: readonly DatabaseFacts[];
  repositories: readonly RepositoryFacts[];
  keys: KeyFacts;
  /** The stack in AWS; null where the config has none. */
  stack: StackFacts | null;
}

/** How a command finds its config on this machine. */
export interface ConfigFacts {
  /** Absolute; null where the environment alone is the config. */
  path: string | null;
  /** Absolute. */
  envFile: string | null;
  /** Without a config file: the variables that describe the installation, without passwords. */
  variables: readonly { name: string; value: string }[];
}

export interface ContactFacts {
  name: string;
  role: string;
  phone: string | null;
  email: string | null;
}

export interface ReviewFacts {
  /** Seconds between two reviews; null where the config has no `runbook`. */
  every: number | null;
  /** Day of the last review, as `2026-11-30`. */
  last: string | null;
}

export interface DatabaseFacts {
  /** Name in the config. */
  name: string;
  /** Name on its server; null where neither the config nor a backup says. */
  realName: string | null;
  host: string | null;
  port: number | null;
  /** The role of backups. */
  user: string | null;
  /** Whether restores have a login of their own. */
  hasRestoreLogin: boolean;
  isDrilled: boolean;
  /** Whether the config has no other database: then `latest` needs no name. */
  isOnly: boolean;
  plans: readonly PlanFacts[];
  /** Whether tasks of the stack reach it. */
  isInStack: boolean;
  rds: { kind: 'instance' | 'cluster'; id: string } | null;
  measured: Measured;
}

export interface PlanFacts {
  name: string;
  schedule: string | null;
  timezone: string;
  /** Whether its sets hold the whole database. */
  isWhole: boolean;
  repositories: readonly string[];
}

export interface RepositoryFacts {
  name: string;
  /** Absolute path, or `s3://bucket/prefix`. */
  location: string;
  store: FolderFacts | BucketFacts;
  /** Why it could not be read when the plan was made. */
  problem: string | null;
}

export interface FolderFacts {
  kind: 'folder';
}

export interface BucketFacts {
  kind: 'bucket';
  bucket: string;
  prefix: string | null;
  region: string | null;
  /** Of a store that is not AWS. */
  endpoint: string | null;
  profile: string | null;
}

export interface KeyFacts {
  /** ARN, id or alias. */
  kms: string | null;
  /** Absolute. */
  keyFile: string | null;
  /** The public half of the break-glass pair: its path, or `inline`; null where there is none. */
  breakGlass: string | null;
}

export interface StackFacts {
  account: string | null;
  region: string;
  /** The repository that is its vault. */
  vault: string;
  /** Alias of the key that the sets of the vault are encrypted for. */
  keyAlias: string;
  replica: { bucket: string; region: string; account: string | null } | null;
}

/** A bucket without an endpoint of its own is one of AWS. */
export function isInAws({ store }: RepositoryFacts): boolean {
  return store.kind === 'bucket' && store.endpoint === null;
}
