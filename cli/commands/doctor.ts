import { Command } from 'commander';
import { examineConfig } from '../../engine/composition/doctor.ts';
import { EXIT } from '../../engine/domain/exit-status.ts';
import type { Finding } from '../../engine/operations/doctor-finding.ts';
import { chooseDatabase } from '../choose-database.ts';
import type { Run } from '../run.ts';

export function doctorCommand(run: Run): Command {
  return new Command('doctor')
    .description('try everything that a backup needs; print what is missing and how to fix it')
    .argument('[database]', 'only this database')
    .action(
      run(async (invocation, _options, [named]) => {
        const loaded = await invocation.load();
        const all = Object.keys(loaded.config.databases);
        const databases =
          named === undefined && all.length > 0 ? all : [chooseDatabase(loaded, named)];
        const findings = await examineConfig(loaded, databases);
        const isWell = findings.every(({ status }) => status !== 'failed');
        invocation.printer.result({ isWell, findings }, (shown) =>
          describeFindings(shown.findings),
        );
        if (!isWell) process.exitCode = EXIT.failed;
      }),
    );
}

function describeFindings(findings: readonly Finding[]): string {
  const failed = findings.filter(({ status }) => status === 'failed').length;
  return [
    ...findingLines(findings),
    '',
    failed === 0 ? 'all that a backup needs is there' : problemCount(failed),
  ].join('\n');
}

function problemCount(count: number): string {
  return count === 1 ? '1 problem to fix' : `${count} problems to fix`;
}

/** Grouped by subject, each with the statements or steps that fix it. */
export function findingLines(findings: readonly Finding[]): string[] {
  const sign = { ok: '✓', warning: '!', failed: '✗' } as const;
  const lines: string[] = [];
  let subject = '';
  for (const finding of findings) {
    if (finding.subject !== subject) lines.push(finding.subject);
    subject = finding.subject;
    lines.push(
      `  ${sign[finding.status]} ${finding.name}: ${finding.detail}`,
      ...finding.fix.map((line) => `      ${line}`),
    );
  }
  return lines;
}
