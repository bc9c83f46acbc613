import { describe, expect, it } from 'vitest';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import type { Config } from '../../engine/config/schema.ts';
import { type StackFindings, stackFindings } from '../../engine/domain/stack-mistakes.ts';

const NOW = new Date('2026-11-22T12:00:00Z');

// biome-ignore lint/suspicious/noExplicitAny: a YAML document that a test changes anywhere
type Input = Record<string, any>;

const good = (): Input => ({
  project: 'clinic',
  databases: { clinic: { secret: 'clinic/backup' } },
  repositories: { cloud: { bucket: 'clinic-backups' }, local: { folder: './backups' } },
  plans: { daily: { schedule: '0 2 * * *', keep: '30d', repositories: [{ name: 'cloud', keep: '90d' }, 'local'] } },
  aws: {
    region: 'eu-central-1',
    repository: 'cloud',
    replica: { region: 'eu-west-1' },
    network: { vpcId: 'vpc-1', subnetIds: ['subnet-1'], availabilityZones: ['eu-central-1a'] },
  },
});

function findings(change: (input: Input) => void = () => undefined): StackFindings {
  const input = good();
  change(input);
  const config = parseConfig(input, { origin: 'a test' }) as Config & { aws: AwsConfig };
  return stackFindings(config, { now: NOW });
}

const mistakes = (change: (input: Input) => void) => findings(change).mistakes;

