import { describe, expect, it } from 'vitest';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import type { Config } from '../../engine/config/schema.ts';
import { LARGEST_FLEET } from '../../engine/domain/fleet.ts';
import { type StackFindings, stackFindings } from '../../engine/domain/stack-mistakes.ts';

const NOW = new Date('2026-11-22T12:00:00Z');

// biome-ignore lint/suspicious/noExplicitAny: a YAML document that a test changes anywhere
type Input = Record<string, any>;

const good = (): Input => ({
  project: 'clinic',
  databases: { clinic: { secret: 'clinic/backup' } },
  repositories: { cloud: { bucket: 'clinic-backups' }, local: { folder: './backups' } },
  plans: {
    daily: {
      schedule: '0 2 * * *',
      keep: '30d',
      repositories: [{ name: 'cloud', keep: '90d' }, 'local'],
    },
  },
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

it.each([
  [LARGEST_FLEET, []],
  [LARGEST_FLEET + 1, [expect.stringContaining(`plans.daily: has ${LARGEST_FLEET + 1} databases`)]],
])('a plan of %i databases is noted where a run of it might not fit', (count, notes) => {
  const databases = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`ward-${index}`, { secret: `ward/${index}` }]),
  );
  expect(findings((input) => Object.assign(input, { databases })).notes).toEqual(notes);
});

