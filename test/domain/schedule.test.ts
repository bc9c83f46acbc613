import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseCronFields } from '../../engine/config/cron-fields.ts';
import { configFromEnvironment } from '../../engine/config/from-environment.ts';
import { missingVariables } from '../../engine/config/needed-variables.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { hasSameClock } from '../../engine/config/time-zone.ts';
import { quoteForExecStart } from '../../engine/domain/command-quoting.ts';
import { replaceBlock } from '../../engine/domain/crontab-block.ts';
import { crontabTimes } from '../../engine/domain/crontab-times.ts';
import { maxAgeOf } from '../../engine/domain/freshness.ts';
import { scheduleEntries } from '../../engine/domain/schedule-entry.ts';
import { schtasksTrigger } from '../../engine/domain/schtasks-trigger.ts';
import { planSchedule } from '../../engine/operations/schedule.ts';
import { scheduleConfig, scheduleRequestOf } from '../fixtures/schedule-config.ts';
import { hasSystemdAnalyze, systemdComplaints } from '../fixtures/systemd-analyze.ts';

const TWO_DATABASES = {
  clinic: { url: 'postgresql:///clinic' },
  lab: { url: 'postgresql:///lab', drill: { enabled: false } },
};

describe('the entries of a schedule', () => {
  it('are a backup with its verify for each database of each plan, then prune, the rotation, check, a drill where one can run, and the report', () => {
    const config = scheduleConfig({
      databases: TWO_DATABASES,
      plans: { nightly: { schedule: '0 2 * * *', timezone: 'Europe/Vienna' }, other: {} },
    });
    expect(
      scheduleEntries(config).map(({ schedule, timezone, commands }) => ({
        schedule,
        timezone,
        commands,
      })),
    ).toEqual([
      {
        schedule: '0 2 * * *',
        timezone: 'Europe/Vienna',
        commands: [
          ['backup', 'clinic', '--plan', 'nightly'],
          ['verify', 'clinic/nightly/latest'],
        ],
      },
      {
        schedule: '0 2 * * *',
        timezone: 'Europe/Vienna',
        commands: [
          ['backup', 'lab', '--plan', 'nightly'],
          ['verify', 'lab/nightly/latest'],
        ],
      },
      { schedule: '47 5 * * *', timezone: null, commands: [['prune', '--apply']] },
      { schedule: '11 7 * * *', timezone: null, commands: [['verify', '--rotate']] },
      { schedule: '17 */6 * * *', timezone: null, commands: [['check']] },
      { schedule: '31 * * * *', timezone: null, commands: [['audit', 'seal']] },
      { schedule: '7 4 1 * *', timezone: null, commands: [['drill', '--next', 'clinic']] },
      { schedule: '37 6 2 * *', timezone: null, commands: [['report']] },
    ]);
  });

  it('drill each set behind its verification where the database says so, and not monthly as well', () => {
    const config = scheduleConfig({
      databases: {
        clinic: { url: 'postgresql:///clinic', drill: { after: 'backup' } },
        '-lab': { url: 'postgresql:///lab', drill: { after: 'backup' } },
        ward: { url: 'postgresql:///ward', drill: { after: 'backup', off: 'no room' } },
      },
      plans: {
        nightly: { schedule: '0 2 * * *' },
        rows: { schedule: '0 3 * * *', contents: 'data', databases: ['clinic'] },
      },
    });
    const entries = scheduleEntries(config);
    const drills = entries.map(({ plan, database, commands }) => [
      `${plan}/${database}`,
      commands.filter(([command]) => command === 'drill'),
    ]);
    expect(Object.fromEntries(drills)).toMatchObject({
      'nightly/clinic': [['drill', '--backup', 'clinic/nightly/latest']],
      'nightly/-lab': [['drill', '--backup', '-lab/nightly/latest']],
      'nightly/ward': [],
      'rows/clinic': [],
    });
    expect(entries.filter(({ operation }) => operation === 'drill')).toEqual([]);
  });

  it.each([
    'Etc/UTC',
    'America/New_York',
    'Asia/Kathmandu',
  ])('are nightly ones by the clock of a machine in %s where the environment alone is the config', (zone) => {
    const config = parseConfig(configFromEnvironment({}, { databaseName: 'clinic' }), {
      origin: 'the test',
    });
    const { surroundings, machine, ...request } = scheduleRequestOf(config);
    const planned = planSchedule({
      ...request,
      surroundings: { ...surroundings, directory: '/srv' },
      machine: { ...machine, zone },
    });
    expect(planned.obstacles).toEqual([]);
    expect(planned.rendered.entries[0]).toMatchObject({
      operation: 'backup',
      schedule: '0 2 * * *',
      timezone: null,
    });
    const nightHere = { schedule: '0 2 * * *', timezone: zone };
    const [plan] = Object.values(config.plans);
    expect(maxAgeOf(plan ?? nightHere, request.now)).toBeGreaterThanOrEqual(
      maxAgeOf(nightHere, request.now) ?? Number.NaN,
    );
  });

  it('are refused where no plan has a schedule', () => {
    expect(() => scheduleEntries(scheduleConfig({ plans: { nightly: {} } }))).toThrow(
      'no plan has a schedule (nightly)',
    );
  });

  it('are refused where a schedule goes beyond crontab(5)', () => {
    const config = scheduleConfig({ plans: { nightly: { schedule: '0 2 L * *' } } });
    expect(() => planSchedule(scheduleRequestOf(config))).toThrow(
      '"L" in the schedule "0 2 L * *" goes beyond crontab(5)',
    );
  });
});

