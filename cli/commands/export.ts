import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { Command } from 'commander';
import { HoldfastError } from '../../engine/errors.ts';
import { exportSql } from '../../engine/operations/export.ts';
import { breakGlassOf } from '../break-glass-option.ts';
import type { Run } from '../run.ts';
import { showBytes } from '../words.ts';

export function exportCommand(run: Run): Command {
  return new Command('export')
    .description('write a set as SQL that psql reads, in clear')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .option('--sql', 'readable SQL (the default)')
    .option('--out <file>', 'a new file, mode 600; standard output unless given')
    .option('--break-glass-key <file>', 'open it with the private break-glass key')
    .action(
      run(async (invocation, options, [set = '']) => {
        const out = typeof options.out === 'string' ? resolve(options.out) : undefined;
        if (out === undefined && invocation.options.json)
          throw new HoldfastError({
            code: 'USAGE',
            message: '--json needs --out, because the SQL goes to standard output',
            hint: 'Add --out FILE.',
          });
        const context = await invocation.context(await invocation.load(), { access: 'read', breakGlass: await breakGlassOf(options) });
        const output: Writable = out === undefined ? process.stdout : createWriteStream(out, { flags: 'wx', mode: 0o600 });
        const result = await exportSql(context, { set, output, target: out ?? 'standard output' }).catch(async (error: unknown) => {
          throw await withoutHalfFile(error, out);
        });
        if (out === undefined) invocation.printer.note(`${result.set}: ${showBytes(result.bytes)} of SQL`);
        else
          invocation.printer.result(
            { ...result, path: out },
            `${result.set}: ${showBytes(result.bytes)} of SQL in ${out}, in clear: delete it when it is no longer needed`,
          );
      }),
    );
}

async function withoutHalfFile(error: unknown, out: string | undefined): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EEXIST')
    return new HoldfastError({
      code: 'TARGET_EXISTS',
      message: `${out} is there already`,
      hint: 'Give another name; nothing is overwritten.',
    });
  if (out !== undefined) await rm(out, { force: true });
  return error;
}
