import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { isHoldfastError } from '../../engine/errors.ts';

const good = () => ({
  project: 'clinic',
  databases: { clinic: { url: 'postgresql://backup@db/clinic' } } as Record<string, object>,
  repositories: { local: { folder: './backups' } } as Record<string, object>,
  plans: { nightly: { keep: '30d' } } as Record<string, object>,
});

/** The lines of the refusal, or nothing where the config was taken. */
function mistakesIn(config: unknown): string[] {
  try {
    parseConfig(config, { origin: 'holdfast.yaml' });
    return [];
  } catch (error) {
    if (!isHoldfastError(error, 'CONFIG_INVALID')) throw error;
    expect(error.hint).toContain('holdfast.example.yaml');
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

describe('mistakes in a config', () => {
  it('are none in a config that is right', () => {
    expect(mistakesIn(good())).toEqual([]);
  });

  it('are named all at once, each with its path', () => {
    const config = {
      ...good(),
      extra: 1,
      databases: {
        clinic: {
          url: 'postgresql://db/clinic',
          colour: 'red',
          port: 99_999,
          drill: { recent: [{ table: 't', within: '26h' }] },
        },
      },
      plans: {
        nightly: { keep: '30 days', databases: ['clinc'], kind: 'physical', lockwait: '1h' },
        audit: {},
      },
    };
    const mistakes = mistakesIn(config);
    for (const path of [
      'extra',
      'databases.clinic.colour',
      'databases.clinic.port',
      'databases.clinic.drill.recent[0].column',
      'plans.nightly.keep',
      'plans.nightly.kind',
      'plans.nightly.lockwait',
      'plans.audit',
    ])
      expect(mistakes.map((line) => line.split(':')[0])).toContain(path);
    expect(mistakes).toContain('extra: there is no such setting');
    expect(mistakes).toContain('databases.clinic.drill.recent[0].column: is missing');
    expect(mistakes).toContain(
      'plans.nightly.lockwait: there is no such setting; did you mean lockWait?',
    );
  });

  it('are values that a setting does not have, and the one that was meant is named', () => {
    const webhook = (settings: object) =>
      mistakesIn({
        ...good(),
        alerts: { webhook: { url: 'https://chat.example.org', ...settings } },
      });
    expect(webhook({ format: 'slack' })).toEqual([]);
    expect(webhook({ format: 'slcak' })).toEqual([
      expect.stringMatching(/^alerts\.webhook\.format: .*; did you mean slack\?$/),
    ]);
    expect(webhook({ format: 'PagerDuty' })[0]).toMatch(/did you mean pagerduty\?$/);
    expect(webhook({ format: 'matrix' })[0]).not.toContain('did you mean');
    expect(webhook({ format: 'pagerduty' })).toEqual([
      'alerts.webhook: needs routingKeyEnv with format pagerduty, and with no other',
    ]);
    expect(mistakesIn({ ...good(), alerts: { webhook: { format: 'ntfy' } } })).toEqual([
      'alerts.webhook: needs url or urlEnv',
    ]);
  });

  it('are references to what is not there', () => {
    const config = {
      ...good(),
      plans: { nightly: { databases: ['clinic', 'clinc'], repositories: ['lokal'] } },
    };
    expect(mistakesIn(config)).toEqual([
      'plans.nightly.databases[1]: there is no database "clinc"',
      'plans.nightly.repositories[0]: there is no repository "lokal"',
    ]);
  });

  it('are settings of a set in a plan of snapshots, which needs a schedule and servers of RDS', () => {
    const databases = { ...good().databases, lab: { secret: 'lab', rds: { instance: 'lab' } } };
    const mistakes = (plan: object) =>
      mistakesIn({ ...good(), databases, plans: { servers: { kind: 'snapshot', ...plan } } });
    const schedule = '0 2 * * *';
    expect(mistakes({ schedule, databases: ['lab'] })).toEqual([]);
    expect(mistakes({ databases: ['lab'] })).toEqual([
      expect.stringContaining('plans.servers.schedule: '),
    ]);
    expect(
      mistakes({ schedule, databases: ['lab'], repositories: ['local'], tables: ['a'] }),
    ).toEqual([
      'plans.servers.repositories: there is no such setting',
      'plans.servers.tables: there is no such setting',
    ]);
    expect(mistakes({ schedule, databases: ['lab', 'clinic', 'nowhere'] })).toEqual([
      'plans.servers.databases: database "clinic" names no rds.instance or rds.cluster, and only RDS takes snapshots',
      'plans.servers.databases[2]: there is no database "nowhere"',
    ]);
    expect(mistakes({ schedule })).toEqual([
      expect.stringContaining('database "clinic" names no rds.instance'),
    ]);
  });

  it('are two repositories without a choice, and tables together with excludeTables', () => {
    const two = { ...good(), repositories: { one: { folder: 'a' }, two: { folder: 'b' } } };
    expect(mistakesIn(two)).toEqual([
      'plans.nightly.repositories: name the repositories, there is not just one',
    ]);
    const both = { ...good(), plans: { nightly: { tables: ['a'], excludeTables: ['b'] } } };
    expect(mistakesIn(both)).toEqual(['plans.nightly: takes tables or excludeTables, not both']);
  });

  it('are a database without a place', () => {
    expect(mistakesIn({ ...good(), databases: { clinic: {} } })).toEqual([
      'databases.clinic: needs one of url, service, host, envFile, fromEnvironment or secret',
    ]);
  });

  it.each([
    'postgresql://backup:s3cret-canary@db/clinic',
    'postgresql://backup:s3cret%2Fcanary@db/clinic',
    'postgresql://backup:s3cret/canary@db/clinic',
    'postgresql://backup@db/clinic?password=s3cret-canary',
    'postgresql://backup@db/clinic?sslmode=require&password=s3cret-canary',
    'host=db user=backup password=s3cret-canary dbname=clinic',
    "host=db password = 's3cret canary'",
  ])('are a password, which is not repeated: %s', (url) => {
    const mistakes = mistakesIn({ ...good(), databases: { clinic: { url } } });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(
      /^databases\.clinic\.url: a password does not belong into the config; use passwordEnv/,
    );
    expect(mistakes[0]).not.toMatch(/s3cret|canary/);
  });

  it.each([
    null,
    undefined,
    [],
    'text',
    7,
  ])('are a file that holds no settings at all: %j', (config) => {
    expect(mistakesIn(config)[0]).toMatch(/^\(top level\): expected object/);
  });
});
