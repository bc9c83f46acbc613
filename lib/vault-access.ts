import { Effect, type IRole, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { MANIFEST_NAME, PREFIX } from '../engine/contract.ts';
import { encodeName } from '../engine/domain/key.ts';
import { MARKS, type Mark } from '../engine/domain/set-state.ts';
import { acknowledgeWildcards } from './acknowledge.ts';
import { bucketArn, type Installation } from './installation.ts';

export interface VaultAccessProps {
  installation: Installation;
  region: string;
  envelopeKey: IKey;
  sseKey: IKey;
}

const RECORDS = [`${PREFIX.audit}/*`, `${PREFIX.drills}/*`, `${PREFIX.evidence}/*`];

/**
 * What each role may do in the vault, and no more: one managed policy a role, no star in an action. The bucket's policy stands above
 * all of it. Roles are named by `Names.resource`, since the bucket's policy knows the one of prune by its name.
 */
export class VaultAccess {
  readonly #bucket: string;
  readonly #objects: string;
  readonly #props: VaultAccessProps;

  constructor(props: VaultAccessProps) {
    this.#props = props;
    const { installation } = props;
    this.#bucket = bucketArn(installation, installation.names.vaultBucket);
    this.#objects = `${this.#bucket}/${installation.vaultPrefix}`;
  }

  /** Makes new objects and wraps keys; can not read, unwrap, overwrite, tag or delete. */
  grantBackup(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket', 's3:ListBucketMultipartUploads']),
      this.#onObjects(['s3:PutObject', 's3:AbortMultipartUpload'], this.#plans()),
      this.#onObjects(['s3:PutObject'], [`${PREFIX.audit}/*`, `${PREFIX.keys}/store-probe.json`]),
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
      new PolicyStatement({ effect: Effect.DENY, actions: ['kms:Decrypt', 'kms:ReEncryptFrom'], resources: [envelopeKey.keyArn] }),
    ];
  }

  /** Reads a set back, locks it until its keep is over, and says what it found. */
  grantVerify(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket', 's3:GetBucketObjectLockConfiguration']),
      this.#onObjects(['s3:GetObject', 's3:GetObjectRetention', 's3:PutObjectRetention'], this.#plans()),
      this.#onObjects(['s3:PutObject'], [...marks('checked', 'suspect'), `${PREFIX.audit}/*`]),
      this.#envelope(['kms:Decrypt']),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Reads a set to restore it in a throw-away server; a session policy narrows it to the one set of a drill. */
  grantDrill(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket']),
      this.#onObjects(['s3:GetObject'], this.#plans()),
      this.#onObjects(['s3:PutObject'], [...marks('proven', 'suspect'), `${PREFIX.drills}/*`, `${PREFIX.audit}/*`]),
      this.#envelope(['kms:Decrypt']),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Reads sets to restore them into a database of the user's, and thaws what is cold. */
  grantRestore(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket']),
      this.#onObjects(['s3:GetObject', 's3:RestoreObject'], this.#plans()),
      this.#onObjects(['s3:PutObject'], [`${PREFIX.audit}/*`]),
      this.#envelope(['kms:Decrypt']),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Sees what is there, and reads manifests, marks and audit records; never what a set holds. */
  grantRecords(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket']),
      this.#onObjects(['s3:GetObject'], [...this.#plans('*.json'), `${PREFIX.audit}/*`]),
      this.#storeEncryption(['kms:Decrypt']),
    ]);
  }

  /** The same, and how each object lies there; what sets hold stays closed, since nothing is unwrapped. It writes down since when a plan is there. */
  grantCheck(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket', 's3:GetBucketVersioning', 's3:GetBucketObjectLockConfiguration', 's3:GetEncryptionConfiguration']),
      this.#onObjects(['s3:GetObject'], this.#plans()),
      this.#onObjects(['s3:PutObject'], [`${PREFIX.keys}/expected/*`]),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Lets go what retention releases, by a tag, and lengthens the locks of the rest. It opens the seals of manifests and nothing else. */
  grantPrune(role: IRole): void {
    this.#grant(role, [
      this.#onBucket(['s3:ListBucket', 's3:ListBucketVersions', 's3:GetBucketObjectLockConfiguration']),
      this.#onObjects(['s3:GetObject'], this.#plans('*.json')),
      this.#onObjects(['s3:GetObjectRetention', 's3:PutObjectRetention'], this.#plans()),
      this.#onObjects(['s3:GetObjectTagging', 's3:PutObjectTagging'], [...this.#plans(), ...RECORDS]),
      this.#onObjects(['s3:PutObject'], [...marks('released', 'disposed', 'suspect'), `${PREFIX.audit}/*`]),
      this.#envelope(['kms:Decrypt'], { 'kms:EncryptionContext:object': MANIFEST_NAME }),
      this.#storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  #grant(role: IRole, statements: PolicyStatement[]): void {
    const policy = new ManagedPolicy(role, 'Vault', { statements, roles: [role] });
    acknowledgeWildcards(policy, { statements, reason: 'Ids of sets and names of records are made at run time; each prefix is named.' });
  }

  #onBucket(actions: string[]): PolicyStatement {
    return new PolicyStatement({ actions, resources: [this.#bucket] });
  }

  #onObjects(actions: string[], keys: readonly string[], effect = Effect.ALLOW): PolicyStatement {
    return new PolicyStatement({ effect, actions, resources: keys.map((key) => this.#objects + key) });
  }

  /** `daily/*`, also of plans that left the config. */
  #plans(rest = '*'): string[] {
    const { plans, aws } = this.#props.installation;
    return [...plans.map(({ name }) => name), ...aws.formerPlans].map((name) => `${encodeName(name)}/${rest}`);
  }

  /** Only for this project, whose name is bound into every message. */
  #envelope(actions: string[], context: Record<string, string> = {}): PolicyStatement {
    const { envelopeKey, installation } = this.#props;
    const StringEquals = { 'kms:EncryptionContext:project': installation.config.project, ...context };
    return new PolicyStatement({ actions, resources: [envelopeKey.keyArn], conditions: { StringEquals } });
  }

  /** What S3 does with its own key on behalf of the role. */
  #storeEncryption(actions: string[]): PolicyStatement {
    const { sseKey, region } = this.#props;
    const StringEquals = { 'kms:ViaService': `s3.${region}.amazonaws.com` };
    return new PolicyStatement({ actions, resources: [sseKey.keyArn], conditions: { StringEquals } });
  }
}

/** Objects beside a manifest, by which a role says what it found. */
function marks(...names: Mark[]): string[] {
  return names.map((mark) => `*/*/*/${mark}-*.json`);
}