describe('a crontab', () => {
  const block = {
    project: 'clinic',
    text: '# holdfast clinic begin\nnew\n# holdfast clinic end\n',
  };

  it('gets the block at its end, and keeps every line', () => {
    expect(replaceBlock('MAILTO=me\n5 * * * * mine\n', block)).toBe(
      `MAILTO=me\n5 * * * * mine\n${block.text}`,
    );
    expect(replaceBlock('', block)).toBe(block.text);
  });

  it('has the block replaced as a whole, and the lines around it and other projects stay', () => {
    const other = '# holdfast lab begin\ntheirs\n# holdfast lab end';
    const before = `a\n# holdfast clinic begin\nold 1\nold 2\n# holdfast clinic end\n\n${other}\nz\n`;
    expect(replaceBlock(before, block)).toBe(`a\n${block.text}\n${other}\nz\n`);
    expect(replaceBlock(replaceBlock(before, block), block)).toBe(replaceBlock(before, block));
  });

  it.each([
    ['has lost its end', '# holdfast clinic begin\nold\n'],
    ['has lost its begin', 'old\n# holdfast clinic end\n'],
    ['stands upside down', '# holdfast clinic end\n# holdfast clinic begin\n'],
    ['is there twice', `${block.text}${block.text}`],
  ])('is left alone when the block %s', (_what, crontab) => {
    expect(() => replaceBlock(crontab, block)).toThrow('the crontab does not have one');
  });

  it.each([
    ['0 2 * * *', '0 2 * * *'],
    ['0 2 */2 * *', '0 2 */2 * *'],
    ['0 2 */10 * 1', '0 2 1,11,21,31 * 1'],
    ['0 2 1 * */3', '0 2 1 * 0,3,6'],
    ['0 2 * jan-mar sat,sun', '0 2 * 1,2,3 0,6'],
  ])('reads "%s" as "%s", so that every cron means the same', (expression, times) => {
    expect(crontabTimes(expression, parseCronFields(expression))).toBe(times);
  });

  it('has percent signs and quotes in it that neither cron nor the shell takes for its own', () => {
    const config = scheduleConfig({ databases: { "it's 100%": { url: 'postgresql:///x' } } });
    const [entry] = planSchedule(scheduleRequestOf(config)).rendered.entries;
    expect(entry?.lines[0]).toContain(
      String.raw`backup 'it'\''s 100\%' --plan nightly --config /etc/holdfast.yaml`,
    );
    expect(entry?.lines[0]).not.toMatch(/[^\\]%/);
  });

  it.each(['p', 'ö'])('is refused a line that cron would cut: a name of many "%s"', (letter) => {
    const letters = 200 / new TextEncoder().encode(letter).length;
    const long = scheduleConfig({
      databases: { [letter.repeat(letters)]: { url: 'postgresql:///x' } },
      plans: { [letter.repeat(letters)]: { schedule: '0 2 * * *' } },
    });
    expect(() => planSchedule(scheduleRequestOf(long))).toThrow(
      'longer than the 998 bytes that cron takes',
    );
  });

  it('is refused a name with a line break', () => {
    const broken = scheduleConfig({ databases: { 'a\nb': { url: 'postgresql:///x' } } });
    expect(() => planSchedule(scheduleRequestOf(broken))).toThrow(
      String.raw`"a\nb" holds a line break`,
    );
  });

  it('warns of a plan whose clock is another than the one of the machine, and may not be installed', () => {
    const config = scheduleConfig({
      plans: { nightly: { schedule: '0 2 * * *', timezone: 'Europe/Vienna' } },
    });
    const { rendered, obstacles } = planSchedule(scheduleRequestOf(config));
    expect(rendered.text).toContain(
      '# cron goes by Etc/UTC, and this plan is meant in Europe/Vienna: it would run at the wrong hours\n0 2 * * * ',
    );
    expect(obstacles).toMatchObject([
      { code: 'CONFIG_INVALID', hint: expect.stringContaining('timezone: Etc/UTC') },
    ]);
    const atHome = scheduleRequestOf(config);
    const { obstacles: none } = planSchedule({
      ...atHome,
      machine: { ...atHome.machine, zone: 'Europe/Berlin' },
    });
    expect(none).toEqual([]);
  });
});

