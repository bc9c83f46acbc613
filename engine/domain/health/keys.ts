import { type Finding, finding } from '../finding.ts';
import type { Asked } from '../repository/store-settings.ts';
import { speakTime } from '../spoken-numbers.ts';

/** A key of KMS as `kms:DescribeKey` and `kms:GetKeyRotationStatus` describe it (AWS KMS API Reference). */
export interface KmsKeyState {
  kind: 'kms';
  /** Null where there is no such key. */
  arn: string | null;
  /** `Enabled`, `Disabled`, `PendingDeletion`, ... ("Key states of AWS KMS keys"); `NotFound` where there is no such key. */
  state: string;
  /** When KMS deletes it; only of a key that is pending deletion. */
  deletionAt: Date | null;
  /** When imported key material expires; null where it does not, and where KMS made it. */
  expiresAt: Date | null;
  /** Null where the kind of key has no automatic rotation, and of a replica, which rotates with its primary key. */
  rotates: Asked<boolean> | null;
}

export interface KeyFileState {
  kind: 'file';
  isThere: boolean;
  /** Permission bits; null where the system has none. */
  mode: number | null;
  /** Whether it belongs to root or to the user that asks; root may own nothing and use everything. */
  isOurs: boolean;
}

export type KeyState = KmsKeyState | KeyFileState;

export interface AskedKey {
  /** Such as `envelope key`. */
  name: string;
  /** ARN, alias or path. */
  id: string;
  /** What happens while it cannot be used. */
  stakes: string;
  /** A file that is made on first use need not be there yet. */
  mayBeAbsent?: boolean;
  asked: Asked<KeyState>;
}

interface Fault {
  severity: 'critical' | 'warning';
  what: string;
  hint: string;
}

export interface JudgeKeyOptions {
  now: Date;
  /** What it means that a key may not be described: a warning where the stack gave the right, else nothing. */
  whenRefused: 'warning' | 'ok';
}

/** Whether a key can be used and stays usable. At most one finding a key. */
export function judgeKey(
  { name, id, stakes, asked, mayBeAbsent = false }: AskedKey,
  { now, whenRefused }: JudgeKeyOptions,
): Finding[] {
  const place = { plan: null, database: null, repository: name };
  const refused = (detail: string) =>
    finding(place, { verdict: 'key', severity: whenRefused, detail, hint: ALLOW });
  if ('refused' in asked) return [refused(`not known: the state of ${id} (${asked.refused})`)];
  const { told } = asked;
  if (told.kind === 'file' && !told.isThere && mayBeAbsent) return [];
  const faults = told.kind === 'kms' ? faultsOfKmsKey(told, now) : faultsOfFile(told);
  const [worst] = faults.toSorted((one, other) => rank(one) - rank(other));
  if (worst === undefined)
    return told.kind === 'kms' && told.rotates !== null && 'refused' in told.rotates
      ? [refused(`not known: the rotation of ${id} (${told.rotates.refused})`)]
      : [];
  const what = faults.map((fault) => fault.what).join('; ');
  return [
    finding(place, {
      verdict: 'key',
      severity: worst.severity,
      detail: `${id} ${what}${worst.severity === 'critical' ? `: ${stakes}` : ''}`,
      hint: worst.hint,
    }),
  ];
}

const ALLOW =
  'Allow kms:DescribeKey and kms:GetKeyRotationStatus on it to whoever runs check: in the stack `npx cdk deploy --all` does.';

function rank({ severity }: Fault): number {
  return severity === 'critical' ? 0 : 1;
}

/** Material that expires sooner is a matter of this week. */
const CRITICAL_DAYS = 7;
const WARNING_DAYS = 30;
const DAY_MS = 86_400_000;

function faultsOfKmsKey(
  { state, deletionAt, expiresAt, rotates }: KmsKeyState,
  now: Date,
): Fault[] {
  const unusable = UNUSABLE[state];
  if (unusable !== undefined) {
    const when = deletionAt === null ? '' : `, and is deleted on ${speakTime(deletionAt)}`;
    return [{ severity: 'critical', what: `${unusable.what}${when}`, hint: unusable.hint }];
  }
  return [
    ...expiry(expiresAt, now),
    ...(rotates !== null && 'told' in rotates && !rotates.told
      ? [
          {
            severity: 'warning' as const,
            what: 'is not rotated automatically',
            hint: 'Turn it on: `aws kms enable-key-rotation --key-id KEY`. Find out in CloudTrail who turned it off.',
          },
        ]
      : []),
  ];
}

function expiry(expiresAt: Date | null, now: Date): Fault[] {
  if (expiresAt === null) return [];
  const days = (expiresAt.getTime() - now.getTime()) / DAY_MS;
  if (days > WARNING_DAYS) return [];
  return [
    {
      severity: days > CRITICAL_DAYS ? 'warning' : 'critical',
      what: `has imported material that expires on ${speakTime(expiresAt)}`,
      hint: 'Import the same material again with a later expiry, or none: `aws kms import-key-material`.',
    },
  ];
}

const CANCEL =
  'Stop it at once: `aws kms cancel-key-deletion --key-id KEY`, then `aws kms enable-key --key-id KEY`.';
const FIND =
  'Check the name, the region and the account of the credentials: `aws kms describe-key --key-id KEY`.';

/** Creating and Updating are passing states. */
const UNUSABLE: Readonly<Record<string, { what: string; hint: string } | undefined>> = {
  NotFound: { what: 'does not exist', hint: FIND },
  Disabled: { what: 'is disabled', hint: 'Enable it: `aws kms enable-key --key-id KEY`.' },
  PendingDeletion: { what: 'is pending deletion', hint: CANCEL },
  PendingReplicaDeletion: {
    what: 'is pending deletion, which begins when its replicas are gone',
    hint: CANCEL,
  },
  PendingImport: {
    what: 'has no key material',
    hint: 'Import the same material again: `aws kms import-key-material`.',
  },
  Unavailable: {
    what: 'is unavailable, because its key store is disconnected',
    hint: 'Connect the store: `aws kms connect-custom-key-store --custom-key-store-id ID`.',
  },
};

const OTHERS = 0o077;

function faultsOfFile({ isThere, mode, isOurs }: KeyFileState): Fault[] {
  if (!isThere)
    return [
      {
        severity: 'critical',
        what: 'is not there',
        hint: 'Put it back from your copy. On a machine that only checks, name no key file in the config.',
      },
    ];
  const shown = ((mode ?? 0) & 0o777).toString(8);
  return [
    ...(mode === null || (mode & OTHERS) === 0
      ? []
      : [
          {
            severity: 'critical' as const,
            what: `has mode ${shown}, so others may read it`,
            hint: 'Run `chmod 600` on it, and make a new key if somebody may have read it.',
          },
        ]),
    ...(isOurs
      ? []
      : [
          {
            severity: 'warning' as const,
            what: 'belongs to another user',
            hint: 'Give it to the user that takes the backups: `chown`.',
          },
        ]),
  ];
}
