import { Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { namedPlans } from '../engine/config/vault-plans.ts';
import { MANIFEST_NAME, PREFIX } from '../engine/contract.ts';
import { STATEMENT_SUFFIX } from '../engine/domain/evidence/receipt.ts';
import { encodeName } from '../engine/domain/key.ts';
import { MARKS, SEALED_MARKS, type SealedMark } from '../engine/domain/set/mark-name.ts';
import { describesKeys, READING_SETTINGS, readsReplicaSettings } from './vault/check-statements.ts';
import { ANY_SET_ID, marks, OBJECT, recordsOf, sealsOf } from './vault/object-patterns.ts';
import { VaultStatements, type VaultStatementsProps } from './vault/vault-statements.ts';

export interface VaultAccessProps extends VaultStatementsProps {
  envelopeKey: IKey;
}

/** Objects of any set: also those of a plan or a database that left the config can be read, locked and restored. */
const OF_SETS = `*/*/${ANY_SET_ID}/*`;
const MANIFESTS_AND_MARKS = `${OF_SETS}.json`;

const RECORDS = [`${PREFIX.audit}/*`, `${PREFIX.drills}/*`, `${PREFIX.evidence}/*`];

/**
 * What each role may do in the vault, and no more: one managed policy a role, no star in an action. The bucket's policy stands above
 * all of it. Roles are named by `Names.resource`, since the bucket's policy knows the one of prune by its name.
 */
export class VaultAccess {
  readonly #vault: VaultStatements;
  readonly #props: VaultAccessProps;

  constructor(props: VaultAccessProps) {
    this.#props = props;
    this.#vault = new VaultStatements(props);
  }

  /** Makes new objects and wraps keys; can not read, unwrap, overwrite, tag or delete. */
  grantBackup(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket', 's3:ListBucketMultipartUploads']),
      this.#onObjects(['s3:PutObject', 's3:AbortMultipartUpload'], this.#plans()),
      this.#onObjects(['s3:PutObject'], [recordsOf('backup'), `${PREFIX.keys}/store-probe.json`]),
      this.#envelope(['kms:GenerateDataKey']),
      this.#storeEncryption(['kms:GenerateDataKey', 'kms:Decrypt']),
      ...this.#neverOfBackup(),
    ]);
  }

  /** Whatever it is granted one day: who makes a set can't read it, nor say of it what others have to find out; a hold is all. */
  #neverOfBackup(): PolicyStatement[] {
    const { envelopeKey } = this.#props;
    const said = MARKS.filter((mark) => mark !== 'hold').map((mark) => `*/*/*/${mark}-*`);
    return [
      this.#onObjects(['s3:PutObject'], said, Effect.DENY),
      this.#onObjects(['s3:GetObject', 's3:GetObjectVersion'], ['*'], Effect.DENY),
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['kms:Decrypt', 'kms:ReEncryptFrom'],
        resources: [envelopeKey.keyArn],
      }),
      new PolicyStatement({
        effect: Effect.DENY,
        actions: ['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:Encrypt'],
        resources: [envelopeKey.keyArn],
        conditions: { StringLike: { [OBJECT]: sealsOf(...SEALED_MARKS) } },
      }),
    ];
  }

  /** Reads a set back, locks it until its keep is over, and says what it found. */
  grantVerify(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket', 's3:GetBucketObjectLockConfiguration']),
      this.#onObjects(
        ['s3:GetObject', 's3:GetObjectRetention', 's3:PutObjectRetention'],
        [OF_SETS],
      ),
      this.#onObjects(['s3:PutObject'], [...marks('checked', 'suspect'), recordsOf('verify')]),
      this.#envelope(['kms:Decrypt']),
      this.#sealing('checked'),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Finds the set to restore in a throw-away server, and says what came of it; its reader opens it. */
  grantDrill(role: IRole): void {
    this.#grant(role, [
      ...this.#findsSets(),
      this.#onObjects(
        ['s3:PutObject'],
        [...marks('proven', 'suspect', 'notshown'), `${PREFIX.drills}/*`, recordsOf('drill')],
      ),
      this.#sealing('proven'),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /**
   * Finds the set to restore and says when it is damaged; its reader opens it, and thaws what is cold. A drill on a named server
   * logs in to it, which no other role may, so what came of that drill is also this role's to say; it signs no receipt, and writes none
   * in the place of one.
   */
  grantRestore(role: IRole): void {
    this.#grant(role, [
      ...this.#findsSets(),
      this.#onObjects(['s3:PutObject'], [`${PREFIX.drills}/*${STATEMENT_SUFFIX}`], Effect.DENY),
      this.#onObjects(
        ['s3:PutObject'],
        [
          ...[...marks('proven', 'suspect', 'notshown'), `${PREFIX.drills}/*`],
          ...[recordsOf('restore'), recordsOf('thaw'), recordsOf('drill')],
        ],
      ),
      this.#sealing('proven'),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Opens and reads sets; the policy of each session (engine/domain/reader-policy.ts) leaves one of them. */
  grantReader(role: IRole, { isThawing }: { isThawing: boolean }): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket']),
      this.#onObjects(['s3:GetObject', ...(isThawing ? ['s3:RestoreObject'] : [])], [OF_SETS]),
      this.#envelope(['kms:Decrypt']),
      this.#storeEncryption(['kms:Decrypt']),
    ]);
  }

  /** Sees what is there, and reads manifests, marks and audit records; never what a set holds. */
  grantRecords(role: IRole): void {
    this.#grant(role, [
      ...this.#findsSets(),
      this.#onObjects(['s3:GetObject'], [`${PREFIX.audit}/*`]),
      this.#storeEncryption(['kms:Decrypt']),
    ]);
  }

  /** The same, and writes down what came of a task that left no record. */
  grantOutcome(role: IRole): void {
    this.#grant(role, [
      ...this.#findsSets(),
      this.#onObjects(['s3:GetObject'], [`${PREFIX.audit}/*`]),
      this.#onObjects(['s3:PutObject'], [recordsOf('run')]),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /**
   * Writes down what was done with snapshots, and does nothing else there. Statements for a policy that the role has: a fleet
   * of servers may take all ten of its managed policies.
   */
  recordsSnapshots(): PolicyStatement[] {
    return [
      this.#onObjects(['s3:PutObject'], [recordsOf('snapshot')]),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ];
  }

  /**
   * As `grantRecords`, and how each object lies there, the buckets are set up and the keys are. What sets hold stays closed,
   * since nothing is unwrapped. It writes down since when a plan is there.
   */
  grantCheck(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket', ...READING_SETTINGS]),
      this.#onObjects(['s3:GetObject'], [OF_SETS]),
      this.#onObjects(['s3:PutObject'], [`${PREFIX.keys}/expected/*`, recordsOf('alert')]),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
      describesKeys(this.#props),
      ...readsReplicaSettings(this.#props.installation),
    ]);
  }

  /** Lets go what retention releases, by a tag, and lengthens the locks of the rest. It opens the seals of manifests and marks and nothing else. */
  grantPrune(role: IRole): void {
    this.#grant(role, [
      this.#onBucket([
        's3:ListBucket',
        's3:ListBucketVersions',
        's3:GetBucketObjectLockConfiguration',
      ]),
      this.#onObjects(['s3:GetObject'], [MANIFESTS_AND_MARKS]),
      this.#onObjects(['s3:GetObjectRetention', 's3:PutObjectRetention'], [OF_SETS]),
      this.#onObjects(
        ['s3:GetObjectTagging', 's3:PutObjectTagging'],
        [...this.#namedPlans(), ...RECORDS],
      ),
      this.#onObjects(
        ['s3:PutObject'],
        [...marks('released', 'disposed', 'suspect'), recordsOf('prune')],
      ),
      this.#envelope(['kms:Decrypt'], [MANIFEST_NAME, ...sealsOf(...SEALED_MARKS)]),
      this.#sealing('released', 'disposed'),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** By the listing, manifests and marks. */
  #findsSets(): PolicyStatement[] {
    return [
      this.#onBucket(['s3:ListBucket']),
      this.#onObjects(['s3:GetObject'], [MANIFESTS_AND_MARKS]),
    ];
  }

  #grant(role: IRole, statements: PolicyStatement[]): void {
    this.#vault.grant(role, { id: 'Vault', statements });
  }

  #onBucket(actions: string[]): PolicyStatement {
    return this.#vault.onBucket(actions);
  }

  #onObjects(actions: string[], keys: readonly string[], effect = Effect.ALLOW): PolicyStatement {
    return this.#vault.onObjects(actions, keys, effect);
  }

  /** `daily/*` */
  #plans(): string[] {
    return this.#props.installation.plans.map(({ name }) => `${encodeName(name)}/*`);
  }

  /** As retention takes them: what it lets go of any other would stay. */
  #namedPlans(): string[] {
    const { config, aws } = this.#props.installation;
    return [...(namedPlans({ ...config, aws }, aws.repository) ?? [])].map(
      (name) => `${encodeName(name)}/*`,
    );
  }

  /** Only for this project, whose name is bound into every message. */
  #envelope(actions: string[], objects?: readonly string[]): PolicyStatement {
    const { envelopeKey, installation } = this.#props;
    const StringEquals = { 'kms:EncryptionContext:project': installation.config.project };
    return new PolicyStatement({
      actions,
      resources: [envelopeKey.keyArn],
      conditions: {
        StringEquals,
        ...(objects === undefined ? {} : { StringLike: { [OBJECT]: objects } }),
      },
    });
  }

  /** Each role seals the marks that are its own, so that none can vouch for what another has to find out. */
  #sealing(...names: SealedMark[]): PolicyStatement {
    return this.#envelope(['kms:GenerateDataKey'], sealsOf(...names));
  }

  #storeEncryption(actions: string[]): PolicyStatement {
    return this.#vault.storeEncryption(actions);
  }
}
