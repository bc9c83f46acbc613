import { App, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { beforeAll, describe, expect, it } from 'vitest';
import { AUDIT_OPERATIONS, type AuditOperation } from '../../engine/domain/audit-record.ts';
import { SEALED_MARKS, type SealedMark } from '../../engine/domain/set/mark-name.ts';
import { installationOf } from '../../lib/installation.ts';
import { VaultAccess } from '../../lib/vault-access.ts';
import {
  isAllowed,
  type PolicyStatement,
  type Request,
  statementsOf,
} from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
  withOutdir,
} from '../fixtures/stacks.ts';

const VAULT = 'arn:aws:s3:::clinic-backups';
const SET = `${VAULT}/daily/clinic/20261122T020000Z-7f3a`;
const RECORD = `${VAULT}/audit/2026/11/22/20261122T020000Z-7f3a`;
const ENVELOPE = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/mrk-1`;
const STORE = `arn:aws:kms:eu-central-1:${ACCOUNT}:key/2`;
const CREATE = { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' };
const THROUGH_S3 = { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' };
const PROJECT = { 'kms:EncryptionContext:project': 'clinic' };
const KINDS = [
  'backup',
  'verify',
  'drill',
  'restore',
  'drill-reader',
  'restore-reader',
  'records',
  'outcome',
  'snapshots',
  'check',
  'prune',
] as const;
type Kind = (typeof KINDS)[number];

let identities: Record<Kind, PolicyStatement[]>;
let bucketPolicy: PolicyStatement[];
/** As both keys have it: the account decides. */
const keyPolicy: PolicyStatement[] = [
  {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'kms:*',
    Resource: '*',
  },
];

beforeAll(() => {
  const { Vault } = synthesize(exampleConfig());
  const [first] =
    Object.entries(Vault.resources).find(
      ([, { Properties }]) => Properties?.BucketName === 'clinic-backups',
    ) ?? [];
  const policy = resourcesOf(Vault, 'AWS::S3::BucketPolicy').find(
    ({ Properties }) => Properties.Bucket.Ref === first,
  );
  bucketPolicy = statementsOf(Vault, policy?.Properties.PolicyDocument);
  identities = Object.fromEntries(
    KINDS.map((kind) => [kind, identityOf(kind)]),
  ) as typeof identities;
});

describe('the role that backs up', () => {
  it('creates objects of its plans, the probe and audit records, and opens uploads', () => {
    expect(may('backup', 's3:PutObject', `${SET}/data.dump.zst.esdk`, CREATE)).toBe(true);
    expect(may('backup', 's3:PutObject', `${RECORD}-backup.json`, CREATE)).toBe(true);
    expect(may('backup', 's3:PutObject', `${VAULT}/keys/store-probe.json`, CREATE)).toBe(true);
    expect(may('backup', 's3:ListBucketMultipartUploads', VAULT)).toBe(true);
    expect(may('backup', 's3:AbortMultipartUpload', `${SET}/data.dump.zst.esdk`)).toBe(true);
    expect(may('backup', 'kms:GenerateDataKey', ENVELOPE, PROJECT)).toBe(true);
    expect(may('backup', 'kms:Decrypt', STORE, THROUGH_S3)).toBe(true);
  });

  it('can not read, unwrap, overwrite, tag, lock or delete', () => {
    for (const action of [
      's3:GetObject',
      's3:GetObjectVersion',
      's3:PutObjectTagging',
      's3:PutObjectRetention',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
    ])
      expect(may('backup', action, `${SET}/manifest.json`, CREATE), action).toBe(false);
    expect(
      may('backup', 's3:PutObject', `${SET}/manifest.json`, {
        's3:ObjectCreationOperation': 'true',
      }),
    ).toBe(false);
    expect(may('backup', 'kms:Decrypt', ENVELOPE, PROJECT)).toBe(false);
    expect(may('backup', 'kms:Decrypt', STORE)).toBe(false);
  });

  it('writes below no other prefix, and wraps for no other project', () => {
    expect(
      may(
        'backup',
        's3:PutObject',
        `${VAULT}/critical/clinic/20261122T020000Z-7f3a/manifest.json`,
        CREATE,
      ),
    ).toBe(false);
    expect(may('backup', 's3:PutObject', `${VAULT}/drills/clinic/report.json`, CREATE)).toBe(false);
    expect(
      may('backup', 'kms:GenerateDataKey', ENVELOPE, { 'kms:EncryptionContext:project': 'other' }),
    ).toBe(false);
  });
});

describe('the role that verifies', () => {
  it('reads, unwraps, locks and marks', () => {
    expect(may('verify', 's3:GetObject', `${SET}/data.dump.zst.esdk`)).toBe(true);
    expect(may('verify', 'kms:Decrypt', ENVELOPE, PROJECT)).toBe(true);
    for (const action of ['s3:GetObjectRetention', 's3:PutObjectRetention'])
      expect(may('verify', action, `${SET}/data.dump.zst.esdk`), action).toBe(true);
    expect(may('verify', 's3:PutObject', `${SET}/checked-20261122T030000Z.json`, CREATE)).toBe(
      true,
    );
  });

  it('compares a set with earlier ones, opens what accepts one of those, and accepts none', () => {
    const earlier = SET.replace('20261122', '20261121');
    const accepted = 'accepted-20261122T030000Z.json';
    const ofSeal = { ...PROJECT, 'kms:EncryptionContext:object': accepted };
    for (const name of ['manifest.json', accepted, 'suspect-20261122T030000Z-anomaly.json'])
      expect(may('verify', 's3:GetObject', `${earlier}/${name}`), name).toBe(true);
    expect(may('verify', 'kms:Decrypt', ENVELOPE, ofSeal)).toBe(true);
    const mark = `${SET}/suspect-20261122T030000Z-anomaly.json`;
    expect(may('verify', 's3:PutObject', mark, CREATE)).toBe(true);
    expect(may('verify', 's3:PutObject', `${SET}/${accepted}`, CREATE)).toBe(false);
    expect(may('verify', 'kms:GenerateDataKey', ENVELOPE, ofSeal)).toBe(false);
  });

  it('makes no set, proves none and lifts no lock', () => {
    for (const name of [
      'manifest.json',
      'data.dump.zst.esdk',
      'proven-20261122T030000Z.json',
      'released-20261122T030000Z.json',
    ])
      expect(may('verify', 's3:PutObject', `${SET}/${name}`, CREATE), name).toBe(false);
    for (const action of [
      's3:BypassGovernanceRetention',
      's3:PutObjectTagging',
      's3:DeleteObjectVersion',
    ])
      expect(may('verify', action, `${SET}/manifest.json`), action).toBe(false);
  });
});

describe('the role that prunes', () => {
  it('tags, locks and records', () => {
    expect(may('prune', 's3:PutObjectTagging', `${SET}/manifest.json`)).toBe(true);
    expect(may('prune', 's3:PutObjectTagging', `${VAULT}/audit/2020/01/01/x.json`)).toBe(true);
    for (const action of ['s3:GetObjectRetention', 's3:PutObjectRetention'])
      expect(may('prune', action, `${SET}/manifest.json`), action).toBe(true);
    expect(may('prune', 's3:ListBucketVersions', VAULT)).toBe(true);
    expect(may('prune', 's3:PutObject', `${SET}/released-20261122T030000Z.json`, CREATE)).toBe(
      true,
    );
  });

  it('opens seals, and nothing that holds rows', () => {
    expect(
      may('prune', 'kms:Decrypt', ENVELOPE, {
        ...PROJECT,
        'kms:EncryptionContext:object': 'manifest.json',
      }),
    ).toBe(true);
    expect(
      may('prune', 'kms:Decrypt', ENVELOPE, {
        ...PROJECT,
        'kms:EncryptionContext:object': 'data.dump.zst.esdk',
      }),
    ).toBe(false);
    expect(may('prune', 'kms:Decrypt', ENVELOPE, PROJECT)).toBe(false);
  });

  it('deletes nothing and tags no key', () => {
    for (const action of [
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:DeleteObjectTagging',
      's3:BypassGovernanceRetention',
    ])
      expect(may('prune', action, `${SET}/manifest.json`), action).toBe(false);
    expect(
      may('prune', 's3:PutObjectTagging', `${VAULT}/keys/key-file-0123456789abcdef.json`),
    ).toBe(false);
  });
});

describe('the role that restores', () => {
  it('says what came of a drill on a server that it logs in to, and nothing else of a set', () => {
    const mark = (name: string) => `${SET}/${name}-20261122T030000Z.json`;
    for (const name of ['proven', 'notshown', 'suspect'])
      expect(may('restore', 's3:PutObject', mark(name), CREATE), name).toBe(true);
    expect(may('restore', 's3:PutObject', `${VAULT}/drills/clinic/x.json`, CREATE)).toBe(true);
    for (const name of ['checked', 'accepted', 'hold', 'unhold', 'released', 'disposed'])
      expect(may('restore', 's3:PutObject', mark(name), CREATE), name).toBe(false);
    expect(may('restore', 's3:PutObject', `${SET}/manifest.json`, CREATE)).toBe(false);
    expect(may('restore', 's3:PutObject', `${VAULT}/evidence/2026-11/x.json`, CREATE)).toBe(false);
  });
});

describe('the roles that only look', () => {
  it('see manifests, and unwrap nothing', () => {
    for (const kind of ['check', 'records'] as const) {
      expect(may(kind, 's3:GetObject', `${SET}/manifest.json`)).toBe(true);
      expect(may(kind, 'kms:Decrypt', ENVELOPE, PROJECT)).toBe(false);
      expect(may(kind, 's3:PutObject', `${SET}/manifest.json`, CREATE)).toBe(false);
    }
    expect(may('records', 's3:GetObject', `${SET}/data.dump.zst.esdk`)).toBe(false);
  });
});

/** Operations that a role with another name has. */
const WRITERS: Partial<Record<AuditOperation, readonly Kind[]>> = {
  // `drill --on` logs in to a server, as only a restore may.
  drill: ['drill', 'restore'],
  thaw: ['restore'],
  run: ['outcome'],
  snapshot: ['snapshots'],
  alert: ['check'],
};

describe('how the bucket is set up', () => {
  it('is read by the role of check alone, which may change none of it', () => {
    for (const setting of ['BucketPolicy', 'ReplicationConfiguration', 'LifecycleConfiguration']) {
      const readers = KINDS.filter((kind) => may(kind, `s3:Get${setting}`, VAULT));
      expect(readers, setting).toEqual(['check']);
      expect(may('check', `s3:Put${setting}`, VAULT), setting).toBe(false);
    }
  });
});

describe('the state of a key, and how the replica is set up', () => {
  const REPLICA = `${VAULT}-replica`;
  const ENVELOPE_THERE = ENVELOPE.replace('eu-central-1', 'eu-west-1');

  it('are read by the role of check alone, which can do nothing else with either', () => {
    for (const key of [ENVELOPE, STORE, ENVELOPE_THERE])
      for (const action of ['kms:DescribeKey', 'kms:GetKeyRotationStatus'])
        expect(
          KINDS.filter((kind) => may(kind, action, key)),
          `${action} ${key}`,
        ).toEqual(['check']);
    expect(may('check', 'kms:DescribeKey', ENVELOPE.replace('mrk-1', 'mrk-2'))).toBe(false);
    for (const action of ['kms:Decrypt', 'kms:Encrypt', 'kms:DisableKey', 'kms:GetPublicKey'])
      expect(may('check', action, ENVELOPE, PROJECT), action).toBe(false);
    for (const setting of ['BucketVersioning', 'EncryptionConfiguration', 'BucketPolicy']) {
      expect(KINDS.filter((kind) => may(kind, `s3:Get${setting}`, REPLICA))).toEqual(['check']);
      expect(may('check', `s3:Put${setting}`, REPLICA), setting).toBe(false);
    }
    for (const action of ['s3:ListBucket', 's3:GetObject'])
      expect(may('check', action, `${REPLICA}${action.endsWith('t') ? '' : '/a'}`)).toBe(false);
  });
});

describe('an audit record', () => {
  it('is written by the role of its own operation alone', () => {
    const written = (operation: AuditOperation) =>
      KINDS.filter((kind) => may(kind, 's3:PutObject', `${RECORD}-${operation}.json`, CREATE));
    for (const operation of AUDIT_OPERATIONS)
      expect(written(operation), operation).toEqual(
        KINDS.filter((kind) => (WRITERS[operation] ?? [operation]).includes(kind)),
      );
  });
});

describe('no role of ours', () => {
  it.each(
    KINDS,
  )('%s deletes, lifts a lock, changes the bucket, or has a star in an action', (kind) => {
    for (const action of [
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:BypassGovernanceRetention',
      's3:PutObjectLegalHold',
    ])
      expect(may(kind, action, `${SET}/manifest.json`), action).toBe(false);
    for (const action of ['s3:PutBucketPolicy', 's3:PutLifecycleConfiguration', 's3:DeleteBucket'])
      expect(may(kind, action, VAULT), action).toBe(false);
    expect(
      identities[kind].flatMap(({ Action }) => Action).filter((action) => action.includes('*')),
    ).toEqual([]);
    expect(identities[kind].flatMap(({ Resource }) => Resource)).not.toContain('*');
  });

  it('but prune has a tag to give', () => {
    for (const kind of KINDS)
      expect(may(kind, 's3:PutObjectTagging', `${SET}/manifest.json`)).toBe(kind === 'prune');
  });
});

function may(
  kind: Kind,
  action: string,
  resource: string,
  conditions: Record<string, string> = {},
): boolean {
  const principal = `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${kind}`;
  const request: Request = { principal, action, resource, conditions };
  return isAllowed(request, {
    resource: action.startsWith('kms:') ? keyPolicy : bucketPolicy,
    identity: identities[kind],
  });
}

/** What one grant gives to a role. */
function identityOf(kind: Kind): PolicyStatement[] {
  return withOutdir((outdir) => identityIn(outdir, kind));
}

function identityIn(outdir: string, kind: Kind): PolicyStatement[] {
  const config = exampleConfig();
  const app = new App({ outdir });
  const stack = new Stack(app, 'Roles', { env: { account: ACCOUNT, region: 'eu-central-1' } });
  const role = new Role(stack, 'Role', {
    assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
  });
  const access = new VaultAccess({
    installation: installationOf(config as Parameters<typeof installationOf>[0], {
      account: ACCOUNT,
    }),
    region: 'eu-central-1',
    envelopeKey: Key.fromKeyArn(stack, 'Envelope', ENVELOPE),
    sseKey: Key.fromKeyArn(stack, 'Sse', STORE),
  });
  const grants: Record<Kind, () => void> = {
    backup: () => access.grantBackup(role),
    verify: () => access.grantVerify(role),
    drill: () => access.grantDrill(role),
    restore: () => access.grantRestore(role),
    'drill-reader': () => access.grantReader(role, { isThawing: false }),
    'restore-reader': () => access.grantReader(role, { isThawing: true }),
    records: () => access.grantRecords(role),
    outcome: () => access.grantOutcome(role),
    snapshots: () =>
      void new ManagedPolicy(role, 'Vault', {
        statements: access.recordsSnapshots(),
        roles: [role],
      }),
    check: () => access.grantCheck(role),
    prune: () => access.grantPrune(role),
  };
  grants[kind]();
  const { Resources } = app.synth().getStackByName('Roles').template;
  const synthesized: SynthesizedStack = {
    region: 'eu-central-1',
    resources: Resources,
    outputs: {},
  };
  expect(resourcesOf(synthesized, 'AWS::IAM::Policy')).toEqual([]);
  return resourcesOf(synthesized, 'AWS::IAM::ManagedPolicy').flatMap(({ Properties }) =>
    statementsOf(synthesized, Properties.PolicyDocument),
  );
}

describe('a role of the stack', () => {
  const OWN: Partial<Record<Kind, readonly SealedMark[]>> = {
    backup: [],
    verify: ['checked'],
    drill: ['proven'],
    restore: ['proven'],
    check: [],
    prune: ['released', 'disposed'],
  };

  it.each(
    (Object.keys(OWN) as Kind[]).map((role) => ({ role })),
  )('seals its own marks only: $role', ({ role }) => {
    for (const mark of SEALED_MARKS) {
      const seal = { ...PROJECT, 'kms:EncryptionContext:object': `${mark}-20261122T030000Z.json` };
      for (const action of ['kms:GenerateDataKey', 'kms:Encrypt'])
        expect(may(role, action, ENVELOPE, seal), `${action} of ${mark}`).toBe(
          action === 'kms:GenerateDataKey' && (OWN[role] ?? []).includes(mark),
        );
    }
  });
});
