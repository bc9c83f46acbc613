import { type Finding, finding } from '../finding.ts';
import type {
  Asked,
  BucketSettings,
  FolderSettings,
  PolicyStatement,
} from '../repository/store-settings.ts';
import type { Exempt, GuardsBySid, LockMode } from '../stack/vault-guards.ts';
import { eagerRules } from './eager-rules.ts';

/** What the config of a stack asks of its vault, or of the bucket of its replica. */
export interface VaultWish {
  project: string;
  lock: { mode: LockMode; days: number };
  /** The statements of its policy. */
  guards: GuardsBySid;
  /** ARN of the key that encrypts there; undefined where it is not known, and then any KMS key will do. */
  storeKey: string | undefined;
  /** ARN of the bucket of the replica without its partition, `s3:::bucket`; null without a replica. */
  replica: string | null;
  /** ARN of the role of the config that may remove versions; undefined where the stack makes one. */
  breakGlassRole: string | undefined;
}

interface Deviation {
  severity: 'warning' | 'critical';
  what: string;
}

/** The settings of a vault that are not as its config asks for, and those that may not be read. One finding. */
export function judgeVaultSettings(
  settings: BucketSettings,
  { repository, wish }: { repository: string; wish: VaultWish },
): Finding[] {
  const judged = [
    of('versioning', settings.isVersioned, judgeVersioning),
    of('Object Lock', settings.lock, (lock) => judgeLock(lock, wish)),
    of('the default key', settings.encryption, (found) => judgeEncryption(found, wish)),
    of('lifecycle rules', settings.lifecycle, (rules) =>
      eagerRules(rules).map((id) =>
        critical(`lifecycle rule ${id} removes what retention has not released`),
      ),
    ),
    of('the bucket policy', settings.policy, (policy) => judgePolicy(policy, { settings, wish })),
    of('replication', settings.replication, (rules) => judgeReplication(rules, wish)),
  ];
  const deviations = judged.flatMap((one) => one.deviations);
  const refused = judged.flatMap((one) => one.refused);
  if (deviations.length === 0 && refused.length === 0) return [];
  const isCritical = deviations.some(({ severity }) => severity === 'critical');
  const unknown = refused.length === 0 ? [] : [`not known: ${refused.join('; ')}`];
  return [
    finding(
      { plan: null, database: null, repository },
      {
        verdict: 'settings',
        severity: isCritical ? 'critical' : 'warning',
        detail: [...deviations.map(({ what }) => what), ...unknown].join('; '),
        hint:
          deviations.length === 0
            ? 'Allow the role of check to read these settings: `npx cdk deploy --all` gives it every action that it needs.'
            : 'Look in CloudTrail for who changed the bucket, and put the settings back: `npx cdk deploy --all`.',
      },
    ),
  ];
}

function of<T>(name: string, asked: Asked<T>, judge: (told: T) => Deviation[]) {
  return 'told' in asked
    ? { deviations: judge(asked.told), refused: [] }
    : { deviations: [], refused: [`${name} (${asked.refused})`] };
}

const critical = (what: string): Deviation => ({ severity: 'critical', what });
const warning = (what: string): Deviation => ({ severity: 'warning', what });

function judgeVersioning(isVersioned: boolean): Deviation[] {
  return isVersioned ? [] : [critical('versioning is off')];
}

function judgeLock(lock: { mode: string; days: number } | null, wish: VaultWish): Deviation[] {
  const { mode, days } = wish.lock;
  if (lock === null) return [critical('new objects are not locked')];
  const isWeaker = lock.days < days || (mode === 'compliance' && lock.mode !== 'COMPLIANCE');
  const isSame = lock.days === days && lock.mode.toLowerCase() === mode;
  const what = `new objects are locked in mode ${lock.mode.toLowerCase()} for ${lock.days} d, and the config asks for ${mode} and ${days} d`;
  return isSame ? [] : [isWeaker ? critical(what) : warning(what)];
}

