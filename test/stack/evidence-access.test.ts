import { beforeAll, describe, expect, it } from 'vitest';
import { AUDIT_OPERATIONS } from '../../engine/domain/audit-record.ts';
import { FUNCTION_NAMES } from '../../lib/runner/runner-functions.ts';
import { TASK_KINDS } from '../../lib/runner/task-roles.ts';
import { ASKED } from '../fixtures/asked-of-s3.ts';
import {
  isAllowed,
  type PolicyStatement,
  policiesOf,
  type Request,
  resolved,
  statementsOf,
} from '../fixtures/policy-evaluator.ts';
import {
  ACCOUNT,
  bucketNamed,
  exampleConfig,
  resourcesOf,
  type SynthesizedStack,
  synthesize,
} from '../fixtures/stacks.ts';

const ROLES = [...TASK_KINDS, 'drill-reader', 'restore-reader', ...FUNCTION_NAMES] as const;
const VAULT = 'arn:aws:s3:::clinic-backups';
const SET = `${VAULT}/daily/clinic/20261122T020000Z-7f3a`;
const RECORD = `${VAULT}/audit/2026/11/22/20261122T020000Z-7f3a`;
const ENTRY = `${VAULT}/audit/ledger/20261122T020000Z.json`;
const PAGE = `${VAULT}/evidence/2026-11/20261202T044700Z-7f3a.html`;
const PUBLIC_KEY = `${VAULT}/keys/signing-0123456789abcdef.pem`;
const RECEIPT = `${VAULT}/drills/clinic/20261122T020000Z-20261122T020000Z-7f3a.dsse.json`;
const CREATE = { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' };

let stacks: ReturnType<typeof synthesize>;
let identities: Map<string, PolicyStatement[]>;
let bucketPolicy: PolicyStatement[];

beforeAll(() => {
  stacks = synthesize(exampleConfig());
  identities = new Map(
    ROLES.map((name) => [name, policiesOf(stacks.Runner, `holdfast-clinic-${name}`)]),
  );
  bucketPolicy = policyOfBucket(stacks.Vault, 'clinic-backups');
});

describe('a signature', () => {
  const signers = (key: string) =>
    ROLES.filter((name) => may(name, { action: 'kms:Sign', resource: key }));

  it('of the ledger is made by seal-ledger alone, and one of evidence by reports and drills', () => {
    expect(signers(keyOf('seal-ledger'))).toEqual(['seal-ledger']);
    expect(signers(keyOf('report'))).toEqual(['drill', 'report']);
    expect(keyOf('report')).not.toBe(keyOf('seal-ledger'));
  });

  it('of a drill is made with the key of evidence, which its task is given', () => {
    const keys = resourcesOf(stacks.Runner, 'AWS::ECS::TaskDefinition').flatMap(({ Properties }) =>
      variablesOf(Properties.ContainerDefinitions[0].Environment)
        .filter(([name]) => name === 'HOLDFAST_SIGNING_KEY')
        .map(([, value]) => [Properties.Family.split('-').at(-2), resolved(stacks.Runner, value)]),
    );
    expect(keys).toEqual(Array.from({ length: 3 }, () => ['drill', keyOf('report')]));
  });
});

describe('what is written once and signed', () => {
  const writers = (resource: string, conditions: Record<string, string> = CREATE) =>
    ROLES.filter((name) => may(name, { action: 's3:PutObject', resource, conditions }));

  it('is written by the role that signs it, and never over what is there', () => {
    expect(writers(ENTRY)).toEqual(['seal-ledger']);
    expect(writers(PAGE)).toEqual(['report']);
    expect(writers(RECEIPT)).toEqual(['drill']);
    expect(writers(PUBLIC_KEY)).toEqual(['drill', 'seal-ledger', 'report']);
    for (const resource of [ENTRY, PAGE, RECEIPT, PUBLIC_KEY])
      expect(writers(resource, { 's3:ObjectCreationOperation': 'true' })).toEqual([]);
  });

  it('is deleted, tagged or unlocked by none of them', () => {
    for (const action of [
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:PutObjectTagging',
      's3:BypassGovernanceRetention',
    ])
      for (const resource of [ENTRY, PAGE, RECEIPT, PUBLIC_KEY])
        for (const name of ['seal-ledger', 'report', 'drill'])
          expect(may(name, { action, resource }), `${name} ${action}`).toBe(false);
  });
});

describe('an audit record', () => {
  it('of a config is written by seal-ledger, of a report by report, and of anything else by neither', () => {
    for (const operation of AUDIT_OPERATIONS) {
      const resource = `${RECORD}-${operation}.json`;
      const put = { action: 's3:PutObject', resource, conditions: CREATE };
      expect(may('seal-ledger', put), operation).toBe(operation === 'config');
      expect(may('report', put), operation).toBe(operation === 'report');
    }
  });
});

describe('a function that signs', () => {
  it.each(
    Object.keys(ASKED) as (keyof typeof ASKED)[],
  )('may do all that %s was seen to ask of the vault', (name) => {
    for (const asked of ASKED[name]) {
      const [action = '', key] = asked.split(' ');
      const resource = key === undefined ? VAULT : `${VAULT}/${key}`;
      expect(may(name, { action, resource, conditions: CREATE }), asked).toBe(true);
    }
  });
});

describe('the role of seal-ledger', () => {
  it('reads records, entries and public keys, and nothing of a set', () => {
    const reads = (resource: string) => may('seal-ledger', { action: 's3:GetObject', resource });
    for (const resource of [`${RECORD}-backup.json`, ENTRY, PUBLIC_KEY])
      expect(reads(resource), resource).toBe(true);
    for (const resource of [`${SET}/manifest.json`, `${SET}/data.dump.zst.esdk`, PAGE, RECEIPT])
      expect(reads(resource), resource).toBe(false);
  });
});

describe('the role of report', () => {
  it('reads records, manifests, marks, drills and earlier reports, and no row', () => {
    const reads = (resource: string) => may('report', { action: 's3:GetObject', resource });
    for (const resource of [
      `${RECORD}-backup.json`,
      ENTRY,
      `${SET}/manifest.json`,
      `${SET}/proven-20261122T030000Z.json`,
      RECEIPT,
      PAGE,
      PUBLIC_KEY,
    ])
      expect(reads(resource), resource).toBe(true);
    expect(reads(`${SET}/data.dump.zst.esdk`)).toBe(false);
    const lock = { action: 's3:GetObjectRetention', resource: `${SET}/manifest.json` };
    expect(may('report', lock)).toBe(true);
    expect(may('report', { ...lock, action: 's3:PutObjectRetention' })).toBe(false);
  });

  it('makes no set and no mark, and asks for no setting of the vault', () => {
    for (const name of ['manifest.json', 'proven-20261122T030000Z.json'])
      expect(
        may('report', {
          action: 's3:PutObject',
          resource: `${SET}/${name}`,
          conditions: CREATE,
        }),
      ).toBe(false);
    for (const action of ['s3:GetBucketPolicy', 's3:PutBucketPolicy'])
      expect(may('report', { action, resource: VAULT }), action).toBe(false);
  });
});

describe('a drill that leaves a receipt', () => {
  it('reads no report for it, and the writer of sets still reads nothing at all', () => {
    const reads = (name: string, resource: string) =>
      may(name, { action: 's3:GetObject', resource });
    for (const resource of [RECEIPT, PAGE, PUBLIC_KEY, ENTRY, `${RECORD}-drill.json`])
      expect(reads('drill', resource), resource).toBe(false);
    for (const resource of [RECEIPT, PAGE, PUBLIC_KEY, ENTRY, `${SET}/manifest.json`])
      expect(reads('backup', resource), resource).toBe(false);
  });
});

/** By the key's own policy, that of the bucket, and all that the role is granted. */
function may(name: string, request: Omit<Request, 'principal'>): boolean {
  return isAllowed(
    { principal: `arn:aws:iam::${ACCOUNT}:role/holdfast-clinic-${name}`, ...request },
    {
      resource: request.action.startsWith('kms:') ? policyOfKey(request.resource) : bucketPolicy,
      identity: identities.get(name) ?? [],
    },
  );
}

/** The ARN of the key that a function is given to sign with. */
function keyOf(name: string): string {
  const made = resourcesOf(stacks.Runner, 'AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === `holdfast-clinic-${name}`,
  );
  const { Variables } = made?.Properties.Environment ?? {};
  return String(resolved(stacks.Runner, Variables.HOLDFAST_SIGNING_KEY));
}

/** Of the key in the stack of keys that an output or an export names. */
function policyOfKey(arn: string): PolicyStatement[] {
  const name = arn.split('/').at(-1) ?? '';
  const { Value } = stacks.Keys.outputs[name] ?? {};
  const id = (Value as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0];
  return statementsOf(stacks.Keys, stacks.Keys.resources[id]?.Properties.KeyPolicy).map((one) => ({
    ...one,
    Resource: '*',
  }));
}

function policyOfBucket(stack: SynthesizedStack, name: string): PolicyStatement[] {
  const bucket = bucketNamed(stack, name);
  const policy = resourcesOf(stack, 'AWS::S3::BucketPolicy').find(
    ({ Properties }) => stack.resources[Properties.Bucket.Ref] === bucket,
  );
  return statementsOf(stack, policy?.Properties.PolicyDocument);
}

function variablesOf(environment: { Name: string; Value: unknown }[]): [string, unknown][] {
  return environment.map(({ Name, Value }) => [Name, Value]);
}
