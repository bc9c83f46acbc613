#!/usr/bin/env node
// Runs on any Node: goes on in this process where it is new enough, else in the Node 24 that came with the package.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const program = new URL('./holdfast.js', import.meta.url);

function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    return manifest.replace(/package\.json$/, 'bin/node');
  } catch {
    return undefined;
  }
}

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(program.href);
} else {
  const node = bundledNode();
  if (node === undefined) {
    console.error(`Holdfast runs on Node.js 24 or newer; this is ${process.version}. Install it, for example: brew install node@24`);
    process.exit(1);
  }
  // The dashes keep Node from taking our --env-file for its own.
  const child = spawn(node, ['--', fileURLToPath(program), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
