import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { HoldfastError } from '../../engine/errors.ts';
import type { Context } from '../../engine/operations/context.ts';
import { type ExportResult, exportSql } from '../../engine/operations/export.ts';
import { exportArchive } from '../../engine/operations/export-archive.ts';
import { breakGlassOf } from '../break-glass-option.ts';
import { ExportFile } from '../export-file.ts';
import type { Run } from '../run.ts';
import { showBytes } from '../words.ts';

export function exportCommand(run: Run): Command {
  return new Command('export')
    .description('write a set decrypted: as SQL for psql, or as one archive for pg_restore')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .addOption(new Option('--sql', 'readable SQL (the default)').conflicts('archive'))
    .option('--archive', 'one archive in the custom format of pg_dump')
    .option('--out <file>', 'file to create, mode 600 (default: standard output)')
    .option(
      '--break-glass-key <file>',
      'decrypt with this private break-glass key instead of the configured keys',
    )
    .action(
      run(async (invocation, options, [set = '']) => {
        const out = typeof options.out === 'string' ? resolve(options.out) : undefined;
        assertOutputFits(out, { json: invocation.options.json, archive: options.archive });
        const context = await invocation.context(await invocation.load(), {
          access: 'read',
          breakGlass: await breakGlassOf(options),
        });
        const file = out === undefined ? undefined : await ExportFile.create(out);
        const result = await write(context, { set, file, isArchive: options.archive === true });
        for (const note of result.notes) invocation.printer.note(note);
        const size = `${result.set}: ${showBytes(result.bytes)} ${result.format === 'sql' ? 'of SQL' : 'of archive'}`;
        if (out === undefined) invocation.printer.note(size);
        else
          invocation.printer.result(
            { ...result, path: out },
            ({ path }) => `${size} in ${path}, in clear: delete it when it is no longer needed`,
          );
      }),
    );
}

interface Wish {
  set: string;
  file: ExportFile | undefined;
  isArchive: boolean;
}

async function write(context: Context, { set, file, isArchive }: Wish): Promise<ExportResult> {
  const request = {
    set,
    output: file?.stream ?? process.stdout,
    target: file?.path ?? 'standard output',
  };
  try {
    const rewriteHead =
      file === undefined ? undefined : (head: Uint8Array) => file.rewriteHead(head);
    const result = isArchive
      ? await exportArchive(context, { ...request, rewriteHead })
      : await exportSql(context, request);
    await file?.close();
    return result;
  } catch (error) {
    await file?.remove();
    throw error;
  }
}

function assertOutputFits(
  out: string | undefined,
  { json, archive }: { json: boolean | undefined; archive: unknown },
): void {
  if (out !== undefined) return;
  if (json)
    throw new HoldfastError({
      code: 'USAGE',
      message: '--json needs --out, because the export itself goes to standard output',
      hint: 'Add --out FILE.',
    });
  if (archive === true && process.stdout.isTTY)
    throw new HoldfastError({
      code: 'USAGE',
      message: 'an archive is nothing to read on a terminal',
      hint: 'Add --out FILE, or a pipe.',
    });
}
