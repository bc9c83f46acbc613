import { describe, expect, it } from 'vitest';
import { finding } from '../../engine/domain/finding.ts';
import { pluginOutput, pluginUnknown } from '../../engine/domain/health/plugin-output.ts';
import { parsePluginOutput } from '../fixtures/plugin-output.ts';

const LATE = finding(
  { plan: 'nightly', database: 'clinic', repository: 'local' },
  { verdict: 'late', severity: 'critical', detail: 'the newest set is 2 d old', hint: 'Run it.' },
);
const DISK = finding(
  { plan: null, database: null, repository: 'local' },
  { verdict: 'disk', severity: 'ok', detail: 'the disk is 3 % full' },
);

describe('the output of a monitoring plugin', () => {
  it('has the status, the counts, the worst finding and the ages in its first line', () => {
    const ages = [
      { names: ['clinic', 'nightly', 'local', 'age'], seconds: 172_800, critical: 93_600 },
      { names: ['clinic', 'local', 'proven'], seconds: 86_400, warning: 3_024_000 },
    ];
    const text = pluginOutput({ status: 'critical', findings: [LATE, DISK] }, ages);
    expect(text.split('\n')).toEqual([
      "HOLDFAST CRITICAL: 1 late; clinic/nightly in local: the newest set is 2 d old | 'clinic/nightly/local/age'=172800s;;93600;0; 'clinic/local/proven'=86400s;3024000;;0;",
      '[CRITICAL] clinic/nightly in local: late: the newest set is 2 d old; next: Run it.',
      '[OK] repository local: disk: the disk is 3 % full',
    ]);
    expect(parsePluginOutput(text)).toMatchObject({
      status: 'CRITICAL',
      metrics: [
        { label: 'clinic/nightly/local/age', value: 172_800, uom: 's', critical: '93600' },
        { label: 'clinic/local/proven', value: 86_400, uom: 's', warning: '3024000' },
      ],
    });
  });

  it('keeps its form whatever the names and details hold', () => {
    const hostile = "a'b=c|d;e f\u00e4";
    const found = { ...LATE, database: hostile, detail: '50 % | x=1', hint: '| y' };
    const ages = [{ names: [hostile, 'age'], seconds: 1 }];
    const text = pluginOutput({ status: 'critical', findings: [found] }, ages);
    expect(text.match(/\|/g)).toHaveLength(1);
    const [metric, ...others] = parsePluginOutput(text).metrics;
    expect(others).toEqual([]);
    expect(decodeURIComponent(metric?.label ?? '')).toBe(`${hostile}/age`);
  });

  it('is UNKNOWN with the reason in its first line where the check itself failed', () => {
    const text = pluginUnknown({ message: 'the config is wrong:\n  a | b', hint: 'Mend it.' });
    expect(text).toBe('HOLDFAST UNKNOWN: the config is wrong:\n  a \\u{7c} b\nnext: Mend it.');
    expect(parsePluginOutput(text)).toMatchObject({ status: 'UNKNOWN', metrics: [] });
  });
});
