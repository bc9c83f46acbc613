// Runs a program of the project on Node.js 24, whatever Node this is: `node setup/with-node-24.js bin/app.ts`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    );
    return manifest.replace(/package\.json$/, 'bin/node');
  } catch {
    console.error(
      `Holdfast runs on Node.js 24 or newer; this is ${process.version}. Run "npm ci", or install it, for example: brew install node@24`,
    );
    return process.exit(1);
  }
}

const { status } = spawnSync(node24(), process.argv.slice(2), { stdio: 'inherit' });
process.exit(status ?? 1);
