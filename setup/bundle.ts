import { chmod, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Each as one file, because Node does not strip types below node_modules. */
async function bundle(entry: string, name: string): Promise<void> {
  await build({
    entryPoints: [join(root, entry)],
    outfile: join(dist, name),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minifySyntax: true,
    legalComments: 'eof',
    external: ['pg-native'],
    banner: {
      js: "import { createRequire as holdfastRequire } from 'node:module'; const require = holdfastRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

/** The packed command with a launcher that old Node versions can read, and the program of the stack's tasks. */
await rm(dist, { recursive: true, force: true });
await bundle('bin/holdfast.ts', 'holdfast.js');
await bundle('task/main.ts', 'task.js');
await cp(join(root, 'setup/launcher.js'), join(dist, 'launcher.js'));
await chmod(join(dist, 'launcher.js'), 0o755);
