#!/usr/bin/env -S node --
// Runs on any Node. The dashes above and below keep Node from taking our --env-file for its own.
// Becomes the Node that came with the package where the machine's own is too old, with a heap cut for streams:
// buffers live outside of it, and V8's defaults answer each 64 MB of them with a collection (docs/decisions/0011-a-small-heap.md).
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./holdfast.js', import.meta.url));

const args = [
  '--max-semi-space-size=1',
  '--initial-old-space-size=64',
  '--',
  program,
  ...process.argv.slice(2),
];

function isNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= 24;
}

function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `node-${process.platform}-${process.arch}/package.json`,
    );
    return manifest.replace(/package\.json$/, 'bin/node');
  } catch {
    return undefined;
  }
}

const node = isNewEnough() ? process.execPath : bundledNode();
if (node === undefined) {
  console.error(
    `Holdfast runs on Node.js 24 or newer; this is ${process.version}. Install it, for example: brew install node@24`,
  );
  process.exit(1);
}
if (process.execve !== undefined && process.platform !== 'win32') {
  process.execve(node, [node, ...args], process.env);
} else {
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
