import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'hf-synth-'));

afterAll(() => rmSync(scratch, { recursive: true }));

/** The limit of CloudFormation. */
const MOST_RESOURCES = 500;

interface Violation {
  ruleName: string;
  reason?: string;
}

interface Synthesized {
  status: number | null;
  said: string;
  outdir: string;
}

/** The app as `cdk synth` runs it, without the CDK's command line: no account, no Docker, no network. */
function synth(config: string): Synthesized {
  const outdir = mkdtempSync(join(scratch, 'cdk-out-'));
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, config }),
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/app.ts'], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, said: stdout + stderr, outdir };
}

describe('synth of the example', () => {
  let synthesized: Synthesized;

  beforeAll(() => {
    synthesized = synth('holdfast.example.yaml');
  }, 150_000);

  it('ends well, without an account', () => {
    expect(synthesized.said).not.toContain('ERROR');
    expect(synthesized.status).toBe(0);
  });

  it('has no finding of cdk-nag without a written reason', () => {
    const { pluginReports } = JSON.parse(
      readFileSync(join(synthesized.outdir, 'validation-report.json'), 'utf8'),
    ) as {
      pluginReports: {
        pluginName: string;
        violations: Violation[];
        suppressedViolations?: Violation[];
      }[];
    };
    expect(pluginReports.map(({ pluginName }) => pluginName)).toEqual(
      expect.arrayContaining(['HIPAA.Security', 'AwsSolutions']),
    );
    for (const { violations, suppressedViolations = [] } of pluginReports) {
      expect(
        violations
          .filter(({ ruleName }) => !/^annotation|info/.test(ruleName))
          .map(({ ruleName }) => ruleName),
      ).toEqual([]);
      for (const suppressed of suppressedViolations)
        expect(suppressed.reason, suppressed.ruleName).toMatch(/^[A-Z].{15,}\.$/);
    }
  });

  it('stays below the resources that one stack may have', () => {
    const templates = readdirSync(synthesized.outdir).filter((name) =>
      name.endsWith('.template.json'),
    );
    expect(templates.length).toBeGreaterThanOrEqual(3);
    for (const name of templates) {
      const { Resources } = JSON.parse(readFileSync(join(synthesized.outdir, name), 'utf8'));
      expect(Object.keys(Resources).length, name).toBeLessThan(MOST_RESOURCES);
    }
  });
});

describe('synth of a config that can not become a stack', () => {
  it('says everything that is wrong, in words, and fails', () => {
    const path = join(scratch, 'holdfast.yaml');
    const text = readFileSync(join(ROOT, 'holdfast.example.yaml'), 'utf8');
    writeFileSync(
      path,
      text
        .replace('    days: 7\n', '    days: 100\n')
        .replace('after: 30d', 'after: 1d')
        .replace('#sslrootcert: /etc/ssl', 'sslrootcert: /nonexistent'),
    );
    const { status, said } = synth(path);
    expect(status).toBe(1);
    expect(said).toContain(
      'plans.daily.keep: the vault keeps 90 days, and aws.lock.days locks each object for 100 days',
    );
    expect(said).toContain('aws.cold.archive.after: is 1 day;');
    expect(said).toMatch(
      /databases\.\w+\.sslrootcert: \/nonexistent\/certs\/rds-global-bundle\.pem can not be read/,
    );
    expect(said).toContain('docs/CONFIG.md');
    expect(said).not.toContain('    at ');
  }, 60_000);
});
