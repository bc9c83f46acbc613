// Runs on whatever Node the machine has: says one clear sentence where the pinned one is missing.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Holdfast runs on Node.js 24 or newer; this is ${process.version}. On Linux (x64, arm64) "npm ci" brings it along; elsewhere install it, for example: brew install node@24`,
  );
  process.exit(1);
}
