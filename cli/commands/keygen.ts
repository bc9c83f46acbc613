import { resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import {
  keyPlaceOf,
  writeBreakGlassPair,
  writeKeyFile,
} from '../../engine/composition/key-ring.ts';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import { ENV } from '../../engine/contract.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { askPassphrase } from '../break-glass-option.ts';
import { recordSetupOf } from '../record-setup.ts';
import type { Run } from '../run.ts';

export function keygenCommand(run: Run): Command {
  return new Command('keygen')
    .description(
      'make a key file, or the break-glass pair that opens every backup when all other keys are gone',
    )
    .option('--break-glass', 'an RSA pair; its private half is protected by a passphrase')
    .option(
      '--out <file>',
      'file to create (default: the key file of the config, or ./break-glass.pem)',
    )
    .action(
      run(async (invocation, options) => {
        const out = typeof options.out === 'string' ? resolve(options.out) : undefined;
        const startedAt = systemClock.now();
        const record = (target: string, notes: string) =>
          recordSetupOf(invocation, { operation: 'keygen', target, notes, startedAt });
        if (options.breakGlass === true) {
          const files = await writeBreakGlassPair(out ?? resolve('break-glass.pem'), {
            passphrase: await newPassphrase(),
          });
          await record(files.privatePath, `break-glass ${files.fingerprint}`);
          invocation.printer.result({ type: 'break-glass', ...files }, describePair);
          return;
        }
        const path = out ?? fileOf(await invocation.load());
        const { fingerprint } = await writeKeyFile(path);
        await record(path, `key-file ${fingerprint}`);
        invocation.printer.result(
          { type: 'key-file', path, fingerprint },
          (shown) =>
            `key ${fingerprint} is in ${shown.path}\nKeep a copy in another place: without it, what it encrypted is lost.`,
        );
      }),
    );
}

function fileOf(loaded: LoadedConfig): string {
  const { keyFile, kms } = keyPlaceOf(loaded);
  if (keyFile !== undefined) return keyFile;
  throw new HoldfastError({
    code: 'USAGE',
    message: `the config has no key file, it uses the KMS key ${kms}`,
    hint: 'Give --out FILE, and set keys.file to it if sets are to open with it too.',
  });
}

async function newPassphrase(): Promise<string> {
  const first = await askPassphrase('New passphrase: ');
  if (process.env[ENV.passphrase]) return first;
  if (first === (await askPassphrase('Once more: '))) return first;
  throw new HoldfastError({
    code: 'USAGE',
    message: 'the two passphrases differ',
    hint: 'Run it again.',
  });
}

function describePair({
  privatePath,
  publicPath,
  fingerprint,
}: {
  privatePath: string;
  publicPath: string;
  fingerprint: string;
}): string {
  return [
    `break-glass key ${fingerprint}`,
    `  private: ${privatePath}  (put it and its passphrase into two safes, then delete it here)`,
    `  public:  ${publicPath}  (set keys.breakGlass to it; every backup from then on opens with the private half too)`,
  ].join('\n');
}
