import type { LifecycleRule } from '../lifecycle.ts';

/** What a store says of one setting, or why it does not. */
export type Asked<T> = { told: T } | { refused: string };

export interface PolicyStatement {
  sid: string | null;
  effect: string;
  /** `*`, or ARNs and accounts. */
  principals: readonly string[];
  actions: readonly string[];
  resources: readonly string[];
  /** By operator and key, each with its values. */
  conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface ReplicationRule {
  isEnabled: boolean;
  prefix: string;
  bucketArn: string;
}

export interface BucketSettings {
  kind: 'bucket';
  name: string;
  isVersioned: Asked<boolean>;
  /** Default retention; null without. */
  lock: Asked<{ mode: string; days: number } | null>;
  encryption: Asked<{ algorithm: string; keyId: string | null } | null>;
  lifecycle: Asked<readonly LifecycleRule[]>;
  policy: Asked<readonly PolicyStatement[]>;
  replication: Asked<readonly ReplicationRule[]>;
}

/** Of the folder, and of the folders of its plans and databases. */
export interface FolderSettings {
  kind: 'folder';
  /** Paths that every user of the machine may write to. */
  openToAll: readonly string[];
  /** Paths that belong to neither root nor the user that the repository belongs to. */
  foreign: readonly string[];
}

export type StoreSettings = BucketSettings | FolderSettings;
