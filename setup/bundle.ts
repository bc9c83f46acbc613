import { chmod, cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** The packed command: one file, because Node does not strip types below node_modules, and a launcher that old Node versions can read. */
await rm(dist, { recursive: true, force: true });
await build({
  entryPoints: [join(root, 'bin/holdfast.ts')],
  outfile: join(dist, 'holdfast.js'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minifySyntax: true,
  legalComments: 'eof',
  external: ['pg-native'],
  banner: { js: "import { createRequire as holdfastRequire } from 'node:module'; const require = holdfastRequire(import.meta.url);" },
  logLevel: 'warning',
});
await cp(join(root, 'setup/launcher.js'), join(dist, 'launcher.js'));
await chmod(join(dist, 'launcher.js'), 0o755);