describe('what can not work in the stack', () => {
  it('is nothing in a config that can', () => {
    expect(findings()).toEqual({ mistakes: [], notes: [] });
    expect(findings((input) => Object.assign(input, { ca: '/etc/ssl/ca.pem' }))).toEqual({
      mistakes: [],
      notes: ['ca: the stack does not use it: its functions and tasks speak to AWS services'],
    });
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
    expect(mistakes(lockFor(91))).toEqual([
      'plans.daily.keep: the vault keeps 90 days, and aws.lock.days locks each object for 91 days',
    ]);
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

  it('is a proof that is good for less than the time between two drills, where there are any', () => {
    const drill = (settings: object) => (input: Input) => {
      input.databases.clinic.drill = settings;
    };
    expect(mistakes(drill({ maxAge: '31d' }))).toEqual([
      'databases.clinic.drill.maxAge: is 31 days, and the stack drills once a month, up to 31 days apart: it would always warn',
    ]);
    expect(mistakes(drill({ maxAge: '32d' }))).toEqual([]);
    expect(mistakes(drill({ maxAge: '7d', enabled: false }))).toEqual([]);
  });

  it('is a local time over which the clock of its zone jumps', () => {
    const at = (schedule: string, timezone: string) => (input: Input) =>
      Object.assign(input.plans.daily, { schedule, timezone });
    expect(mistakes(at('30 2 * * *', 'Europe/Vienna'))).toEqual([
      'plans.daily.schedule: the clock of Europe/Vienna jumps over it on 2027-03-28, and AWS leaves that run out',
    ]);
    expect(mistakes(at('30 3 * * *', 'Europe/Vienna'))).toEqual([]);
    expect(mistakes(at('30 2 * * *', 'UTC'))).toEqual([]);
  });

  it('is a schedule or a zone that EventBridge Scheduler can not be told, beside all that is wrong elsewhere', () => {
    const found = mistakes((input) => {
      input.plans.daily.schedule = '0 2 L * *';
      input.plans.later = { schedule: '0 2 * * mon#1', keep: '90d', repositories: ['cloud'] };
      input.plans.zoned = {
        schedule: '0 2 * * *',
        timezone: '+02:00',
        keep: '90d',
        repositories: ['cloud'],
      };
      input.plans.spelled = {
        schedule: '0 2 * * *',
        timezone: 'europe/vienna',
        keep: '90d',
        repositories: ['cloud'],
      };
      input.aws.formerPlans = ['daily'];
    });
    expect(found).toEqual([
      expect.stringMatching(
        /^plans\.daily\.schedule: "L" in the schedule "0 2 L \* \*" .*EventBridge Scheduler/,
      ),
      expect.stringMatching(/^plans\.later\.schedule: "mon#1"/),
      'plans.zoned.timezone: +02:00 is a distance and no zone; AWS takes names, such as Europe/Vienna',
      'plans.spelled.timezone: write Europe/Vienna; AWS takes no other spelling',
      'aws.formerPlans: "daily" is a plan of this config',
    ]);
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
    expect(mistakes(cold(keep))[0]).toMatch(
      new RegExp(`^aws\\.cold\\.daily: .* so keep ${least}$`),
    );
    expect(mistakes(cold(least.replace(' days', 'd')))).toEqual([]);
  });

  it('is a cold class before a set was verified, or of a plan that is not in the vault', () => {
    const found = mistakes((input) => {
      input.aws.cold = { daily: { after: '1d', class: 'GLACIER_IR' }, dayly: { class: 'GLACIER' } };
      input.plans.daily.repositories[0].keep = '1y';
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'aws.cold.daily.after',
      'aws.cold.dayly',
    ]);
  });

  it.each([
    [{ url: 'postgresql://backup@db.example/clinic' }, 'databases.clinic: has no login'],
    [{ host: 'db.example', passwordEnv: 'PW' }, 'databases.clinic.passwordEnv: is of this machine'],
    [{ service: 'clinic' }, 'databases.clinic.service: is of this machine'],
    [{ fromEnvironment: true }, 'databases.clinic.fromEnvironment: is of this machine'],
    [{ host: 'localhost', secret: 's' }, 'databases.clinic: "localhost" is this machine'],
    [
      { host: '/var/run/postgresql', secret: 's' },
      'databases.clinic: "/var/run/postgresql" is this machine',
    ],
    [
      { url: 'postgresql://backup@127.0.0.1:5432/clinic', secret: 's' },
      'databases.clinic: "127.0.0.1" is this machine',
    ],
    [
      { url: 'postgresql:///clinic?host=%2Ftmp', secret: 's' },
      'databases.clinic: "/tmp" is this machine',
    ],
    [
      { url: 'host=localhost dbname=clinic', secret: 's' },
      'databases.clinic: "localhost" is this machine',
    ],
  ])('is a database that a task could not reach: %j', (database, message) => {
    const found = mistakes((input) => {
      input.databases.clinic = database;
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it.each([
    { host: 'db.example', user: 'backup', iam: true },
    { url: 'postgresql://backup@db.example/clinic', iam: true },
    { url: 'postgresql://db.example/clinic?user=backup', iam: true },
    { url: 'host=db.example user=backup dbname=clinic', iam: true },
    { url: 'postgresql://db.example/clinic', user: 'backup', iam: true },
    { url: 'postgresql://backup@db.example/clinic', secret: 's' },
    { url: 'host=db.example dbname=clinic', secret: 's' },
  ])('is no database with a login that works there: %j', (database) => {
    const found = mistakes((input) => {
      input.databases.clinic = database;
    });
    expect(found).toEqual([]);
  });

  it.each([
    [
      { host: 'db.example', iam: true },
      'databases.clinic.user: is needed with iam, here or in the URL',
    ],
    [
      { url: 'postgresql://db.example/clinic', iam: true },
      'databases.clinic.user: is needed with iam, here or in the URL',
    ],
    [
      { url: 'dbname=clinic user=backup', iam: true },
      'databases.clinic.host: is needed with iam, here or in the URL',
    ],
    [
      { host: 'a.example,b.example', user: 'backup', iam: true },
      'databases.clinic: iam takes one host, because a token is made for it',
    ],
    [
      { url: 'postgresql://backup@db.example,localhost/clinic', secret: 's' },
      'databases.clinic: "localhost" is this machine, and a task in AWS is another one',
    ],
    [
      { host: 'db.example', user: '*', iam: true },
      'databases.clinic.user: "*" stands for several users in a policy of IAM; choose another name',
    ],
    [
      { url: 'postgresql://a@b@c/clinic', secret: 's' },
      expect.stringMatching(/^databases\.clinic\.url: the connection string can not be read: /),
    ],
  ])('is a login with IAM that names no one user of one server, or a URL that no parser takes: %j', (database, line) => {
    const found = mistakes((input) => {
      input.databases.clinic = database;
    });
    expect(found).toEqual([line]);
  });

  it('is a standby without a login, where a plan dumps from it', () => {
    const found = mistakes((input) => {
      input.databases.clinic.replica = { host: 'standby.example' };
      input.plans.daily.source = 'replica';
    });
    expect(found).toEqual([
      'databases.clinic.replica: has no login that works in AWS; set secret, or iam with host and user',
    ]);
  });

  it('is a vault that is not there, is a folder, or has a place of its own', () => {
    const vault = (repository: unknown) => (input: Input) => {
      input.repositories.cloud = repository;
    };
    expect(mistakes(vault({ folder: 'x' }))).toContain(
      'aws.repository: "cloud" is a folder; the vault is a bucket',
    );
    expect(mistakes(vault({ bucket: 'b'.repeat(50) }))[0]).toContain(
      'repositories.cloud.bucket: has 50 letters',
    );
    expect(mistakes(vault({ bucket: 'a.b' }))[0]).toContain('repositories.cloud.bucket: has a dot');
    expect(mistakes(vault({ bucket: 'clinic', region: 'us-east-1' }))[0]).toContain(
      'repositories.cloud.region: is us-east-1',
    );
    expect(mistakes(vault({ bucket: 'clinic', endpoint: 'https://s3.example' }))[0]).toContain(
      'repositories.cloud.endpoint:',
    );
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
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'aws.network.availabilityZones',
      'aws.network.routeTableIds',
    ]);
  });

  it('is half a replica of another account', () => {
    const found = mistakes((input) => {
      input.aws.replica.bucketArn = 'arn:aws:s3:::far-away';
    });
    expect(found).toEqual(['aws.replica: takes bucketArn and keyArn together']);
  });

  it.each([
    [
      'sslrootcert=/etc/ca.pem',
      'databases.clinic.url: its sslrootcert is a file of this machine; set databases.clinic.sslrootcert',
    ],
    [
      'sslcert=/etc/me.crt&sslkey=/etc/me.key',
      'databases.clinic.url: its sslcert is of this machine',
    ],
    ['passfile=/root/.pgpass', 'databases.clinic.url: its passfile is of this machine'],
  ])('is a URL that names a file: %s', (parameters, message) => {
    const url = (text: string) => (input: Input) => {
      input.databases.clinic = { url: `postgresql://backup@db.example/clinic?${text}`, iam: true };
    };
    expect(mistakes(url(parameters))[0]).toContain(message);
    expect(mistakes(url('sslmode=verify-full&sslrootcert=system'))).toEqual([]);
  });

  it('is the URL of a standby that names one, where a plan dumps from it', () => {
    const found = mistakes((input) => {
      input.databases.clinic.replica = {
        url: 'postgresql://backup@standby.example/clinic?sslrootcert=/etc/ca.pem',
        iam: true,
      };
      input.plans.daily.source = 'replica';
    });
    expect(found).toEqual([
      expect.stringMatching(/^databases\.clinic\.replica\.url: its sslrootcert/),
    ]);
  });

  it('is a name too long, or of letters that AWS takes nowhere', () => {
    const found = mistakes((input) => {
      input.databases.größte = { secret: 's' };
      input.databases['x'.repeat(101)] = { secret: 's' };
      input.repositories.cloud.prefix = 'p'.repeat(101);
      input.aws.formerPlans = ['я'.repeat(41)];
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'databases.größte',
      `databases.${'x'.repeat(101)}`,
      'repositories.cloud.prefix',
      'aws.formerPlans',
    ]);
  });

  it('is more plans than fit into a policy of IAM, all at once with the rest', () => {
    const found = mistakes((input) => {
      for (let plan = 0; plan < 60; plan += 1)
        input.plans[`${plan}-`.padEnd(60, 'x')] = { keep: '90d', repositories: ['cloud'] };
    });
    expect(found).toEqual([
      expect.stringMatching(/^plans: 61 plans and former plans make a policy of IAM too long/),
    ]);
  });

  it('is no former plan that only the vault has lost', () => {
    const found = mistakes((input) => {
      input.plans.moved = { repositories: ['local'] };
      input.aws.formerPlans = ['moved'];
    });
    expect(found).toEqual([]);
  });

  it('is a former plan that is there, and a name that can not name a run', () => {
    const found = mistakes((input) => {
      input.aws.formerPlans = ['daily'];
      input.plans['every night'] = { keep: '90d', repositories: ['cloud'] };
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'plans.every night',
      'aws.formerPlans',
    ]);
  });
});

describe('what is worth a note', () => {
  it('is a plan that is not the business of the stack, and one without a schedule', () => {
    const { mistakes: found, notes } = findings((input) => {
      input.plans.critical = { repositories: ['local'] };
      input.plans.byHand = { keep: '90d', repositories: ['cloud'] };
      input.databases.clinic.sslrootcert = './ca.pem';
    });
    expect(found).toEqual([]);
    expect(notes.map((line) => line.split(':')[0])).toEqual(['plans.critical', 'plans.byHand']);
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

describe('snapshot plans', () => {
  const withSnapshots =
    (plan: object, rds: object = { instance: 'main' }) =>
    (input: Input) => {
      Object.assign(input.databases.clinic, { rds });
      input.plans.servers = { kind: 'snapshot', schedule: '30 1 * * *', ...plan };
    };

  it('are taken as they are, and need no repository', () => {
    expect(findings(withSnapshots({}))).toEqual({ mistakes: [], notes: [] });
  });

  it('have the same times as others, a name that can be one in RDS, and are no former plan', () => {
    expect(mistakes(withSnapshots({ maxAge: '24h' }))).toEqual([
      expect.stringContaining('plans.servers.maxAge: is 24 h'),
    ]);
    expect(mistakes(withSnapshots({ timezone: 'Europe/Vienna', schedule: '30 2 * * *' }))).toEqual([
      expect.stringContaining('plans.servers.schedule: '),
    ]);
    const named = (input: Input) => {
      withSnapshots({})(input);
      input.plans['every night'] = input.plans.servers;
      delete input.plans.servers;
    };
    expect(mistakes(named)).toEqual([
      'plans.every night: can not name a snapshot: letters, digits, _ and -, 60 at most',
    ]);
    const former = (input: Input) => {
      withSnapshots({})(input);
      input.aws.formerPlans = ['servers'];
    };
    expect(mistakes(former)).toEqual(['aws.formerPlans: "servers" is a plan of this config']);
  });

  it('are of servers in the region of the stack', () => {
    const elsewhere = (input: Input) => {
      withSnapshots({})(input);
      input.databases.clinic.secret =
        'arn:aws:secretsmanager:us-east-1:123456789012:secret:clinic-AbCdEf';
    };
    expect(mistakes(elsewhere)).toEqual([
      'databases.clinic: is in us-east-1, and the stack takes snapshots in eu-central-1',
    ]);
  });

  it.each([
    [
      'eu-west-1',
      'clinic/backup',
      ['databases.clinic: is in eu-west-1, and the stack takes snapshots in eu-central-1'],
    ],
    ['eu-central-1', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:clinic-AbCdEf', []],
  ])('are of servers whose host is in that region: one in %s with secret %s', (region, secret, found) => {
    const host = `clinic.c9akciq32rgc.${region}.rds.amazonaws.com`;
    const there = (input: Input) => {
      withSnapshots({})(input);
      Object.assign(input.databases.clinic, { host, secret });
    };
    expect(mistakes(there)).toEqual(found);
  });

  it('are of no more servers than policies of one role name', () => {
    const fleet = (instances: number) => (input: Input) => {
      withSnapshots({}, { cluster: 'main' })(input);
      for (let server = 0; server < instances; server += 1)
        input.databases[`ward-${server}`] = {
          secret: `ward/${server}`,
          rds: { instance: `ward-${server}` },
        };
      Object.assign(input.plans.daily, { databases: ['clinic'] });
    };
    expect(mistakes(fleet(7 * 48))).toEqual([]);
    expect(mistakes(fleet(7 * 48 + 1))).toEqual([
      'plans: the 338 servers of snapshot plans fill 9 policies, and a role has room for 8; make it two projects',
    ]);
  });

  it('are said to be more than RDS allows where they are', () => {
    expect(findings(withSnapshots({ schedule: '0 * * * *', keep: '4d' })).notes).toEqual([]);
    expect(findings(withSnapshots({ schedule: '0 * * * *', keep: '5d' })).notes).toEqual([
      expect.stringContaining('more than 100 snapshots'),
    ]);
  });

  it('are not enough by themselves', () => {
    const alone = (input: Input) => {
      withSnapshots({})(input);
      delete input.plans.daily;
    };
    expect(mistakes(alone)).toEqual([expect.stringContaining('plans: none writes to the vault')]);
  });
});