describe('what can not work in the stack', () => {
  it('is nothing in a config that can', () => {
    expect(findings()).toEqual({ mistakes: [], notes: [] });
  });

  it('is told all at once', () => {
    const found = mistakes((input) => {
      input.project = '9 lives';
      input.aws.lock = { days: 120 };
      input.aws.replica.region = 'eu-central-1';
      input.databases.clinic = { envFile: '.env' };
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'project',
      'aws.replica.region',
      'plans.daily.keep',
      'databases.clinic.envFile',
    ]);
  });

  it('is a lock that is longer than the keep of a plan in the vault, not in another place', () => {
    const lockFor = (days: number) => (input: Input) => {
      input.aws.lock = { days };
    };
    expect(mistakes(lockFor(90))).toEqual([]);
    expect(mistakes(lockFor(91))).toEqual(['plans.daily.keep: the vault keeps 90 days, and aws.lock.days locks each object for 91 days']);
  });

  it('is a maxAge that the schedule can not keep', () => {
    const maxAge = (text: string) => (input: Input) => {
      input.plans.daily.maxAge = text;
    };
    expect(mistakes(maxAge('25h'))).toEqual([]);
    expect(mistakes(maxAge('24h'))).toEqual([
      'plans.daily.maxAge: is 24 h, and the schedule leaves up to 24 h between two runs: it would always ring',
    ]);
  });

  it('is a local time over which the clock of its zone jumps', () => {
    const at = (schedule: string, timezone: string) => (input: Input) => Object.assign(input.plans.daily, { schedule, timezone });
    expect(mistakes(at('30 2 * * *', 'Europe/Vienna'))).toEqual([
      'plans.daily.schedule: the clock of Europe/Vienna jumps over it on 2027-03-28, and AWS leaves that run out',
    ]);
    expect(mistakes(at('30 3 * * *', 'Europe/Vienna'))).toEqual([]);
    expect(mistakes(at('30 2 * * *', 'UTC'))).toEqual([]);
  });

  it.each([
    ['GLACIER', '119d', '120 days'],
    ['GLACIER_IR', '119d', '120 days'],
    ['DEEP_ARCHIVE', '209d', '210 days'],
  ])('is a keep below what AWS charges for %s at least', (storageClass, keep, least) => {
    const cold = (text: string) => (input: Input) => {
      input.plans.daily.repositories[0].keep = text;
      input.aws.cold = { daily: { class: storageClass } };
    };
    expect(mistakes(cold(keep))).toHaveLength(1);
    expect(mistakes(cold(keep))[0]).toMatch(new RegExp(`^aws\\.cold\\.daily: .* so keep ${least}$`));
    expect(mistakes(cold(least.replace(' days', 'd')))).toEqual([]);
  });

  it('is a cold class before a set was verified, or of a plan that is not in the vault', () => {
    const found = mistakes((input) => {
      input.aws.cold = { daily: { after: '1d', class: 'GLACIER_IR' }, dayly: { class: 'GLACIER' } };
      input.plans.daily.repositories[0].keep = '1y';
    });
    expect(found.map((line) => line.split(':')[0])).toEqual(['aws.cold.daily.after', 'aws.cold.dayly']);
  });

  it.each([
    [{ url: 'postgresql://backup@db.example/clinic' }, 'databases.clinic: has no login'],
    [{ host: 'db.example', passwordEnv: 'PW' }, 'databases.clinic.passwordEnv: is of this machine'],
    [{ service: 'clinic' }, 'databases.clinic.service: is of this machine'],
    [{ fromEnvironment: true }, 'databases.clinic.fromEnvironment: is of this machine'],
    [{ host: 'localhost', secret: 's' }, 'databases.clinic: "localhost" is this machine'],
    [{ host: '/var/run/postgresql', secret: 's' }, 'databases.clinic: "/var/run/postgresql" is this machine'],
    [{ url: 'postgresql://backup@127.0.0.1:5432/clinic', secret: 's' }, 'databases.clinic: "127.0.0.1" is this machine'],
    [{ url: 'postgresql:///clinic?host=%2Ftmp', secret: 's' }, 'databases.clinic: "/tmp" is this machine'],
    [{ url: 'host=localhost dbname=clinic', secret: 's' }, 'databases.clinic: "localhost" is this machine'],
  ])('is a database that a task could not reach: %j', (database, message) => {
    const found = mistakes((input) => {
      input.databases.clinic = database;
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it.each([
    { host: 'db.example', user: 'backup', iam: true },
    { url: 'postgresql://backup@db.example/clinic', secret: 's' },
    { url: 'host=db.example dbname=clinic', secret: 's' },
  ])('is no database with a login that works there: %j', (database) => {
    const found = mistakes((input) => {
      input.databases.clinic = database;
    });
    expect(found).toEqual([]);
  });

  it('is a standby without a login, where a plan dumps from it', () => {
    const found = mistakes((input) => {
      input.databases.clinic.replica = { host: 'standby.example' };
      input.plans.daily.source = 'replica';
    });
    expect(found).toEqual(['databases.clinic.replica: has no login that works in AWS; set secret, or iam with host and user']);
  });

  it('is a vault that is not there, is a folder, or has a place of its own', () => {
    const vault = (repository: unknown) => (input: Input) => {
      input.repositories.cloud = repository;
    };
    expect(mistakes(vault({ folder: 'x' }))).toContain('aws.repository: "cloud" is a folder; the vault is a bucket');
    expect(mistakes(vault({ bucket: 'b'.repeat(50) }))[0]).toContain('repositories.cloud.bucket: has 50 letters');
    expect(mistakes(vault({ bucket: 'a.b' }))[0]).toContain('repositories.cloud.bucket: has a dot');
    expect(mistakes(vault({ bucket: 'clinic', region: 'us-east-1' }))[0]).toContain('repositories.cloud.region: is us-east-1');
    expect(mistakes(vault({ bucket: 'clinic', endpoint: 'https://s3.example' }))[0]).toContain('repositories.cloud.endpoint:');
    const missing = mistakes((input) => {
      input.aws.repository = 'clod';
    });
    expect(missing).toEqual([
      'aws.repository: there is no repository "clod"',
      'plans: none writes to the vault, so there is nothing to do',
    ]);
  });

  it('is a network whose lists do not match, or that lacks what endpoints need', () => {
    const found = mistakes((input) => {
      Object.assign(input.aws.network, { availabilityZones: ['a', 'b'], endpoints: true });
    });
    expect(found.map((line) => line.split(':')[0])).toEqual(['aws.network.availabilityZones', 'aws.network.routeTableIds']);
  });

  it('is half a replica of another account', () => {
    const found = mistakes((input) => {
      input.aws.replica.bucketArn = 'arn:aws:s3:::far-away';
    });
    expect(found).toEqual(['aws.replica: takes bucketArn and keyArn together']);
  });

  it('is a former plan that is there, and a name that can not name a run', () => {
    const found = mistakes((input) => {
      input.aws.formerPlans = ['daily'];
      input.plans['every night'] = { keep: '90d', repositories: ['cloud'] };
    });
    expect(found.map((line) => line.split(':')[0])).toEqual(['plans.every night', 'aws.formerPlans']);
  });
});

describe('what is worth a note', () => {
  it('is a plan that is not the business of the stack, one without a schedule, and a file of this machine', () => {
    const { mistakes: found, notes } = findings((input) => {
      input.plans.critical = { repositories: ['local'] };
      input.plans.byHand = { keep: '90d', repositories: ['cloud'] };
      input.databases.clinic.sslrootcert = './ca.pem';
    });
    expect(found).toEqual([]);
    expect(notes.map((line) => line.split(':')[0])).toEqual(['plans.critical', 'plans.byHand', 'databases.clinic.sslrootcert']);
  });

  it('is no database that only other plans dump', () => {
    const { mistakes: found } = findings((input) => {
      input.databases.registry = { envFile: '.env' };
      input.plans.daily.databases = ['clinic'];
      input.plans.local = { databases: ['registry'], repositories: ['local'] };
    });
    expect(found).toEqual([]);
  });
});