describe('two zones', () => {
  it.each([
    ['UTC', 'Etc/UTC', true],
    ['Europe/Vienna', 'Europe/Berlin', true],
    ['Europe/Vienna', 'Africa/Algiers', false],
    ['Europe/London', 'UTC', false],
  ])('%s and %s: same clock %s', (zone, other, isSame) => {
    expect(hasSameClock(zone, other, { from: new Date('2026-11-22T12:00:00Z') })).toBe(isSame);
  });
});

/** One word of ExecStart= as systemd.service(5) reads it. */
function execStartWord(text: string): string {
  const unquoted = /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text;
  return unquoted.replaceAll('%%', '%').replaceAll('$$', '$');
}

describe('systemd units', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hf-units-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(!hasSystemdAnalyze).each([true, false])(
    'are taken by systemd, names and all (of a user: %s)',
    (isUser) => {
      const config = scheduleConfig({
        project: 'my clinic.at',
        databases: { ...TWO_DATABASES, 'it\'s "100%" $HOME \\x': { url: 'postgresql:///x' } },
        plans: {
          nightly: { schedule: '30 2 1 * mon', timezone: 'Europe/Vienna' },
          'a b': { schedule: '*/30 * * * *' },
        },
      });
      const request = scheduleRequestOf(config, { kind: 'systemd' });
      const { rendered } = planSchedule({
        ...request,
        surroundings: {
          ...request.surroundings,
          program: ['/bin/true'],
          variables: { HOLDFAST_POSTGRES_BIN: '/opt/a b/100%' },
          logFile: '/var/log/a b.log',
        },
        machine: { ...request.machine, units: { folder, isUser } },
      });
      // systemd-analyze takes what follows a colon for an alias.
      const files = rendered.files.map(({ path, text }) => ({
        path: path.replaceAll(':', '_'),
        text,
      }));
      for (const { path, text } of files) writeFileSync(path, text);
      expect(rendered.files).toHaveLength(2 * (6 + 4 + 2 + 1));
      expect(systemdComplaints(files.map(({ path }) => path))).toBe('');
    },
  );

  it('hand every word to the program as it was meant', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (word) => {
        fc.pre(!/\p{Cc}/u.test(word));
        expect(execStartWord(quoteForExecStart(word))).toBe(word);
      }),
    );
    for (const word of ['', "it's", '"', '\\', '%h', '$HOME', 'a b', '\\$%"\''])
      expect(execStartWord(quoteForExecStart(word))).toBe(word);
  });

  it('leave privileges to be gained where alerts start a program of the user', () => {
    const unitsOf = (alerts: object | undefined) =>
      planSchedule(
        scheduleRequestOf(scheduleConfig(alerts === undefined ? {} : { alerts }), {
          kind: 'systemd',
        }),
      ).rendered.text;
    const email = { to: ['a@example.org'], from: 'b@example.org' };
    expect(unitsOf(undefined)).toContain('NoNewPrivileges=true');
    expect(unitsOf({ email: { ...email, smtp: 'smtp://localhost' } })).toContain(
      'NoNewPrivileges=true',
    );
    expect(unitsOf({ email })).not.toContain('NoNewPrivileges');
    expect(unitsOf({ command: ['/bin/page'] })).not.toContain('NoNewPrivileges');
  });

  it('keep to the log file where one is named, and else to the journal', () => {
    const request = scheduleRequestOf(scheduleConfig(), { kind: 'systemd' });
    expect(planSchedule(request).rendered.text).not.toContain('StandardOutput');
    const logged = planSchedule({
      ...request,
      surroundings: { ...request.surroundings, logFile: '/var/log/hf.log' },
    });
    expect(logged.rendered.text).toContain(
      'StandardOutput=append:/var/log/hf.log\nStandardError=append:/var/log/hf.log',
    );
  });

  it('carry the runs that a jumping clock would lose', () => {
    const config = scheduleConfig({
      plans: { nightly: { schedule: '30 2 * * *', timezone: 'Europe/Vienna' } },
    });
    const [entry] = planSchedule(scheduleRequestOf(config, { kind: 'systemd' })).rendered.entries;
    expect(entry?.lines.slice(0, 2)).toEqual([
      '*-*-* 02:30:00 Europe/Vienna',
      '2027-03-28 01:00:00 UTC',
    ]);
  });
});

