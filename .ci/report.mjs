// What the tests came to: how many, which needed a second try, and which this machine could not run.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const again = tests.filter(
  ({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0,
);
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');

console.log(
  `${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`,
);
for (const { fullName, failureMessages } of again)
  console.log(`needed a second try: ${fullName}\n  ${failureMessages[0]?.split('\n')[0]}`);
for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
process.exitCode = report.success && report.numPassedTests > 0 ? 0 : 1;
