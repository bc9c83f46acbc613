import type { Checked } from '../check-document.ts';
import type { Finding } from '../finding.ts';
import { encodeName } from '../key.ts';
import type { Severity } from '../severity.ts';

/**
 * Output of a monitoring plugin (Monitoring Plugins Development Guidelines, sections "Plugin Output"
 * and "Performance data"): a status line, `|` and the performance data, then lines of details.
 */
const SERVICE = 'HOLDFAST';

/** An age in seconds, which is too high above its limit. */
export interface AgeMetric {
  /** Parts of the label, which is the same in every run. */
  names: readonly string[];
  seconds: number;
  warning?: number | undefined;
  critical?: number | undefined;
}

/** @param ages of the plans and of the proofs. */
export function pluginOutput(
  { status, findings }: Pick<Checked, 'status' | 'findings'>,
  ages: readonly AgeMetric[],
): string {
  const [worst] = findings;
  const detail =
    worst === undefined || worst.severity === 'ok' ? '' : `; ${placeOf(worst)}: ${worst.detail}`;
  const first = statusLine(status, `${countVerdicts(findings)}${detail}`);
  const metrics = ages.length === 0 ? '' : ` | ${ages.map(metricOf).join(' ')}`;
  return [`${first}${metrics}`, ...findings.map(detailLine)].join('\n');
}

/** Nothing is known: the check itself failed. A message of several lines gives the first line and details. */
export function pluginUnknown({
  message,
  hint,
}: {
  message: string;
  hint?: string | undefined;
}): string {
  const [first = '', ...rest] = message.split('\n');
  return [
    statusLine('unknown', first),
    ...[...rest, ...(hint === undefined ? [] : [`next: ${hint}`])].map(withoutPipe),
  ].join('\n');
}

/** How many findings there are of each verdict; of the good ones only `fresh` counts. */
export function countVerdicts(findings: readonly Finding[]): string {
  const counts = new Map<string, number>();
  for (const { verdict, severity } of findings) {
    const word = severity === 'ok' && verdict !== 'fresh' ? undefined : verdict;
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}

/** A `|` in a text would begin the performance data. */
export function withoutPipe(text: string): string {
  return text.replaceAll('|', '\\u{7c}');
}

function statusLine(status: Severity, text: string): string {
  return withoutPipe(`${SERVICE} ${status.toUpperCase()}: ${text}`);
}

function detailLine(finding: Finding): string {
  const { severity, verdict, detail, hint } = finding;
  const next = hint === null ? '' : `; next: ${hint}`;
  return withoutPipe(
    `[${severity.toUpperCase()}] ${placeOf(finding)}: ${verdict}: ${detail}${next}`,
  );
}

function placeOf({ database, plan, repository }: Finding): string {
  const names = [database, plan].filter((name) => name !== null);
  return names.length === 0 ? `repository ${repository}` : `${names.join('/')} in ${repository}`;
}

/** `'label'=value[UOM];[warn];[crit];[min];[max]`; an encoded name has no quote, `=`, `|` or blank. */
function metricOf({ names, seconds, warning, critical }: AgeMetric): string {
  const label = names.map(encodeName).join('/');
  return `'${label}'=${seconds}s;${warning ?? ''};${critical ?? ''};0;`;
}
