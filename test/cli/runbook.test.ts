import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { checkCombination } from '../../cli/commands/restore.ts';
import { buildProgram } from '../../cli/main.ts';
import type { RestoreOptions } from '../../cli/restore-options.ts';
import { loadConfig } from '../../engine/composition/load-config.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import { describeInstallation } from '../../engine/composition/runbook.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import type { RunbookFacts } from '../../engine/domain/runbook/facts.ts';
import { makeRunbook, type Runbook } from '../../engine/domain/runbook/runbook.ts';
import { parseSetName } from '../../engine/domain/set-name.ts';
import { stackNames } from '../../engine/domain/stack-names.ts';
import { Names } from '../../lib/names.ts';
import { ROOT, readDocument } from '../fixtures/document.ts';

const PASSWORD = 'hunter2-of-ward-seven';
const folder = mkdtempSync(join(tmpdir(), 'hf-runbook-'));
afterAll(() => rmSync(folder, { recursive: true }));

const clinic = {
  url: 'postgresql://backup@db.example.com/clinic',
  restoreAs: { user: 'clinic_restore' },
};
const nightly = { schedule: '0 2 * * *' };
const ONE = {
  project: 'clinic',
  databases: { clinic },
  repositories: { local: { folder: './backups' } },
  plans: { nightly },
};
const S3 = {
  bucket: 'clinic-backups',
  prefix: 'teams/clinic',
  region: 'eu-central-1',
  profile: 'backup',
};
const HOSTILE = [
  '$(touch pwned) `id` | <script>alert(1)</script>',
  '-rf',
  'a/b',
  "it's",
  '```\n# heading',
  'right\u202eleft',
];

/** Installations that a plan is made for; a text is the path of a config, a list the environment alone. */
const CONFIGS: Record<string, object | string> = {
  'one database in a folder': ONE,
  'two databases and two repositories': {
    ...ONE,
    databases: { clinic, registry: { ...clinic, drill: { off: 'it is large' } } },
    repositories: { local: { folder: './backups' }, elsewhere: { folder: '/mnt/elsewhere' } },
    plans: { nightly: { ...nightly, repositories: ['local', 'elsewhere'] } },
  },
  'a bucket and a KMS key': {
    ...ONE,
    repositories: { cloud: S3 },
    keys: { kms: 'arn:aws:kms:eu-central-1:123456789012:key/mrk-1' },
  },
  'a bucket, a folder, a KMS key and a break-glass pair': {
    ...ONE,
    repositories: {
      local: { folder: './backups' },
      cloud: S3,
      other: { ...S3, endpoint: 'https://s3.example.com' },
    },
    plans: { nightly: { ...nightly, repositories: ['local', 'cloud', 'other'] } },
    keys: { kms: 'alias/clinic', breakGlass: './break-glass.pem.pub' },
  },
  'plans that hold parts of a database': {
    ...ONE,
    plans: {
      critical: { ...nightly, tables: ['users'] },
      schema: { ...nightly, contents: 'schema' },
    },
  },
  'the config of a stack': join(ROOT, 'holdfast.example.yaml'),
  'hostile names': {
    project: 'x `id` <b>',
    databases: Object.fromEntries(
      HOSTILE.map((name) => [name, { ...clinic, database: name, restoreAs: { user: name } }]),
    ),
    repositories: { "r '1'": { folder: "./b a ck's" }, '-x': { folder: './`id`' } },
    plans: { "p 'x'; rm": { ...nightly, repositories: ["r '1'", '-x'] } },
    contacts: HOSTILE.map((name) => ({ name, role: name, phone: name })),
  },
};

async function planOf(config: object | string): Promise<{ facts: RunbookFacts; runbook: Runbook }> {
  const path = typeof config === 'string' ? config : join(folder, 'a holdfast.yaml');
  if (typeof config !== 'string') writeFileSync(path, stringify(config));
  return factsOf(await loadConfig({ configPath: path, env: {}, cwd: folder }));
}

async function factsOf(loaded: Awaited<ReturnType<typeof loadConfig>>) {
  const facts = await describeInstallation(loaded, {
    repositories: await repositoriesOf(loaded),
    measured: { databases: new Map(), problems: new Map() },
  });
  return { facts, runbook: makeRunbook(facts, null) };
}

function commandsOf({ scenarios }: Runbook) {
  return scenarios.flatMap(({ steps }) => steps.flatMap(({ commands }) => commands));
}

/** The command line with actions that do nothing. */
function parser(onParsed: (command: Command) => void): Command {
  const idle = (command: Command) => {
    if (command.commands.length === 0)
      command.action((...given: unknown[]) => onParsed(given.at(-1) as Command));
    for (const part of command.commands) idle(part);
  };
  const program = buildProgram();
  for (const command of program.commands) idle(command);
  return program;
}

