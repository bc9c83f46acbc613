import { Command } from 'commander';
import { connectionOf } from '../../engine/composition/connections.ts';
import { systemClock } from '../../engine/composition/from-config.ts';
import { keyPlaceOf, keysForReading } from '../../engine/composition/key-ring.ts';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import { repositoryOf } from '../../engine/composition/repositories.ts';
import { HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { examineDatabase, examineKey, examineRepository, type Finding } from '../../engine/operations/doctor.ts';
import { readKeyMarkers } from '../../engine/operations/key-marker.ts';
import { findToolsets } from '../../engine/postgres/tools.ts';
import { chooseDatabase } from '../choose-database.ts';
import { EXIT } from '../exit-status.ts';
import type { Run } from '../run.ts';

export function doctorCommand(run: Run): Command {
  return new Command('doctor')
    .description('try everything a backup needs, and say what is missing and how to mend it')
    .argument('[database]', 'only this database')
    .action(
      run(async (invocation, _options, [database]) => {
        const loaded = await invocation.load();
        const findings = [...(await examineStores(loaded)), ...(await examineDatabases(loaded, database))];
        const isWell = findings.every(({ status }) => status !== 'failed');
        invocation.printer.result({ isWell, findings }, textOf(findings));
        if (!isWell) process.exitCode = EXIT.failed;
      }),
    );
}

async function examineStores(loaded: LoadedConfig): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of Object.keys(loaded.config.repositories)) {
    const repository = repositoryOf(loaded, name);
    findings.push(...(await examineRepository(`repository ${name}`, { repository, clock: systemClock })));
    findings.push(...(await examineKey(`repository ${name}`, () => describeKey(loaded, name))));
  }
  return findings;
}

async function describeKey(loaded: LoadedConfig, repositoryName: string): Promise<string> {
  const repository = repositoryOf(loaded, repositoryName);
  const place = keyPlaceOf(loaded);
  const markers = await readKeyMarkers(repository);
  const held = await keysForReading(place).catch((error: unknown) => {
    if (isHoldfastError(error, 'KEY_MISSING') && markers.length === 0) return undefined;
    throw error;
  });
  if (held === undefined) return `none yet; the first backup makes ${place.keyFile}`;
  const own = held.keys.find(({ type }) => type === 'key-file')?.id;
  if (own !== undefined && markers.length > 0 && !markers.includes(own)) {
    throw new HoldfastError({
      code: 'KEY_MISMATCH',
      message: `key ${own} is not the one of this repository (${markers.join(' or ')})`,
      hint: 'Put your copy of that key in place.',
    });
  }
  return `${held.keys.map(({ type, id }) => `${type} ${id}`).join(' and ')}${place.breakGlass === undefined ? '; no break-glass key (holdfast keygen --break-glass)' : ''}`;
}

async function examineDatabases(loaded: LoadedConfig, named: string | undefined): Promise<Finding[]> {
  const names = named === undefined ? Object.keys(loaded.config.databases) : [chooseDatabase(loaded, named)];
  if (names.length === 0) chooseDatabase(loaded, undefined);
  const toolsets = await findToolsets({ env: loaded.env, configured: loaded.config.postgresBin });
  const findings: Finding[] = [];
  for (const name of names)
    findings.push(
      ...(await examineDatabase(`database ${name}`, { settings: await connectionOf(loaded, name), toolsets, clock: systemClock })),
    );
  return findings;
}

function textOf(findings: readonly Finding[]): string {
  const sign = { ok: '✓', warning: '!', failed: '✗' } as const;
  const lines: string[] = [];
  let subject = '';
  for (const finding of findings) {
    if (finding.subject !== subject) lines.push(finding.subject);
    subject = finding.subject;
    lines.push(`  ${sign[finding.status]} ${finding.name}: ${finding.detail}`, ...finding.fix.map((line) => `      ${line}`));
  }
  const failed = findings.filter(({ status }) => status === 'failed').length;
  return [...lines, '', failed === 0 ? 'all that a backup needs is there' : `${failed} things to mend`].join('\n');
}