function judgeEncryption(
  encryption: { algorithm: string; keyId: string | null } | null,
  { storeKey }: VaultWish,
): Deviation[] {
  if (encryption?.algorithm !== 'aws:kms' || encryption.keyId === null) {
    const now = encryption === null ? 'none' : `${encryption.algorithm} without a key of its own`;
    return [warning(`the default encryption is ${now}, and not the KMS key of the stack`)];
  }
  const { keyId } = encryption;
  const isSame = storeKey === undefined || storeKey === keyId || storeKey.endsWith(`/${keyId}`);
  return isSame
    ? []
    : [critical(`the default key is ${keyId}, and the config asks for ${storeKey}`)];
}

function judgeReplication(
  rules: readonly { isEnabled: boolean; prefix: string; bucketArn: string }[],
  { replica }: VaultWish,
): Deviation[] {
  if (replica === null) return [];
  const own = rules.filter(({ bucketArn }) => bucketArn.endsWith(`:${replica}`));
  if (own.some(({ isEnabled, prefix }) => isEnabled && prefix === '')) return [];
  const what = own.length === 0 ? 'nothing is replicated to' : 'not everything is replicated to';
  return [critical(`${what} ${replica.replace('s3:::', '')}`)];
}

function judgePolicy(
  policy: readonly PolicyStatement[],
  { settings: { name }, wish }: { settings: BucketSettings; wish: VaultWish },
): Deviation[] {
  return Object.entries(wish.guards).flatMap(([sid, { actions, exempt }]) => {
    const statement = policy.find((one) => one.sid === sid);
    if (statement === undefined) return [critical(`the bucket policy lacks ${sid}`)];
    const isWhole =
      statement.effect === 'Deny' &&
      statement.principals.includes('*') &&
      actions.every((action) => statement.actions.includes(action)) &&
      statement.resources.some((arn) =>
        [`:${name}`, `:${name}/*`].some((end) => arn.endsWith(end)),
      );
    if (!isWhole) return [critical(`${sid} of the bucket policy denies less than the stack's`)];
    const strangers = exemptArns(statement).filter(
      (arn) => !exempt.some((role) => isRole(arn, { role, wish })),
    );
    return strangers.map((arn) => critical(`${sid} of the bucket policy excepts ${arn}`));
  });
}

function exemptArns({ conditions }: PolicyStatement): string[] {
  return Object.entries(conditions).flatMap(([operator, byKey]) =>
    /^(Arn|String)Not/.test(operator)
      ? Object.entries(byKey).flatMap(([key, values]) =>
          key.toLowerCase() === 'aws:principalarn' ? values : [],
        )
      : [],
  );
}

function isRole(arn: string, { role, wish }: { role: Exempt; wish: VaultWish }): boolean {
  if (role === 'break-glass' && wish.breakGlassRole !== undefined)
    return arn === wish.breakGlassRole;
  const [, name = ''] = /^arn:[\w-]+:iam::\d{12}:role\/([\w+=,.@-]+)$/.exec(arn) ?? [];
  return role === 'deployer'
    ? /^cdk-\w+-cfn-exec-role-\d{12}-[a-z0-9-]+$/.test(name)
    : name === `holdfast-${wish.project.toLowerCase()}-${role}`;
}

/** A folder that others may write in: nothing there is what it was for certain. One finding. */
export function judgeFolderSettings(
  { openToAll, foreign }: FolderSettings,
  { repository }: { repository: string },
): Finding[] {
  const some = (paths: readonly string[]) =>
    `${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`;
  const deviations = [
    ...(openToAll.length === 0
      ? []
      : [`every user of this machine may write to ${some(openToAll)}`]),
    ...(foreign.length === 0
      ? []
      : [`another user than that of the repository owns ${some(foreign)}`]),
  ];
  if (deviations.length === 0) return [];
  return [
    finding(
      { plan: null, database: null, repository },
      {
        verdict: 'settings',
        severity: 'warning',
        detail: deviations.join('; '),
        hint: 'Give the folder to the user that takes the backups, with mode 700. On a disk that has no modes (FAT, a network drive), set owner and mask where it is mounted.',
      },
    ),
  ];
}