describe('schtasks', () => {
  it.each([
    ['0 2 * * *', '/SC DAILY /ST 02:00'],
    ['30 22 * * mon-fri', '/SC WEEKLY /D MON,TUE,WED,THU,FRI /ST 22:30'],
    ['5 4 1 * *', '/SC MONTHLY /D 1 /M * /ST 04:05'],
    ['5 4 31 1,7 *', '/SC MONTHLY /D 31 /M JAN,JUL /ST 04:05'],
    ['*/15 * * * *', '/SC MINUTE /MO 15 /ST 00:00'],
    ['17 */6 * * *', '/SC HOURLY /MO 6 /ST 00:17'],
    ['0 2,14 * * *', '/SC HOURLY /MO 12 /ST 02:00'],
    ['20 * * * *', '/SC HOURLY /MO 1 /ST 00:20'],
  ])('takes "%s" as %s', (expression, args) => {
    expect(schtasksTrigger(expression, parseCronFields(expression)).join(' ')).toBe(args);
  });

  it.each([
    ['0 2,3 * * *', '0 2 * * *'],
    ['0 2 1,15 * *', '0 2 1 * *'],
    ['0 2 1 * mon', '0 2 * * 1'],
    ['*/7 * * * *', '0 0 * * *'],
    ['*/15 9-17 * * 1-5', '0 9 * * 1,2,3,4,5'],
    ['0 2 * 6 *', '0 2 * * *'],
  ])('is not asked for "%s", and "%s" is named instead', (expression, nearest) => {
    const trigger = () => schtasksTrigger(expression, parseCronFields(expression));
    expect(trigger).toThrow(`schtasks can not express the schedule "${expression}"`);
    expect(trigger).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(`Nearest: "${nearest}".`) }),
    );
    expect(() => schtasksTrigger(nearest, parseCronFields(nearest))).not.toThrow();
  });
});

describe('variables that a scheduled run would not have', () => {
  const named = scheduleConfig({
    databases: { clinic: { url: 'postgresql:///clinic', passwordEnv: 'CLINIC_PASSWORD' } },
    alerts: { webhook: { urlEnv: 'PAGER_URL' } },
  });
  const none = { ambient: {}, brought: {}, isFromEnvironment: false };

  it('are those that the config names, unless the env file has them', () => {
    expect(missingVariables(named, none)).toEqual(['CLINIC_PASSWORD', 'PAGER_URL']);
    expect(
      missingVariables(named, { ...none, brought: { CLINIC_PASSWORD: 'x', PAGER_URL: 'y' } }),
    ).toEqual([]);
  });

  it('are the proxies and the authorities of the shell, where a run leaves the machine', () => {
    const ambient = {
      HTTPS_PROXY: 'http://proxy:3128',
      no_proxy: 'localhost',
      NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
      HTTP_PROXY: '',
    };
    const inBucket = scheduleConfig({ repositories: { s3: { bucket: 'backups' } } });
    const withBeat = scheduleConfig({ heartbeatUrl: 'https://beat.example.org/x' });
    expect(missingVariables(scheduleConfig(), { ...none, ambient })).toEqual([]);
    for (const config of [inBucket, withBeat])
      expect(missingVariables(config, { ...none, ambient })).toEqual([
        'HTTPS_PROXY',
        'NODE_EXTRA_CA_CERTS',
        'no_proxy',
      ]);
    const brought = { https_proxy: 'p', NO_PROXY: 'l', NODE_EXTRA_CA_CERTS: '/etc/ca.pem' };
    expect(missingVariables(inBucket, { ...none, ambient, brought })).toEqual([]);
  });

  it('are those of the shell that the runs read', () => {
    const ambient = {
      PGPASSWORD: 'x',
      PGHOST: 'db',
      AWS_PROFILE: 'p',
      HOLDFAST_KEY_FILE: '/key',
      HOME: '/root',
      EMPTY: '',
    };
    expect(missingVariables(scheduleConfig(), { ...none, ambient })).toEqual([
      'HOLDFAST_KEY_FILE',
      'PGPASSWORD',
    ]);
    const fromEnvironment = scheduleConfig({
      databases: { clinic: { fromEnvironment: true } },
      repositories: { s3: { bucket: 'backups' } },
    });
    expect(missingVariables(fromEnvironment, { ...none, ambient })).toEqual([
      'AWS_PROFILE',
      'HOLDFAST_KEY_FILE',
      'PGHOST',
      'PGPASSWORD',
    ]);
  });
});
