import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { parse } from 'yaml';
import { runsAfter } from '../../engine/config/cron.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import type { VaultPlan } from '../../engine/config/vault-plans.ts';
import { addStacks } from '../../lib/holdfast-app.ts';
import type { Installation } from '../../lib/installation.ts';
import { UNDO_DAYS } from '../../lib/lifecycle.ts';
import type { PlanFacts, StackFacts } from './month.ts';

const ROOT = join(import.meta.dirname, '../..');
const FROM = new Date('2026-01-01T00:00:00Z');
const YEAR_MS = 365 * 86_400_000;
const DAY = 86_400;

interface Resource {
  Type: string;
  Properties: { Metrics?: { MetricStat?: unknown }[] };
}

/** What holdfast.example.yaml becomes, counted. */
export function factsOfExample(): StackFacts {
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'));
  const outdir = mkdtempSync(join(tmpdir(), 'hf-cost-'));
  const app = new App({ outdir, context: { ...context, 'aws:cdk:bundling-stacks': [] } });
  const config = parseConfig(parse(readFileSync(join(ROOT, 'holdfast.example.yaml'), 'utf8')), {
    origin: 'the example',
  });
  const { runner } = addStacks(app, { config, defaultAccount: '123456789012', now: FROM });
  const { stacks } = app.synth();
  const resources = stacks.flatMap(({ template }) =>
    Object.values(template.Resources as Record<string, Resource>),
  );
  rmSync(outdir, { recursive: true });
  const count = (type: string) => resources.filter(({ Type }) => Type === type).length;
  return {
    keys: count('AWS::KMS::Key') + count('AWS::KMS::ReplicaKey'),
    alarmMetrics: resources
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
      .reduce((sum, alarm) => sum + metricsOf(alarm), 0),
    compositeAlarms: count('AWS::CloudWatch::CompositeAlarm'),
    dashboards: count('AWS::CloudWatch::Dashboard'),
    plans: runner.installation.plans.map((plan) => planFacts(plan, runner.installation)),
    undoDays: UNDO_DAYS,
  };
}

function metricsOf({ Properties: { Metrics } }: Resource): number {
  return Metrics === undefined
    ? 1
    : Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length;
}

function planFacts({ name, plan, keep }: VaultPlan, { aws }: Installation): PlanFacts {
  const cold = aws.cold[name];
  return {
    runsAMonth: plan.schedule === undefined ? 0 : runsOfYear(plan.schedule, plan.timezone) / 12,
    keepDays: keep.for / DAY,
    cold:
      cold === undefined ? undefined : { afterDays: cold.after / DAY, storageClass: cold.class },
  };
}

function runsOfYear(schedule: string, timezone: string): number {
  let runs = 0;
  for (const run of runsAfter(schedule, { timezone, from: FROM })) {
    if (run.getTime() > FROM.getTime() + YEAR_MS) break;
    runs += 1;
  }
  return runs;
}