/** Parses as the real command line does, up to where a command would begin to work. */
async function parseWords(words: readonly string[]): Promise<void> {
  const parsed: Command[] = [];
  const argv = ['node', 'holdfast', ...words];
  await parser((command) => parsed.push(command)).parseAsync(argv);
  const [command] = parsed;
  if (command === undefined) throw new Error(`${words.join(' ')} runs no command`);
  if (command.name() === 'restore') {
    checkCombination(command.opts() as RestoreOptions);
    parseSetName((command.args[0] ?? '').replace(/^ID$/, '20261122T020000Z-7f3a'));
  }
}

function bash(script: string): string {
  return execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
}

/** What stands in fences, as a reader of Markdown sees it. */
function blocksOf(markdown: string): string[] {
  return [...markdown.matchAll(/^(`{3,})(\w*)\n([\s\S]*?)^\1$/gm)].map(([, , , text = '']) => text);
}

function proseOf(markdown: string): string {
  return markdown
    .replaceAll(/^(`{3,})\w*\n[\s\S]*?^\1$/gm, '')
    .replaceAll(/(?<![`\\])(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
}

describe.each(Object.entries(CONFIGS))('the recovery plan of %s', (_name, config) => {
  it('has only commands that the command line takes', async () => {
    const { runbook } = await planOf(config);
    const commands = commandsOf(runbook).flatMap(({ holdfast }) => holdfast ?? []);
    expect(commands.length).toBeGreaterThan(0);
    for (const { holdfast } of commandsOf(runbook))
      if (holdfast !== null) await parseWords(holdfast);
  });

  it('has lines that bash takes apart into these arguments, and runs nothing else', async () => {
    const { runbook } = await planOf(config);
    const own = commandsOf(runbook).filter(({ holdfast }) => holdfast !== null);
    const lines = own.map(({ line }) => line).join('\n');
    const words = bash(`holdfast() { printf '%s\\0' "$@"; printf '\\n\\0'; }\n${lines}`);
    expect(words.split('\0').slice(0, -1)).toEqual(
      own.flatMap(({ holdfast }) => [...(holdfast ?? []), '\n']),
    );
    const { markdown } = runbook;
    const blocks = blocksOf(markdown);
    for (const { line } of own) expect(blocks.join('\n')).toContain(`${line}\n`);
    for (const block of blocks.filter((text) => !text.startsWith('BEGIN;')))
      expect(bash(`set -n\n${block}`)).toBe('');
  });

  it('names the config by its whole path in every command', async () => {
    const { facts, runbook } = await planOf(config);
    for (const { holdfast } of commandsOf(runbook))
      if (holdfast !== null)
        expect([facts.config.path, 'region.yaml']).toContain(
          holdfast[holdfast.indexOf('--config') + 1],
        );
  });

  it('has no HTML, link or heading that a name brought in', async () => {
    const { runbook } = await planOf(config);
    const prose = proseOf(runbook.markdown);
    expect(prose).not.toMatch(/(?<!\\)<[a-z/!]/i);
    const headings = runbook.markdown.match(/^#+ .*$/gm) ?? [];
    expect(headings.filter((line) => line.includes('heading'))).toEqual([]);
  });

  it('says what is not measured and not filled in', async () => {
    const { runbook } = await planOf(config);
    expect(runbook.markdown).toContain('not measured yet');
    expect(runbook.gaps.length).toBeGreaterThan(0);
  });
});

describe('a recovery plan', () => {
  it('has no password of the environment in it, and names the variables without one', async () => {
    const url = (user: string) =>
      `postgresql://${user}:${PASSWORD}@db.example.com:5433/clinic?sslmode=disable`;
    const env = {
      DATABASE_URL: url('backup'),
      RESTORE_DATABASE_URL: url('clinic_restore'),
      PGPASSWORD: PASSWORD,
      BACKUP_DIR: './my backups',
    };
    const loaded = await loadConfig({ env, cwd: folder });
    const { runbook } = await factsOf(loaded);
    expect(runbook.markdown).not.toContain(PASSWORD);
    expect(runbook.markdown).toContain(
      'export DATABASE_URL=postgresql://backup@db.example.com:5433/clinic\n',
    );
    expect(runbook.markdown).toContain(
      'export RESTORE_DATABASE_URL=postgresql://clinic_restore@db.example.com:5433/clinic\n',
    );
    expect(runbook.markdown).toContain(`export BACKUP_DIR='${join(folder, 'my backups')}'\n`);
    for (const { holdfast } of commandsOf(runbook))
      if (holdfast !== null) await parseWords(holdfast);
  });

  it('names the env file in every command where that is the config', async () => {
    const envFile = join(folder, 'backup.env');
    writeFileSync(envFile, `DATABASE_URL=postgresql://backup:${PASSWORD}@db.example.com/clinic\n`);
    const { runbook } = await factsOf(await loadConfig({ envFile, env: {}, cwd: folder }));
    expect(runbook.markdown).not.toContain(PASSWORD);
    for (const { holdfast } of commandsOf(runbook))
      if (holdfast !== null) expect(holdfast.slice(0, 2)).toEqual(['--env-file', envFile]);
    expect(runbook.markdown).toContain(`\`holdfast --env-file ${envFile} runbook > DR-PLAN.md\``);
  });

  it('restores in a task where the stack reaches the database', async () => {
    const { runbook } = await planOf(join(ROOT, 'holdfast.example.yaml'));
    const lines = commandsOf(runbook).map(({ line }) => line);
    expect(
      lines.some((line) => / remote restore \S+ --to clinic --overwrite clinic/.test(line)),
    ).toBe(true);
  });

  it('names the key of the stack where a command on this machine opens sets of its vault', async () => {
    const { runbook } = await planOf(join(ROOT, 'holdfast.example.yaml'));
    const linesOf = (id: string) =>
      runbook.scenarios
        .find((scenario) => scenario.id === id)
        ?.steps.flatMap(({ commands }) => commands.map(({ line }) => line)) ?? [];
    const lost = linesOf('server-lost');
    expect(lost).toContain('export HOLDFAST_KMS_KEY=alias/holdfast-clinic');
    expect(lost.indexOf('export HOLDFAST_KMS_KEY=alias/holdfast-clinic')).toBeLessThan(
      lost.findIndex((line) => line.includes('NEWHOST')),
    );
    expect(linesOf('account-gone')).toContain('unset HOLDFAST_KMS_KEY');
    expect(linesOf('key-gone').filter((line) => / verify /.test(line))).toHaveLength(2);
  });

  it('starts no schedule on a machine where the stack takes every backup', async () => {
    const example = parse(await readDocument('holdfast.example.yaml'));
    const { cloud } = example.repositories;
    const daily = { ...example.plans.daily, repositories: ['cloud'] };
    const config = {
      ...example,
      repositories: { cloud },
      plans: { daily },
      aws: { ...example.aws, cold: {} },
    };
    const { runbook } = await planOf(config);
    expect(runbook.markdown).not.toContain('schedule --install');
    expect(runbook.markdown).toContain('Nothing has to be started here');
  });

  it('writes a config of the replica that is one', async () => {
    const { facts, runbook } = await planOf(join(ROOT, 'holdfast.example.yaml'));
    const file = commandsOf(runbook).find(({ line }) => line.startsWith('cat > region.yaml'));
    const json = bash(`${file?.line}\ncat region.yaml`);
    const config = parseConfig(JSON.parse(json), { origin: 'the plan' });
    expect(config.repositories.replica).toMatchObject({
      bucket: 'clinic-backups-replica',
      region: 'eu-west-1',
    });
    expect(config.keys.kms).toBe(facts.stack?.keyAlias);
  });

  it('calls key and replica as the stack calls them', () => {
    const names = new Names({ project: 'Clinic-1', bucket: 'clinic-backups' });
    const known = stackNames('Clinic-1');
    expect(known.envelopeAlias).toBe(names.envelopeAlias);
    expect(known.replicaOf('clinic-backups')).toBe(names.replicaBucket);
  });

  it('says plainly what nothing would survive', async () => {
    const { runbook } = await planOf(CONFIGS['a bucket and a KMS key'] as object);
    expect(runbook.markdown).toContain('Nothing of this installation is outside the account');
    expect(runbook.markdown).toContain('All backups are in that one region');
    expect(runbook.markdown).toContain('There is no break-glass pair');
  });

  it('brings the break-glass key where the KMS key is lost with the account', async () => {
    const name = 'a bucket, a folder, a KMS key and a break-glass pair';
    const { runbook } = await planOf(CONFIGS[name] as object);
    const account = runbook.scenarios.find(({ id }) => id === 'account-gone');
    const lines = account?.steps.flatMap(({ commands }) => commands.map(({ line }) => line));
    expect(lines?.filter((line) => line.includes(' restore '))).toHaveLength(2);
    for (const line of lines?.filter((one) => one.includes(' restore ')) ?? [])
      expect(line).toMatch(/--repository (local|other) .*--break-glass-key break-glass\.pem$/);
  });

  it('names the database in the drill that is missing, for one without a name is of no one', async () => {
    const databases = { clinic, '-rf': clinic };
    const { runbook } = await planOf({ ...ONE, databases });
    expect(runbook.markdown).toMatch(/^- `clinic` was never proven .*holdfast .*drill clinic`\./m);
    expect(runbook.markdown).toMatch(/^- `-rf` was never proven .*holdfast .*drill -- -rf`\./m);
  });

  it('names a database that no plan backs up, and gives no command for it', async () => {
    const { runbook } = await planOf({
      ...ONE,
      databases: { clinic, registry: clinic },
      plans: { nightly: { ...nightly, databases: ['clinic'] } },
    });
    expect(runbook.gaps).toContainEqual(expect.stringContaining('nothing backs it up'));
    expect(commandsOf(runbook).filter(({ line }) => line.includes('registry'))).toEqual([]);
  });
});
